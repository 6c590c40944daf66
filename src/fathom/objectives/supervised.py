"""What classification and regression share: a joined network, its read-out, a linear skip beside
it, and the novelty score.
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from fathom.data.batches import Batch
from fathom.networks import Group
from fathom.networks.heads import MemberLinear
from fathom.networks.join import Join
from fathom.networks.skip import Skip
from fathom.objectives import Check, Loss, Objective
from fathom.objectives.novelty import REFERENCES, Novelty

ALONE = 0.3
SILENT = 0.01


class Supervised(Objective):
    """Fields -> features (B, M, D) -> scores (B, M, outputs), to which a skip adds its own.

    Skip and network are trained on the sum of their scores, and each, weighed by ALONE, on its own,
    so that neither leaves all the work to the other. mirrored: picture fields whose mirror image is
    scored too when predicting, and averaged.
    """

    def __init__(
        self,
        join: Join,
        outputs: int,
        *,
        skip: Skip | None = None,
        mirrored: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.join = join
        self.head = MemberLinear(join.members, join.width, outputs, join.head)
        self.skip = skip
        self.novelty = Novelty(join.width)
        self.mirrored = tuple(mirrored)
        self.couples = join.couples

    def initialise(self, batch: Batch) -> None:
        """Show the backbones up to 5,000 training examples."""
        self.join.initialise(batch.inputs)

    def groups(self) -> tuple[Group, ...]:
        """The rules of the backbones, the head and the skip."""
        return (
            *(group.prefixed("join") for group in self.join.groups()),
            *(group.prefixed("head") for group in self.head.groups()),
            *(group.prefixed("skip") for group in (self.skip.groups() if self.skip else ())),
        )

    def loss(self, batch: Batch) -> Loss:
        """Of network and skip together and of each alone: their weighed mean, summed over examples.

        The weights add up to one, so that the first loss is what it is without a skip.
        """
        scores = self.head(self.join(batch.inputs))  # (B, M, outputs)
        terms, parts = self.terms(scores, batch), {}
        weight = torch.ones_like(terms) if batch.weight is None else batch.weight
        if self.skip is not None:
            added = self.skip(batch.inputs)  # (B, 1, outputs)
            network, skip = terms, self.terms(added, batch)
            together = self.terms(scores + added, batch)
            terms = (together + ALONE * (network + skip)) / (1 + 2 * ALONE)
            named = {"network": network, "skip": skip}
            parts = {name: (part.detach() * weight).sum() for name, part in named.items()}
        return Loss((terms * weight).sum(), weight.sum(), parts)

    def terms(self, scores: Float[Tensor, "B M K"], batch: Batch) -> Float[Tensor, " B"]:
        """The loss of each example, mean over members."""
        raise NotImplementedError

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
        if self.skip is not None:
            scores = scores + self.skip(inputs)
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
        """Store what training examples look like inside, for the novelty flag, and how much network
        and skip say.
        """
        features, network, skip = [], [], []
        for batch in valid:
            found = self.join(batch.inputs)
            features.append(found.float().mean(dim=1))
            if self.skip is not None:
                network.append(self.head(found).flatten(1))
                skip.append(self.skip(batch.inputs).flatten(1))
        new = torch.cat([torch.zeros(0, self.join.width), *features])
        self.novelty.remember(self.features(train, REFERENCES), new)
        if self.skip is not None and skip:
            both = (torch.cat(network), torch.cat(skip))
            self.skip.said.copy_(torch.stack([part.var(0, correction=0).mean() for part in both]))

    def checks(self) -> tuple[Check, ...]:
        """Whether the network says anything beside the skip."""
        if self.skip is None:
            return ()
        network, skip = self.skip.said.tolist()
        sentence = (
            f"Over validation the network's scores have variance {network:.3g}, those of the words "
            f"and letters alone {skip:.3g}."
        )
        return (Check("the network adds to its words", network >= SILENT * skip, sentence),)
