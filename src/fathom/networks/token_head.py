"""Features of every position to scores of the next token: the read-out of decoders."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Group, Head
from fathom.networks.heads import DEFAULT


class TokenHead(nn.Module):
    """Features to scores of V tokens, (..., D) -> (..., V), in float32.

    Weights start at zero: the first loss is log V. They are not those of the embedding: with
    branches that start silent, features are the embedding of the last token, and the first answer
    would be to say it again.
    """

    def __init__(self, width: int, vocabulary: int, head: Head) -> None:
        super().__init__()
        self.head = head
        self.weight = nn.Parameter(torch.zeros(vocabulary, width))

    def forward(self, features: Float[Tensor, "... D"]) -> Float[Tensor, "... V"]:
        """Score every token."""
        scores = F.linear(features, self.weight.to(features.dtype)).float()
        return scores if self.head.scale == 1 else scores * self.head.scale

    def groups(self) -> tuple[Group, ...]:
        """The head's own rule if its decoder asked for one."""
        return (replace(self.head.group or DEFAULT, names=("weight",)),)
