"""Fields that go straight to the scores, past every network: the linear skip."""

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Group
from fathom.spec import Spec

RATE = 0.01


class Terms(nn.Module):
    """Weighted terms (B, T) to scores (B, 1, K): b_k + sum_t w_t W[x_t, k], with W = 0 at first."""

    def __init__(self, terms: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(terms, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(
        self, x: Int[Tensor, "B T"], weight: Float[Tensor, "B T"]
    ) -> Float[Tensor, "B 1 K"]:
        """Sum the terms' weights, in float32."""
        scores = F.embedding_bag(x, self.weight, mode="sum", per_sample_weights=weight)
        return (scores + self.bias)[:, None]

    def groups(self) -> tuple[Group, ...]:
        """AdamW, ten times faster than in a network.

        A rare term moves as far as a frequent one, and after six epochs the weights answer better
        than those of logistic regression with C = 10, to which plain momentum leads.
        """
        return (
            Group(("weight",), "adamw", RATE),
            Group(("bias",), "adamw", RATE / 10),
        )


SKIPPED = ("bag",)  # input kinds


class Skip(nn.Module):
    """Several fields to the sum of their scores.

    said: how much the scores of the network and of the skip vary over validation, once trained.
    share: of the network's scores that are added to those of the skip when predicting.
    """

    said: Tensor
    share: Tensor

    def __init__(self, specs: Mapping[str, Spec], outputs: int) -> None:
        super().__init__()
        self.fields = tuple(specs)
        self.register_buffer("said", torch.zeros(2))
        self.register_buffer("share", torch.ones(()))
        self.parts = nn.ModuleList(Terms(spec.levels[0], outputs) for spec in specs.values())

    def forward(self, inputs: Mapping[str, Tensor]) -> Float[Tensor, "B 1 K"]:
        """Add up what each field says."""
        scores = [
            part(inputs[field], inputs[f"{field}_weight"])
            for field, part in zip(self.fields, self.parts, strict=True)
        ]
        return torch.stack(scores).sum(dim=0)

    def groups(self) -> tuple[Group, ...]:
        """Each field's rules."""
        return tuple(
            group.prefixed(f"parts.{place}")
            for place, part in enumerate(self.parts)
            for group in part.groups()  # type: ignore[operator]
        )
