"""Pictures to features that nobody trained: fixed random convolutions, the same for everybody.

Random features rank generators much like trained ones do, and need no labels
(arXiv:2208.09218).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

CHANNELS = (32, 64, 96)
DRAWS = 3


class RandomFeatures(nn.Module):
    """(B, H, W, C) to (B, D): mean and spread of each channel after each convolution, of several
    draws of orthogonal kernels.
    """

    def __init__(self, channels: int, seed: int = 0) -> None:
        super().__init__()
        source = torch.Generator().manual_seed(seed)
        self.draws = DRAWS
        for draw in range(DRAWS):
            inputs = channels
            for place, outputs in enumerate(CHANNELS):
                kernel = torch.randn(outputs, inputs * 9, generator=source)
                rows, columns = kernel.shape
                q, _ = torch.linalg.qr(kernel if rows >= columns else kernel.T)
                kernel = (q if rows >= columns else q.T) * (2 * max(1, rows / columns)) ** 0.5
                self.register_buffer(f"kernel_{draw}_{place}", kernel.view(outputs, inputs, 3, 3))
                inputs = outputs

    @torch.no_grad()
    def forward(self, x: Float[Tensor, "B H W C"]) -> Float[Tensor, "B D"]:
        """Convolve, cut off below 0, halve; small grids are no longer halved."""
        found = []
        for draw in range(self.draws):
            values = x.permute(0, 3, 1, 2).float()
            for place in range(len(CHANNELS)):
                values = F.relu(
                    F.conv2d(values, getattr(self, f"kernel_{draw}_{place}"), padding=1)
                )
                found += [values.mean(dim=(2, 3)), values.std(dim=(2, 3), correction=0)]
                if min(values.shape[2:]) >= 4:
                    values = F.avg_pool2d(values, 2)
        return torch.cat(found, dim=1)
