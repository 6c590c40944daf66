"""Training pictures and their targets to whether mirror images would teach something false."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

SIDE = 16
MOST = 4000
LOSS = 0.15
DEVIATIONS = 3.0
LEAST = 1e-6  # of the shrinkage: pictures that are all alike have no direction


def told_from_mirror(
    pictures: UInt8[Tensor, "N H W C"], target: Tensor, generator: torch.Generator
) -> bool:
    """Whether a linear read-out of the target is clearly worse on mirrored pictures than on plain.

    So it is for digits and letters, not for most objects. target: int64 (N,) classes, or numbers
    (N, R). Half of at most 4,000 pictures, drawn from `generator`, teach it and the others judge.
    "Clearly": 0.15 of what it knows beyond guessing is lost, and by three standard errors.
    """
    rows = torch.randperm(len(pictures), generator=generator)[:MOST]
    if len(rows) < 8:
        return False
    x = thumbnails(pictures[rows])
    truth = target[rows]
    half = len(rows) // 2
    wanted = F.one_hot(truth).double() if truth.ndim == 1 else truth.double()
    wanted = wanted - wanted[:half].mean(dim=0)
    read_out = ridge(x[:half].flatten(1), wanted[:half])
    plain, mirrored, guess = (
        worth(guessed, wanted[half:])
        for guessed in (
            x[half:].flatten(1) @ read_out,
            x[half:].flip(2).flatten(1) @ read_out,
            torch.zeros_like(wanted[half:]),
        )
    )
    lost = plain - mirrored
    known = float((plain - guess).mean())
    error = float(lost.std()) / len(lost) ** 0.5
    return bool(float(lost.mean()) > max(LOSS * known, DEVIATIONS * error, 0.0))


def worth(guessed: Float[Tensor, "N K"], wanted: Float[Tensor, "N K"]) -> Float[Tensor, " N"]:
    """Minus the squared error of each example."""
    return -(guessed - wanted).square().sum(dim=1)


def thumbnails(pictures: UInt8[Tensor, "N H W C"]) -> Float[Tensor, "N h w C"]:
    """Pictures of at most 16 x 16, zero mean and unit variance over all."""
    # every second, third ... pixel of large ones: a quarter of a second instead of two
    rows, columns = (max(1, side // (4 * SIDE)) for side in pictures.shape[1:3])
    planes = pictures[:, ::rows, ::columns].permute(0, 3, 1, 2).float()
    sides = [min(SIDE, side) for side in planes.shape[2:]]
    small = F.interpolate(planes, size=sides, mode="area").permute(0, 2, 3, 1).double()
    return (small - small.mean()) / small.std().clamp_min(1e-6)


def ridge(x: Float[Tensor, "N D"], y: Float[Tensor, "N K"]) -> Float[Tensor, "D K"]:
    """Least squares with each direction's weight shrunk; strong, since D may exceed N."""
    gram = x.T @ x
    strength = 0.1 * gram.diagonal().mean() * (x.shape[1] / len(x)) ** 0.5
    strength = strength.clamp_min(LEAST)
    shrunk = gram + strength * torch.eye(x.shape[1], dtype=x.dtype)
    weights: Tensor = torch.linalg.solve(shrunk, x.T @ y)
    return weights
