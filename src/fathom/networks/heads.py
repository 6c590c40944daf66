"""Features to scores: the linear read-outs, of ensemble members and of tokens."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Group, Head

DEFAULT = Group(names=(), rule="adamw", rate=3e-3, momentum=0.9, second=0.95)


class MemberLinear(nn.Module):
    """One linear map per ensemble member, (B, M, D) -> (B, M, K), computed in float32."""

    def __init__(self, members: int, width: int, outputs: int, head: Head) -> None:
        super().__init__()
        self.head = head
        weight = nn.init.normal_(torch.empty(members, width, outputs), std=head.std / width**0.5)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(members, outputs))

    def forward(self, features: Float[Tensor, "B M D"]) -> Float[Tensor, "B M K"]:
        """Score each member's features; scores are float32 whatever the features are."""
        scores = torch.einsum("bmd,mdk->bmk", features, self.weight.to(features.dtype))
        return (scores.float() + self.bias) * self.head.scale

    def groups(self) -> tuple[Group, ...]:
        """The head's own rule if its backbone asked for one; the bias is never decayed."""
        group = self.head.group or DEFAULT
        return (
            replace(group, names=("weight",)),
            replace(group, names=("bias",), weight_decay=0.0, normalise=False),
        )


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
