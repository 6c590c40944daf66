"""Scores to numbers: squared error on standardised targets, with conformal intervals."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from fathom.data.batches import Batch
from fathom.networks.join import Join
from fathom.objectives import Loss, Tensors
from fathom.objectives.supervised import Supervised

COVERED = 0.9


class Regression(Supervised):
    """R numbers: mean over members and numbers of (s - y)^2; the answer is the members' mean.

    width: half width of the 90 % interval per number, set by `calibrate` as the finite-sample
    quantile of the validation errors (split conformal prediction: Lei et al. 2018, Algorithm 2).
    """

    width: Tensor

    def __init__(self, join: Join, numbers: int, *, mirrored: Sequence[str] = ()) -> None:
        super().__init__(join, numbers, mirrored=mirrored)
        self.register_buffer("width", torch.full((numbers,), float("inf")))

    def loss(self, batch: Batch) -> Loss:
        """Squared error of the standardised targets (B, R), summed over examples."""
        scores = self.head(self.join(batch.inputs))  # (B, M, R)
        terms = (scores - batch.targets["target"][:, None]).square().mean(dim=(1, 2))
        weight = torch.ones_like(terms) if batch.weight is None else batch.weight
        return Loss((terms * weight).sum(), weight.sum())

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`score` (B, R) standardised, `low` and `high` of the 90 % interval, `distance`,
        `unlike`.
        """
        scores, features = self.read(inputs)
        score = scores.mean(dim=1)
        distance = self.novelty.distance(features)
        return {
            "answer": score,
            "score": score,
            "low": score - self.width,
            "high": score + self.width,
            "distance": distance,
            "unlike": self.novelty.unlike(distance),
        }

    def calibrate(self, batches: Iterable[Batch]) -> None:
        """Set the interval's half width from validation errors; infinite when there are under
        10.
        """
        scored = [(self.read(b.inputs)[0].mean(dim=1), b.targets["target"]) for b in batches]
        if not scored:
            return
        errors = torch.cat([(score - target).abs() for score, target in scored])  # (N, R)
        rank = int(-(-COVERED * (len(errors) + 1) // 1))  # the ceiling
        if rank <= len(errors):
            self.width.copy_(errors.sort(dim=0).values[rank - 1])
        else:  # averaging weights made NaN of the infinite widths
            self.width.fill_(float("inf"))
