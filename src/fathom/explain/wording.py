"""Numbers and names to the words that a reader sees."""

import math
from collections.abc import Mapping
from itertools import accumulate
from typing import Any
from unicodedata import bidirectional, east_asian_width

from fathom.metrics import METRICS

# Told of 100. The areas under curves are not: the verdict's sentence tells them from 0 to 1.
SHARES = frozenset(
    [
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "coverage",
        "expected_calibration_error",
    ]
)
_LABELS = {
    "r2": "explained variance (R²)",
    "rmse": "root mean squared error (RMSE)",
    "mae": "mean absolute error (MAE)",
    "auc": "area under the ROC curve (AUC)",
    "macro_f1": "macro F1",
    "coverage": "interval coverage",
}


def metric_label(name: str) -> str:
    """The name of a metric in a table."""
    if name in _LABELS:
        return _LABELS[name]
    for metrics in METRICS.values():
        if name in metrics:
            return metrics[name].words
    return name.replace("_", " ")


def higher_is_better(name: str) -> bool:
    """Whether a larger value of the metric is the better one."""
    if name == "loss":
        return False
    return next((metrics[name].higher for metrics in METRICS.values() if name in metrics), True)


def number(value: float | None, digits: int = 3) -> str:
    """A number with `digits` significant digits and thousands marked: 46,900, 0.83, 1.2e-07."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if abs(value) >= 1e9 or abs(value) < 1e-4:
        return f"{value:.{digits - 1}e}".replace("-", "−")
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(0, places)}f}".replace("-", "−")


def count(value: float) -> str:
    """A whole number with thousands marked."""
    return f"{int(value):,}"


def in_haste(updates: int, rate: float) -> str:
    """How the steps of a short training differ from a long one's; "" where they do not.

    rate: the factor on every rate.
    """
    if rate <= 1:
        return ""
    return f"{number(rate)} times as large as usual, since there are only {count(updates)} updates"


def of_100(share: float | None, digits: int = 1) -> str:
    """A share as so many of 100: 0.914 -> 91.4."""
    if share is None or not math.isfinite(share):
        return "–"
    return f"{100 * share:.{digits}f}"


def measured(name: str, value: float | None) -> str:
    """A value of a metric as it is shown: shares as so many of 100."""
    if name == "r2" and value is not None and abs(value) < 1:  # nothing below 0.001 is of interest
        return f"{value:.3f}".replace("-", "−")
    if name == "bits_per_byte" and value is not None and math.isfinite(value):
        return f"{value:.3f}"
    return of_100(value) if name in SHARES else number(value)


def between(name: str, entry: Mapping[str, Any]) -> str:
    """The 95 % interval of a metric's entry, or nothing."""
    low, high = entry.get("low"), entry.get("high")
    if low is None or high is None:
        return ""
    return f"{measured(name, low)}–{measured(name, high)}"


def with_interval(name: str, entry: Mapping[str, Any]) -> str:
    """A metric's entry as value and interval: 91.4 (90.1–92.6)."""
    interval = between(name, entry)
    return measured(name, entry.get("value")) + (f" ({interval})" if interval else "")


def duration(seconds: float) -> str:
    """Seconds in the units a person would use."""
    if seconds < 90:
        return f"{number(seconds, 2)} seconds"
    if seconds < 5400:
        return f"{number(seconds / 60, 2)} minutes"
    return f"{number(seconds / 3600, 2)} hours"


def shortened(text: str, length: int = 40) -> str:
    """At most `length` columns wide, the middle left out; no letter can turn or hide others.

    Controls and marks of direction are shown by their codes; a name with right-to-left letters is
    set apart from the words around it.
    """
    seen = visible(" ".join(text.split()))
    wide = sum(_width(c) for c in seen)
    if wide > length:
        tail = length // 3
        seen = f"{_fitting(seen, length - tail - 1)}…{_fitting(seen[::-1], tail)[::-1]}"
    turned = any(bidirectional(c) in ("R", "AL", "AN") for c in seen)
    return f"\u2068{seen}\u2069" if turned else seen or "(empty)"


def visible(text: str) -> str:
    """The text with controls and marks of direction as their codes; line breaks stay."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def _width(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else 1


def _fitting(text: str, width: int) -> str:
    """The longest beginning that is at most `width` columns wide."""
    for end, reached in enumerate(accumulate(map(_width, text))):
        if reached > width:
            return text[:end]
    return text


def plural(amount: int, noun: str) -> str:
    """A count and its noun: 1 row, 1,800 rows."""
    return f"{amount:,} {noun if amount != 1 else noun.removesuffix('s')}"


def listed(names: list[str]) -> str:
    """Names joined as in a sentence."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}"


def some(names: list[str], most: int) -> str:
    """At most so many names joined as in a sentence; that there are more is said."""
    return listed(names if len(names) <= most else [*names[:most], "others"])


def about(name: str) -> str:
    """A target's name before what is said of it; nothing where there is but one, without a name."""
    return f"{name}: " if name else ""


def capital(words: str) -> str:
    """The first letter large, the others as they are."""
    return words[:1].upper() + words[1:]
