"""What networks that read a series have in common: what they are shown, what they return, and how
it is read.
"""

from jaxtyping import Float, Int
from torch import Tensor

from fathom.networks import Backbone, Features
from fathom.networks.heads import MemberLinear
from fathom.networks.positions import real_positions
from fathom.networks.reader import Reader


class SeriesReader(Reader):
    """(B, T, C) -> one position of `width` features."""

    width: int

    def forward(
        self,
        x: Float[Tensor, "B T C"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Read the real positions; behind the end of each series there is nothing but zeros."""
        seen = x.to(self.dtype) * real_positions(x, length)[..., None]
        return Features(self.read(seen, length))

    def read(
        self, seen: Float[Tensor, "B T C"], length: Int[Tensor, " B"] | None
    ) -> Float[Tensor, "B 1 D"]:
        """One vector a series, of zeros from its `length` on; None: all positions are real."""
        raise NotImplementedError


def read_out(
    network: Backbone, head: MemberLinear, x: Float[Tensor, "B T C"]
) -> Float[Tensor, "B K"]:
    """What a head reads from a network's features of whole series, the mean of its members."""
    features = network(x).values
    if network.members == 1:
        features = features.mean(dim=1, keepdim=True)
    scores: Tensor = head(features)
    return scores.mean(dim=1)
