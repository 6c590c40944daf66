"""What classification and regression share: a joined network, its read-out, and the novelty
score.
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from fathom.data.batches import Batch
from fathom.networks import Group
from fathom.networks.heads import MemberLinear
from fathom.networks.join import Join
from fathom.objectives import Objective
from fathom.objectives.novelty import REFERENCES, Novelty


class Supervised(Objective):
    """Fields -> features (B, M, D) -> scores (B, M, outputs).

    mirrored: picture fields whose mirror image is scored too when predicting, and averaged.
    """

    def __init__(self, join: Join, outputs: int, *, mirrored: Sequence[str] = ()) -> None:
        super().__init__()
        self.join = join
        self.head = MemberLinear(join.members, join.width, outputs, join.head)
        self.novelty = Novelty(join.width)
        self.mirrored = tuple(mirrored)
        self.couples = join.couples

    def initialise(self, batch: Batch) -> None:
        """Show the backbones up to 5,000 training examples."""
        self.join.initialise(batch.inputs)

    def groups(self) -> tuple[Group, ...]:
        """The backbones' rules and the head's."""
        return (
            *(group.prefixed("join") for group in self.join.groups()),
            *(group.prefixed("head") for group in self.head.groups()),
        )

    def read(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Scores (B, M, outputs) and mean features (B, D); the mirrored view is averaged in."""
        features = self.join(inputs)
        scores = self.head(features)
        if self.mirrored:
            flipped = {
                name: value.flip(2) if name in self.mirrored else value  # (B, H, W, C): W
                for name, value in inputs.items()
            }
            scores = (scores + self.head(self.join(flipped))) / 2
        return scores, features.float().mean(dim=1)

    def features(self, batches: Iterable[Batch], limit: int) -> Float[Tensor, "N D"]:
        """Mean features of at most `limit` examples."""
        seen: list[Tensor] = []
        for batch in batches:
            seen.append(self.join(batch.inputs).float().mean(dim=1))
            if sum(map(len, seen)) >= limit:
                break
        return torch.cat(seen)[:limit]

    def remember(self, train: Iterable[Batch], valid: Iterable[Batch]) -> None:
        """Store what training examples look like inside, for the novelty flag."""
        self.novelty.remember(self.features(train, REFERENCES), self.features(valid, 5000))
