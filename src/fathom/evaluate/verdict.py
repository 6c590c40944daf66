"""A network's metric, its rival's and their difference to a verdict: one word and one sentence."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from fathom.evaluate.paired import SIGNIFICANCE, Difference
from fathom.metrics import Metric

Word = Literal["better", "no clear difference", "worse"]


@dataclass(frozen=True)
class Verdict:
    """Whether the network beats the classical method, in one word and in the headline sentence."""

    word: Word
    sentence: str


def judge(metric: Metric, difference: Difference, p: float | None = None) -> Word:
    """Decide "better" or "worse" only if p < .05 and the interval of the difference excludes 0.

    p: a corrected p-value to use instead of the difference's own.
    """
    p = difference.p if p is None else p
    excluded = difference.low > 0 or difference.high < 0
    if not (p < SIGNIFICANCE and excluded):
        return "no clear difference"
    return "better" if (difference.value > 0) == metric.higher else "worse"


@dataclass(frozen=True)
class Scale:
    """How values of a metric are written: shares as "91.4 of 100 right", others plainly.

    digits: after the point; negative ones round to tens, hundreds ...
    """

    metric: Metric
    digits: int

    @classmethod
    def of(cls, metric: Metric, entry: Mapping[str, float | int | str]) -> "Scale":
        """Digits so that the width of the interval `low` to `high` shows two significant ones, but
        no more than five of the value: what errs alike everywhere has almost no width.
        """
        parts = 100 if metric.share else 1
        width = (float(entry["high"]) - float(entry["low"])) * parts
        if not (math.isfinite(width) and width > 0):
            return cls(metric, 3)
        value = abs(float(entry.get("value", 0))) * parts
        most = 4 - math.floor(math.log10(value)) if value > 0 else 6
        return cls(metric, min(6, most, 1 - math.floor(math.log10(width))))

    def number(self, value: float) -> str:
        """The value alone."""
        if self.metric.share and value == 1:
            return "100"
        rounded = round(value * (100 if self.metric.share else 1), self.digits)
        return f"{rounded + 0.0:,.{max(0, self.digits)}f}".replace("-", "−")

    def headline(self, entry: Mapping[str, float | int | str], held_out: str) -> str:
        """The value with its interval and what it was measured on."""
        value, low, high = (self.number(float(entry[key])) for key in ("value", "low", "high"))
        if self.metric.share:
            return f"{value} of 100 right ({low}–{high}, {held_out})."
        if self.metric.unit:
            return f"{value} {self.metric.unit} ({low}–{high}, {held_out})."
        words = self.metric.words[0].upper() + self.metric.words[1:]
        return f"{words} {value} ({low}–{high}, {held_out})."

    def between(self, gap: Difference) -> str:
        """A difference and its interval, with signs."""
        return f"{self.number(gap.value)} ({self.number(gap.low)} to {self.number(gap.high)})"


def _within(name: str) -> str:
    """A rival's name inside a sentence; proper names such as Kneser-Ney keep their capital."""
    proper = any(letter.isupper() for letter in name.split(" ")[0][1:])
    return name if proper else name[:1].lower() + name[1:]


def tell(word: Word, metric: Metric, gap: Difference, rival: str) -> str:
    """The answer to "worth it?"."""
    scale = Scale.of(metric, asdict(gap))
    low, high = sorted((abs(gap.low), abs(gap.high)))
    size = f"{scale.number(abs(gap.value))} ({scale.number(low)}–{scale.number(high)})"
    if word == "better":
        return f"Worth it: yes, by {size}."
    if word == "worse":
        return f"Worth it: no, {_within(rival)} is better by {size}."
    span = f"{scale.number(gap.low)} to {scale.number(gap.high)}"
    return f"Worth it: no clear difference ({span})."
