"""Held-out predictions and those of classical rivals to the measured and judged result."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from fathom.baselines.request import Rival
from fathom.evaluate.compare import RunPredictions, compare
from fathom.evaluate.held_out import HeldOut, Values
from fathom.evaluate.paired import Difference
from fathom.evaluate.tables import PER_CLASS
from fathom.evaluate.verdict import Scale, Verdict, judge, tell
from fathom.metrics import BESIDE, HEADLINE, METRICS, Fields

__all__ = ["Difference", "HeldOut", "Rival", "RunPredictions", "Verdict", "compare", "evaluate"]

Report = dict[str, Any]


def evaluate(
    truth: np.ndarray,
    fields: Fields,
    rivals: Sequence[Rival] = (),
    *,
    kind: str,
    classes: tuple[str, ...],
    metric: str = "",
    split: str = "test",
    groups: np.ndarray | None = None,
    duplicates: np.ndarray | None = None,
    items: str = "rows",
    note: str = "",
    seed: int = 0,
) -> Report:
    """Measure the predictions and judge them against the first rival.

    kind: of the target, as in `metrics.METRICS`; truth and fields as `metrics` says.
    rivals: the best on validation first, with their answers for `split`. metric: the headline, by
    default the kind's own. groups (N,): examples that belong together are resampled together.
    duplicates (N,) bool: examples with a near-duplicate in training; the metrics are then also
    given without them. items: what examples are called ("pictures"), unless the metric counts
    something else. note: what the headline must add about how they were held out.

    Returns the report's `metrics`, `per_class`, `baseline`, `others`, `verdict`, `difference` and,
    where asked, `without_duplicates`, all of it ready for JSON.
    """
    name = metric or HEADLINE[kind]
    part = HeldOut.of(kind, truth, split=split, groups=groups, seed=seed)
    fields = part.prepared(fields)
    values = part.measured(fields)
    judged = METRICS[kind][name]
    seen = "new" if split == "new" else "held-out"
    amount = f"{judged.amount(truth):,} {seen} {judged.items or items}"
    headline = Scale.of(judged, values[name]).headline(values[name], amount)
    headline = f"{headline} {note}".strip()
    report: Report = {
        "metrics": values,
        "per_class": PER_CLASS[kind](truth, fields, classes),
        **_judged(part, fields, rivals[:1], name, headline),
        "others": [
            _about(rival) | {"metrics": part.briefly(rival.fields[split])} for rival in rivals[1:]
        ],
    }
    if duplicates is not None and duplicates.any():
        report["without_duplicates"] = _without(part, fields, duplicates, groups, seed)
    return report


def _judged(
    part: HeldOut, fields: Fields, rivals: Sequence[Rival], name: str, headline: str
) -> Report:
    """The rival's metrics, the difference to it, and the verdict with the headline sentence."""
    for rival in rivals:
        answers = part.prepared(rival.fields[part.split])
        theirs = part.briefly(answers, but=(name,))
        gap = part.difference(name, fields, answers)
        metric = METRICS[part.kind][name]
        word = judge(metric, gap)
        reached = Scale.of(metric, theirs[name]).number(float(theirs[name]["value"]))
        also = _beside(part, fields, theirs)
        worth = tell(word, metric, gap, rival.words)
        sentence = f"{headline} {rival.title}: {reached}. {also}{worth}"
        return {
            "baseline": _about(rival) | {"metrics": theirs},
            "difference": asdict(gap),
            "verdict": asdict(Verdict(word, sentence)),
        }
    alone = Verdict("no clear difference", f"{headline} No classical method to compare with.")
    return {"baseline": None, "difference": None, "verdict": asdict(alone)}


def _beside(part: HeldOut, fields: Fields, theirs: Values) -> str:
    """The other metric that the field compares by, of the network and of the rival, in words."""
    name = BESIDE.get(part.kind, "")
    if name not in theirs:
        return ""
    metric = METRICS[part.kind][name]
    own = part.briefly(fields, but=(name,))[name]
    scale = Scale.of(metric, own)
    value, other = (scale.number(float(each["value"])) for each in (own, theirs[name]))
    return f"{metric.words[0].upper()}{metric.words[1:]}: {value} beside {other}. "


def _about(rival: Rival) -> Report:
    return {
        "name": rival.name,
        "words": rival.words,
        "title": rival.title,
        "rows": rival.rows,
        "available": rival.available,
        "seconds": rival.seconds,
        "validation": {"metric": rival.metric, "value": rival.value},
    }


def _without(
    part: HeldOut,
    fields: Fields,
    duplicates: np.ndarray,
    groups: np.ndarray | None,
    seed: int,
) -> Report:
    """The metrics of the examples that have no near-duplicate in training."""
    kept = ~duplicates
    metrics: Values = {}
    if kept.any():
        rest = HeldOut.of(
            part.kind,
            part.truth[kept],
            split=part.split,
            groups=None if groups is None else groups[kept],
            seed=seed,
        )
        metrics = rest.measured({key: field[kept] for key, field in fields.items()})
    return {"removed": int(duplicates.sum()), "n": int(kept.sum()), "metrics": metrics}
