"""A finished run's story to views, one by one: the table of contents of what is shown."""

import base64
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from time import perf_counter
from typing import Any

from fathom.errors import FathomError
from fathom.explain.alignment import alignment_view
from fathom.explain.anomalies import anomalies_view
from fathom.explain.checks import SelfCheck, checks_view, self_checks
from fathom.explain.codes import codes_view
from fathom.explain.confidence import confidence_view
from fathom.explain.drawings import drawings_view
from fathom.explain.figures import Figure
from fathom.explain.forecasts import forecasts_view
from fathom.explain.given import findings_view, given_view
from fathom.explain.glossary import TERMS
from fathom.explain.learning import learning_view
from fathom.explain.mistakes import classes_view, confusion_view, errors_view, suspects_view
from fathom.explain.paces import paces_view
from fathom.explain.records import records_view
from fathom.explain.repeat import cost_view, repeat_view
from fathom.explain.residuals import coverage_view, residuals_view, worst_view
from fathom.explain.samples import samples_view
from fathom.explain.select import examples_needed
from fathom.explain.story import Drawing, Example, Foretold, Sample, Story, Writing
from fathom.explain.summaries import summaries_view
from fathom.explain.surprise import surprise_view
from fathom.explain.transcripts import transcripts_view
from fathom.explain.translations import translations_view
from fathom.explain.usage import limits_view, usage_view
from fathom.explain.verdict import Headline, headline, verdict_view
from fathom.explain.view import Check, View
from fathom.explain.watched import watched_view

__all__ = [
    "TERMS",
    "VIEWS",
    "Check",
    "Drawing",
    "Example",
    "Figure",
    "Foretold",
    "Headline",
    "Sample",
    "SelfCheck",
    "Story",
    "View",
    "Writing",
    "examples_needed",
    "explanation",
    "headline",
    "self_checks",
    "views",
]

VIEWS: Mapping[str, Callable[[Story], View | None]] = {
    "alignment": alignment_view,
    "anomalies": anomalies_view,
    "checks": checks_view,
    "classes": classes_view,
    "codes": codes_view,
    "confidence": confidence_view,
    "confusion": confusion_view,
    "cost": cost_view,
    "coverage": coverage_view,
    "drawings": drawings_view,
    "errors": errors_view,
    "findings": findings_view,
    "forecasts": forecasts_view,
    "given": given_view,
    "learning": learning_view,
    "limits": limits_view,
    "paces": paces_view,
    "records": records_view,
    "repeat": repeat_view,
    "residuals": residuals_view,
    "samples": samples_view,
    "summaries": summaries_view,
    "surprise": surprise_view,
    "suspects": suspects_view,
    "transcripts": transcripts_view,
    "translations": translations_view,
    "usage": usage_view,
    "verdict": verdict_view,
    "watched": watched_view,
    "worst": worst_view,
}
"""Name to the function that makes the view, or None where it does not apply."""


def views(
    story: Story, table: Mapping[str, Callable[[Story], View | None]] = VIEWS
) -> Iterator[View]:
    """Every view that applies, one by one; a user's error becomes that view's message."""
    for name, make in table.items():
        start = perf_counter()
        try:
            view = make(story)
        except FathomError as error:
            view = View(name, name.capitalize(), f"This could not be shown (0 figures). {error}")
        if view is not None:
            yield replace(view, cost_s=perf_counter() - start)


def explanation(shown: Iterable[View]) -> dict[str, Any]:
    """The views as JSON values, without their times: the same run gives the same bytes.

    Numbers have six significant digits, what is not finite is null, pictures are base64 PNG.
    """
    return {view.name: _plain(replace(view, cost_s=0.0)) for view in shown}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Figure):
        return {
            "kind": value.kind,
            "title": value.title,
            "data": _plain(value.data),
            "summary": value.summary,
        }
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
