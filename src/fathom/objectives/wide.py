"""Wide and deep: a linear skip beside the network of a classification or regression.

What a linear method finds in a few thousand texts, a network hardly finds: which words speak for
which class. So scores are the sum of both (Cheng et al. 2016, "Wide & Deep Learning",
arXiv:1606.07792), and the network is left with what a sum of words cannot say.
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.networks import Group
from fathom.networks.join import Join
from fathom.networks.skip import Skip
from fathom.objectives import Check, Loss
from fathom.objectives.classification import Classification, Labels
from fathom.objectives.novelty import REFERENCES
from fathom.objectives.regression import Regression
from fathom.objectives.supervised import Supervised

ALONE = 0.3
SILENT = 0.01
MOST = 5000  # validation rows that set the novelty threshold
SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)


class Wide(Supervised):
    """Fields -> scores of the network (B, M, outputs) and of the skip (B, 1, outputs) -> their sum.

    Both are trained on the sum, and each, weighed by ALONE, on its own scores, so that neither
    leaves all the work to the other.
    """

    skip: Skip
    scales: tuple[float, ...] = (1.0,)

    def each(self, scores: Float[Tensor, "B M K"], batch: Batch) -> Float[Tensor, " B"]:
        """The loss of each example under these scores."""
        raise NotImplementedError

    def loss(self, batch: Batch) -> Loss:
        """Of the sum and of each part alone: their weighed mean, summed over examples.

        The weights add up to one, so that the first loss is what it is without a skip.
        """
        network, skip = self.head(self.join(batch.inputs)), self.skip(batch.inputs)
        alone = {"network": self.each(network, batch), "skip": self.each(skip, batch)}
        terms = self.each(network + skip, batch) + ALONE * (alone["network"] + alone["skip"])
        weight = torch.ones_like(terms) if batch.weight is None else batch.weight
        parts = {name: (part.detach() * weight).sum() for name, part in alone.items()}
        return Loss((terms * weight).sum() / (1 + 2 * ALONE), weight.sum(), parts)

    def groups(self) -> tuple[Group, ...]:
        """The rules of the network and of the skip."""
        return (*super().groups(), *(group.prefixed("skip") for group in self.skip.groups()))

    def read(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Summed scores (B, M, outputs) and mean features of the network (B, D)."""
        scores, features = super().read(inputs)
        return self.skip.share * scores + self.skip(inputs), features

    def calibrate(self, batches: Iterable[Batch]) -> None:
        """Choose on validation how much the network counts, nothing where it does harm; then as
        without a skip.
        """
        kept = list(batches)
        if kept:
            network = torch.cat([super(Wide, self).read(batch.inputs)[0] for batch in kept])
            skip = torch.cat([self.skip(batch.inputs) for batch in kept])
            target = torch.cat([batch.targets["target"] for batch in kept])
            every = Batch({}, {"target": target}, torch.arange(len(target)))

            def miss(share: float) -> float:
                scores = share * network + skip
                return min(float(self.each(s * scores, every).mean()) for s in self.scales)

            self.skip.share.fill_(min(SHARES, key=miss))
        super().calibrate(kept)

    def remember(self, train: Iterable[Batch], valid: Iterable[Batch]) -> None:
        """What training examples look like inside, and how much network and skip say."""
        seen = [(*super(Wide, self).read(b.inputs), self.skip(b.inputs)) for b in valid]
        if not seen:
            return super().remember(train, ())
        network, features, skip = (torch.cat(part) for part in zip(*seen, strict=True))
        self.novelty.remember(self.features(train, REFERENCES), features[:MOST])
        spread = [scores.var(dim=0, correction=0).mean() for scores in (network, skip)]
        self.skip.said.copy_(torch.stack(spread))

    def checks(self) -> tuple[Check, ...]:
        """Whether the network says anything beside the skip."""
        share = float(self.skip.share)
        network, skip = self.skip.said.tolist()
        network *= share**2
        sentence = (
            f"Over validation the network's scores, of which {share:.2g} counts, have variance "
            f"{network:.3g}, those of the words and letters alone {skip:.3g}."
        )
        return (Check("the network adds to its words", network >= SILENT * skip, sentence),)


class WideClassification(Wide, Classification):
    """One class of K, with a linear skip to the scores.

    scales: factors on scores that are tried beside each share of the network, since a temperature
    will be chosen anyway.
    """

    scales = (1.4, 1.0, 0.7, 0.5, 0.35, 0.25)

    def __init__(
        self,
        join: Join,
        classes: int,
        skip: Skip,
        *,
        label_smoothing: float = 0.0,
        mirrored: Sequence[str] = (),
    ) -> None:
        super().__init__(join, classes, label_smoothing=label_smoothing, mirrored=mirrored)
        self.skip = skip

    def each(self, scores: Float[Tensor, "B M K"], batch: Batch) -> Float[Tensor, " B"]:
        """Cross-entropy of the target, int64 (B,) or soft (B, K), mean over members."""
        target, smoothing = batch.targets["target"], self.label_smoothing
        if target.dtype == torch.int64:
            target = F.one_hot(target, scores.shape[-1]).float()
        return self.terms(scores, target * (1 - smoothing) + smoothing / scores.shape[-1])


class WideLabels(WideClassification, Labels):
    """K yes-or-no labels, with a linear skip to the scores."""


class WideRegression(Wide, Regression):
    """R numbers, with a linear skip to the scores."""

    def __init__(
        self, join: Join, numbers: int, skip: Skip, *, mirrored: Sequence[str] = ()
    ) -> None:
        super().__init__(join, numbers, mirrored=mirrored)
        self.skip = skip

    def each(self, scores: Float[Tensor, "B M R"], batch: Batch) -> Float[Tensor, " B"]:
        """Squared error of the standardised targets (B, R), mean over members and numbers."""
        return (scores - batch.targets["target"][:, None]).square().mean(dim=(1, 2))
