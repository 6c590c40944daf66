"""Prepared pictures to randomly moved, recoloured and masked ones, so that gradients pass through.

A critic that sees drawn and real pictures disguised alike cannot learn the real ones by heart
(Zhao et al. 2020, equation 4, arXiv:2006.10738).
"""

import torch
from jaxtyping import Float
from torch import Tensor

MOVED = 0.125  # of the side
MASKED = 0.4
BRIGHTER = 0.5  # deviations


def disguised(x: Float[Tensor, "B H W C"], strength: float) -> Float[Tensor, "B H W C"]:
    """Each change for a random share `strength` of the pictures; 0 returns them as they are."""
    if strength <= 0:
        return x
    return masked(moved(recoloured(x, strength), strength), strength)


def chosen(count: int, strength: float, device: torch.device) -> Float[Tensor, "B 1 1 1"]:
    """1 for about `strength` of the pictures, else 0."""
    return (torch.rand(count, 1, 1, 1) < strength).float().to(device)


def recoloured(x: Float[Tensor, "B H W C"], strength: float) -> Float[Tensor, "B H W C"]:
    """Brightness and contrast."""
    some = chosen(len(x), strength, x.device)
    shift = (torch.rand(len(x), 1, 1, 1).to(x) - 0.5) * 2 * BRIGHTER
    gain = torch.rand(len(x), 1, 1, 1).to(x) + 0.5
    middle = x.mean(dim=(1, 2, 3), keepdim=True)
    return torch.lerp(x, (x - middle) * gain + middle + shift, some)


def moved(x: Float[Tensor, "B H W C"], strength: float) -> Float[Tensor, "B H W C"]:
    """Shifted by up to an eighth of the side; the border is repeated."""
    some = chosen(len(x), strength, x.device)[:, 0, 0]
    most = [max(1, round(side * MOVED)) for side in x.shape[1:3]]
    places = []
    for side, far in zip(x.shape[1:3], most, strict=True):
        drawn = torch.randint(-far, far + 1, (len(x), 1)).to(x.device)
        shift = (drawn * some).long()
        places.append((torch.arange(side, device=x.device) + shift).clamp(0, side - 1))
    rows, columns = places
    index = torch.arange(len(x), device=x.device)[:, None, None]
    return x[index, rows[:, :, None], columns[:, None, :]]


def masked(x: Float[Tensor, "B H W C"], strength: float) -> Float[Tensor, "B H W C"]:
    """A rectangle set to the mean colour of the data, which is 0."""
    some = chosen(len(x), strength, x.device)
    inside = torch.ones(len(x), *x.shape[1:3], device=x.device)
    for axis, side in enumerate(x.shape[1:3]):
        centre = torch.rand(len(x), 1).to(x.device) * side
        near = (torch.arange(side, device=x.device) + 0.5 - centre).abs() < side * MASKED / 2
        inside = inside * (near[:, :, None] if axis == 0 else near[:, None, :])
    kept = 1 - inside[..., None] * some
    return kept * x
