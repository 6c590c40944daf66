"""Several fields to one vector per member: each field's backbone, pooled, normalised, joined."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Backbone, Group, Head


class Join(nn.Module):
    """Backbones by field name, (inputs by field name) -> (B, M, D).

    One field passes through unchanged. Several are normalised to unit variance, concatenated and
    mixed by one hidden layer, so that the read-out sees products of fields. M is the largest
    number of members; a field with one member is shared by all.
    """

    def __init__(self, backbones: Mapping[str, nn.Module], width: int = 256) -> None:
        super().__init__()
        self.fields = tuple(backbones)
        self.backbones = nn.ModuleList(backbones.values())
        members = [backbone.members for backbone in self.parts()]
        total = sum(backbone.width for backbone in self.parts())
        single = len(self.fields) == 1
        self.members = max(members)
        self.width = total if single else width
        self.mix = None if single else nn.Linear(total, width)
        self.head: Head = self.parts()[0].head if single else Head()
        self.couples = any(backbone.couples for backbone in self.parts())

    def parts(self) -> list[Backbone]:
        """The backbones in the order of `fields`, seen as what they promise."""
        return list(self.backbones)  # type: ignore[arg-type]

    def forward(self, inputs: Mapping[str, Tensor]) -> Float[Tensor, "B M D"]:
        """Pool each field's positions and join the fields."""
        pooled = []
        for field, backbone in zip(self.fields, self.parts(), strict=True):
            features = backbone(inputs[field], inputs.get(f"{field}_length"))
            pooled.append(pool(features.values, backbone.pooling))
        if self.mix is None:
            return pooled[0]
        spread = [
            F.layer_norm(part.float(), part.shape[-1:]).expand(-1, self.members, -1)
            for part in pooled
        ]
        return F.gelu(self.mix(torch.cat(spread, dim=-1)))

    def initialise(self, inputs: Mapping[str, Tensor]) -> None:
        """Show each backbone up to 5,000 prepared examples of its field."""
        for field, backbone in zip(self.fields, self.parts(), strict=True):
            backbone.initialise(inputs[field])

    def groups(self) -> tuple[Group, ...]:
        """Every backbone's own rules, and AdamW for the mixing layer."""
        groups = [
            group.prefixed(f"backbones.{place}")
            for place, backbone in enumerate(self.parts())
            for group in backbone.groups()
        ]
        if self.mix is not None:
            groups.append(Group(("mix.weight", "mix.bias"), "adamw", rate=1e-3, weight_decay=0.01))
        return tuple(groups)


def pool(values: Float[Tensor, "B T D"], pooling: str) -> Float[Tensor, "B M D"]:
    """T positions to one vector, or T members kept."""
    if pooling == "members":
        return values
    if pooling == "max":
        return values.amax(dim=1, keepdim=True)
    return values.mean(dim=1, keepdim=True)
