"""Per-row predictions of several runs to a paired comparison on the rows they share."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np

from fathom.errors import RunError
from fathom.evaluate.held_out import HeldOut
from fathom.evaluate.paired import Difference, holm
from fathom.evaluate.verdict import Scale, judge
from fathom.metrics import HEADLINE, METRICS, Fields, Metric


@dataclass(frozen=True)
class RunPredictions:
    """A run's held-out answers: kind of target, row numbers (N,), truth and fields of `predict`.

    groups (N,): rows that are resampled together, as when the run was judged; None: each alone.
    """

    name: str
    kind: str
    rows: np.ndarray
    truth: np.ndarray
    fields: Fields
    groups: np.ndarray | None = None

    def at(self, rows: np.ndarray) -> "RunPredictions":
        """The same predictions for the given row numbers, in their order."""
        order = np.argsort(self.rows)
        places = order[np.searchsorted(self.rows, rows, sorter=order)]
        fields = {key: field[places] for key, field in self.fields.items()}
        groups = None if self.groups is None else self.groups[places]
        return replace(self, rows=rows, truth=self.truth[places], fields=fields, groups=groups)


def compare(
    runs: Sequence[RunPredictions],
    *,
    metric: str = "",
    split: str = "test",
    seed: int = 0,
) -> dict[str, Any]:
    """Compare runs pair by pair on the rows that all of them held out, p-values corrected by Holm.

    Rows are resampled in the groups of the first run. Returns `n`, `runs` (name and metrics, in the
    given order) and `pairs` (first, second, the difference, p_holm, word, sentence), ready for
    JSON. Raises RunError if they share no row or disagree about the truth.
    """
    shared = _shared(runs)
    kind = shared[0].kind
    name = metric or HEADLINE[kind]
    part = HeldOut.of(kind, shared[0].truth, split=split, groups=shared[0].groups, seed=seed)
    shared = [replace(run, fields=part.prepared(run.fields)) for run in shared]
    pairs = list(combinations(shared, 2))
    gaps = [part.difference(name, first.fields, second.fields) for first, second in pairs]
    corrected = holm([gap.p for gap in gaps])
    return {
        "n": len(part.truth),
        "runs": [{"name": run.name, "metrics": part.measured(run.fields)} for run in shared],
        "pairs": [
            _pair(METRICS[kind][name], first.name, second.name, gap, p)
            for (first, second), gap, p in zip(pairs, gaps, corrected, strict=True)
        ],
    }


def _pair(metric: Metric, first: str, second: str, gap: Difference, p: float) -> dict[str, Any]:
    """One comparison, judged by its corrected p-value."""
    word = judge(metric, gap, p)
    size = Scale.of(metric, asdict(gap)).between(gap)
    sentence = f"{first} against {second}: {word}, {size}."
    about = {"first": first, "second": second}
    return about | asdict(gap) | {"p_holm": p, "word": word, "sentence": sentence}


def _shared(runs: Sequence[RunPredictions]) -> list[RunPredictions]:
    """The runs on the rows that all of them have."""
    rows = reduce(np.intersect1d, [run.rows for run in runs])
    names = ", ".join(run.name for run in runs)
    if len(rows) == 0:
        raise RunError(
            "These runs were tested on different rows, so they can't be compared.",
            where=names,
            remedy="Train them on the same data and split, for instance with --split FILE.",
        )
    shared = [run.at(rows) for run in runs]
    first = shared[0]
    if any(run.kind != first.kind or not equal(run.truth, first.truth) for run in shared):
        raise RunError(
            "These runs disagree about the true answers of the same rows.",
            where=names,
            remedy="Compare runs that were trained on the same data and target.",
        )
    return shared


def equal(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two truths are the same; what is unknown in both (nan) is."""
    if one.shape != other.shape:
        return False
    return bool(np.all((one == other) | ((one != one) & (other != other))))
