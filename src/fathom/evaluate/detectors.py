"""Drawn examples beside held-out ones to what is wrong with the drawing, in words.

Each detector names one way in which generators fail, with the number it was found by, and what to
do; none needs to know what drew.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import binomtest

from fathom.data.codecs.drawn import COLOURS, Tones
from fathom.metrics.drawn import unit

SPREAD = 0.7  # of the held-out ones' own: three classes of ten have about 0.5
MOVED = 0.4  # share of the samples that would have to be of another class
RARE = 0.2  # of what is due: a class that is hardly ever drawn
SURE = 0.001  # that so many repeats are no chance
MORE = 1.5  # times as many repeats as among held-out ones
BRIGHTNESS, CONTRAST = 0.25, (0.7, 1.4)
ENDS, BETWEEN = 4, 0.4  # grey levels from black and white; share of the held-out ones' own


@dataclass(frozen=True)
class Detected:
    """One way to fail: whether it was not found, and what was found instead."""

    name: str
    passed: bool
    sentence: str


@dataclass(frozen=True)
class Seen:
    """What the detectors look at, of as many drawn as held-out pictures.

    values: as stored; features: the judge's; classes: what the judge sees, from 1, or 0; repeats:
    whether each nearly repeats one of training. items: their name; tones: the words for values from
    0 to 255, None for others.
    """

    values: np.ndarray
    features: np.ndarray
    classes: np.ndarray
    repeats: np.ndarray
    items: str = "pictures"
    tones: Tones | None = COLOURS


def detect(drawn: Seen, held_out: Seen) -> list[dict[str, object]]:
    """Every detector's finding, as the report holds it."""
    found = (detector(drawn, held_out) for detector in DETECTORS)
    return [asdict(one) for one in found if one is not None]


def collapse(drawn: Seen, held_out: Seen) -> Detected:
    """Mode collapse: drawn ones differ less from each other than held-out ones do."""
    share = spread(drawn.features) / max(spread(held_out.features), 1e-9)
    said = f"They differ from each other {share:.2f} times as much as held-out {drawn.items} do."
    if share < SPREAD:
        said += (
            " Mode collapse: the same few are drawn again and again. Train longer, or draw with a "
            "lower --guidance."
        )
    return Detected("the samples are varied", share >= SPREAD, said)


def spread(features: np.ndarray) -> float:
    """The mean squared distance of two different ones, from the sums alone."""
    x = unit(features).astype(np.float64)
    count = max(2, len(x))
    return float(2 * count / (count - 1) * (1 - (x.mean(0) ** 2).sum()))


def missing(drawn: Seen, held_out: Seen) -> Detected | None:
    """Classes that are drawn too seldom, as the judge sees them; None without classes."""
    if not held_out.classes.any():
        return None
    most = int(max(drawn.classes.max(), held_out.classes.max())) + 1
    own, due = (
        np.bincount(some.classes, minlength=most) / len(some.classes) for some in (drawn, held_out)
    )
    moved = float(np.abs(own - due).sum() / 2)
    rare = int(((own < RARE * due) & (due > 0)).sum())
    said = f"{100 * moved:.0f} of 100 would have to show another class to be as held-out ones are."
    if moved > MOVED:
        said += f" Mode collapse: {rare} of {int((due > 0).sum())} classes are hardly ever drawn."
    return Detected("all classes are drawn", moved <= MOVED, said)


def memorised(drawn: Seen, held_out: Seen) -> Detected:
    """More that nearly repeat one of training than among those never trained on."""
    count, usual = int(drawn.repeats.sum()), float(held_out.repeats.mean())
    expected = (held_out.repeats.sum() + 1) / (len(held_out.repeats) + 1)
    share = count / max(1, len(drawn.repeats))
    p = binomtest(count, len(drawn.repeats), float(expected), alternative="greater").pvalue
    bad = bool(p < SURE and share > MORE * usual)
    said = (
        f"{100 * share:.1f} of 100 nearly repeat one of training; of held-out {drawn.items} "
        f"{100 * usual:.1f} do."
    )
    if bad:
        said += f" It memorises: bring more {drawn.items}, or train for a shorter time."
    return Detected("nothing is copied from training", not bad, said)


def shades(drawn: Seen, held_out: Seen) -> Detected | None:
    """Too dark, too bright, grey or garish: mean and spread of each channel are off, or hardly a
    value is left between black and white, which both can hide. None for what has no such values.
    """
    words = drawn.tones
    if words is None:
        return None
    own, due = (some.values.reshape(-1, some.values.shape[-1]) for some in (drawn, held_out))
    deviation = np.maximum(due.std(0, dtype=np.float64), 1.0)
    shift = (own.mean(0, dtype=np.float64) - due.mean(0, dtype=np.float64)) / deviation
    contrast = own.std(0, dtype=np.float64) / deviation
    off = float(np.abs(shift).max())
    low, high = float(contrast.min()), float(contrast.max())
    values, usual = between(own), between(due)
    good = off <= BRIGHTNESS and CONTRAST[0] <= low and high <= CONTRAST[1]
    good = good and values >= BETWEEN * usual
    said = (
        f"{words.mean.capitalize()} is off by {off:.2f} deviations, {words.spread} is {low:.2f} to "
        f"{high:.2f} times; {100 * values:.0f} of 100 values lie between {words.ends}, "
        f"{100 * usual:.0f} in held-out {drawn.items}."
    )
    if not good:
        said += f" The {words.name} are {words.off}: lower --guidance, or train longer."
    return Detected(f"{words.name} are as in the data", good, said)


def between(values: np.ndarray) -> float:
    """The share of grey levels that are neither black nor white."""
    return float(((values > ENDS) & (values < 255 - ENDS)).mean())


DETECTORS: tuple[Callable[[Seen, Seen], Detected | None], ...] = (
    collapse,
    missing,
    memorised,
    shades,
)
"""All ways to fail that are looked for, in the order of the report."""
