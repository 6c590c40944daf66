"""Pooled features of every member to scores: the linear read-outs."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

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
