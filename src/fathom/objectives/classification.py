"""Scores to class probabilities: cross-entropy for one class of K, or K yes-or-no labels."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.networks.join import Join
from fathom.objectives import Loss, Tensors
from fathom.objectives.supervised import Supervised


class Classification(Supervised):
    """One class of K: mean over members of -log softmax(s)[y]; the answer is the mean
    probability's peak.

    label_smoothing e: the target is (1 - e) on the class plus e / K on all (Szegedy et al. 2016,
    section 7). temperature: scores are divided by it when predicting (Guo et al. 2017, section
    4.2), set by `calibrate`.
    """

    temperature: Tensor

    def __init__(
        self,
        join: Join,
        classes: int,
        *,
        label_smoothing: float = 0.0,
        mirrored: Sequence[str] = (),
    ) -> None:
        super().__init__(join, classes, mirrored=mirrored)
        self.label_smoothing = label_smoothing
        self.register_buffer("temperature", torch.ones(()))

    def loss(self, batch: Batch) -> Loss:
        """Cross-entropy of the target, int64 (B,) or soft (B, K), summed over examples."""
        scores = self.head(self.join(batch.inputs))  # (B, M, K)
        target = batch.targets["target"]
        if target.dtype == torch.int64:
            target = F.one_hot(target, scores.shape[-1]).float()
        smoothing = self.label_smoothing
        smooth = target * (1 - smoothing) + smoothing / scores.shape[-1]
        terms = self.terms(scores, smooth)
        weight = torch.ones_like(terms) if batch.weight is None else batch.weight
        return Loss((terms * weight).sum(), weight.sum())

    def terms(
        self, scores: Float[Tensor, "B M K"], target: Float[Tensor, "B K"]
    ) -> Float[Tensor, " B"]:
        """The loss of each example, mean over members."""
        return -(target[:, None] * F.log_softmax(scores, dim=-1)).sum(dim=-1).mean(dim=1)

    def probability(self, scores: Float[Tensor, "B M K"]) -> Float[Tensor, "B K"]:
        """Mean over members of the calibrated probabilities."""
        return F.softmax(scores / self.temperature, dim=-1).mean(dim=1)

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`answer` (B,) class numbers, `probability` (B, K), `distance` (B,) and `unlike` (B,)."""
        scores, features = self.read(inputs)
        probability = self.probability(scores)
        distance = self.novelty.distance(features)
        return {
            "answer": self.decide(probability),
            "probability": probability,
            "distance": distance,
            "unlike": self.novelty.unlike(distance),
        }

    def decide(self, probability: Float[Tensor, "B K"]) -> Tensor:
        """The most probable class."""
        return probability.argmax(dim=-1)

    def calibrate(self, batches: Iterable[Batch]) -> None:
        """Choose the temperature in 0.05..20 that minimises the validation loss; keep 1 if none
        helps.

        N rows without an error would ask for certainty (68 of them: above 1 - 1e-6, for wrong
        answers too), so that about one error is counted that was not seen.
        """
        scored = [(self.read(batch.inputs)[0], batch.targets["target"]) for batch in batches]
        if not scored:
            return
        scores = torch.cat([part for part, _ in scored]).double()
        target = self.doubted(torch.cat([part for _, part in scored]), scores.shape[-1])

        def negative_log_likelihood(log_temperature: float) -> float:
            self.temperature.fill_(2.718281828459045**log_temperature)
            return float(self.likelihood_terms(self.probability(scores), target).mean())

        best = golden_section(negative_log_likelihood, -3.0, 3.0)
        helps = negative_log_likelihood(best) < negative_log_likelihood(0.0)
        self.temperature.fill_(2.718281828459045**best if helps else 1.0)

    def doubted(self, target: Tensor, classes: int) -> Float[Tensor, "N K"]:
        """What N rows let believe of each: (N + 1) / (N + 2) its own class, the others the rest
        (Platt 1999, section 2.2).
        """
        doubt = 1.0 / (len(target) + 2)
        truth = F.one_hot(target, classes).double()
        return truth * (1 - doubt) + (1 - truth) * doubt / max(1, classes - 1)

    def likelihood_terms(self, probability: Tensor, target: Tensor) -> Float[Tensor, " B"]:
        """Cross-entropy of what is believed (B, K) and the probabilities, per example."""
        return -(target * probability.clamp_min(1e-12).log()).sum(dim=1)


class Labels(Classification):
    """K yes-or-no labels: mean over members of the summed binary cross-entropies; answers are
    sets.
    """

    def terms(
        self, scores: Float[Tensor, "B M K"], target: Float[Tensor, "B K"]
    ) -> Float[Tensor, " B"]:
        """The loss of each example, mean over members and labels."""
        wide = target[:, None].expand_as(scores)
        loss = F.binary_cross_entropy_with_logits(scores, wide, reduction="none")
        return loss.mean(dim=(1, 2))

    def probability(self, scores: Float[Tensor, "B M K"]) -> Float[Tensor, "B K"]:
        """Mean over members of each label's calibrated probability."""
        return torch.sigmoid(scores / self.temperature).mean(dim=1)

    def decide(self, probability: Float[Tensor, "B K"]) -> Tensor:
        """Labels more probable than not, 0 or 1 (B, K)."""
        return (probability > 0.5).long()

    def doubted(self, target: Tensor, classes: int) -> Float[Tensor, "N K"]:
        """The same of each label alone."""
        doubt = 1.0 / (len(target) + 2)
        return target.double() * (1 - 2 * doubt) + doubt

    def likelihood_terms(self, probability: Tensor, target: Tensor) -> Float[Tensor, " B"]:
        """Binary cross-entropy of the probabilities, mean over labels, per example."""
        return F.binary_cross_entropy(probability, target, reduction="none").mean(dim=1)


def golden_section(cost: Callable[[float], float], low: float, high: float) -> float:
    """Minimise a unimodal function on an interval to 1e-3 (Kiefer 1953)."""
    ratio = (5**0.5 - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = cost(left), cost(right)
    while high - low > 1e-3:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = cost(right)
    return (low + high) / 2
