"""A finished run to its self-checks: each recounts something the report claims."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fathom.explain.figures import Grid
from fathom.explain.levels import held
from fathom.explain.outcomes import MEASURED
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import (
    count,
    higher_is_better,
    measured,
    metric_label,
    number,
    plural,
    with_interval,
)

AHEAD = 4.0  # the critic finds real pictures e^4 times as probable
ORDINARY = ("ends early", "the decay begins")  # events that belong to every training


@dataclass(frozen=True)
class SelfCheck:
    """One thing that was checked, and whether it is as it should be."""

    name: str
    passed: bool
    sentence: str


def self_checks(story: Story) -> tuple[SelfCheck, ...]:
    """All checks that apply to this run, those handed in with the report first."""
    stored = (
        SelfCheck(str(c["name"]), bool(c["passed"]), str(c.get("sentence", "")))
        for c in story.report.get("checks", ())
    )
    return (
        *stored,
        *_counted(story),
        *_probabilities(story),
        *_measured(story),
        *_learned(story),
        *_pace(story),
        *_data(story),
    )


def checks_view(story: Story) -> View:
    """What was checked by itself."""
    checks = self_checks(story)
    failed = [check for check in checks if not check.passed]
    rows = tuple(
        ("✓ passed" if check.passed else "! read this", check.name, check.sentence)
        for check in sorted(checks, key=lambda check: check.passed)
    )
    return View(
        name="checks",
        question="Did anything look odd?",
        answer=f"{len(checks) - len(failed)} of {len(checks)} self-checks passed"
        + ("." if not failed else f"; {len(failed)} to read."),
        grids=(Grid("Self-checks", ("result", "check", "what was found"), rows),) if rows else (),
        caveat="A passed check rules out one mistake, not all of them.",
        terms=("self-check",),
    )


def _counted(story: Story) -> Iterator[SelfCheck]:
    frame = story.predictions
    if not len(frame):
        return
    twice = len(frame) - frame["row"].n_unique()
    tested = frame["part"].is_in(MEASURED)
    test = int(tested.sum()) or len(frame)
    apart = "" if (frame["part"] == "folds").any() else ", none also in validation"
    said = f"{count(test)} held-out {story.noun}, none counted twice{apart}."
    yield SelfCheck(
        "each example counted once",
        twice == 0,
        said if not twice else f"{plural(twice, 'rows')} occur twice.",
    )
    entry = story.report.get("metrics", {}).get(story.headline, {})
    if entry.get("n"):
        same = int(entry["n"]) == test
        said = f"The report says {count(entry['n'])}, the stored predictions hold {count(test)}."
        yield SelfCheck("nothing left out of the measure", same, said)


def _probabilities(story: Story) -> Iterator[SelfCheck]:
    known = [
        choices for choices in story.choices if choices.probability is not None and len(choices)
    ]
    if not known:
        return
    sums = np.concatenate([np.asarray(choices.probability).sum(1) for choices in known])
    off = float(np.abs(sums - 1).max())
    yield SelfCheck(
        "probabilities add up to 1", off < 1e-3, f"The largest difference is {number(off, 2)}."
    )
    agree = [np.asarray(c.probability).argmax(1) == c.answer for c in known]
    share = float(np.concatenate(agree).mean())
    yield SelfCheck(
        "the answer is the most probable class",
        share > 0.999,
        f"So for {100 * share:.1f} of 100 answers.",
    )


def _measured(story: Story) -> Iterator[SelfCheck]:
    name = story.headline
    entry = story.report.get("metrics", {}).get(name, {})
    test = held(story)
    if test is None or entry.get("value") is None:
        return
    value, label = float(entry["value"]), metric_label(name)
    again = test.value(name, test.own)
    if again is not None:
        close = abs(again - value) <= 1e-4 * max(1.0, abs(value))
        said = f"Counted again from predictions.parquet: {measured(name, again)}."
        yield SelfCheck(f"{label} counted again", close, said)
    guess = test.value(name, test.guess)
    if guess is not None and entry.get("low") is not None:
        better = entry["low"] > guess if higher_is_better(name) else entry["high"] < guess
        reached = f"the network {measured(name, value)}"
        said = f"Answering without looking reaches {measured(name, guess)}; {reached}."
        yield SelfCheck("better than guessing", bool(better), said)
    valid = held(story, "valid")
    before = valid.value(name, valid.own) if valid else None
    if before is not None and entry.get("low") is not None:
        width = float(entry["high"]) - float(entry["low"])
        near = abs(before - value) <= 1.5 * width
        said = f"Validation {measured(name, before)}, held-out {with_interval(name, entry)}."
        yield SelfCheck("validation foretold the held-out result", near, said)


def _learned(story: Story) -> Iterator[SelfCheck]:
    losses = _logged(story, "loss")  # of several steps none need fall: they work against each other
    if len(losses) >= 10:
        tenth = len(losses) // 10
        first, last = float(np.median(losses[:tenth])), float(np.median(losses[-tenth:]))
        yield SelfCheck(
            "the loss fell", last < first, f"From {number(first)} to {number(last)} (medians)."
        )
    said = [str(line.get("text", "")) for line in story.log if line.get("kind") == "event"]
    odd = [words for words in said if not words.endswith(ORDINARY)]
    more = f" (and {len(odd) - 3} more)" if len(odd) > 3 else ""
    if story.log:
        words = f"{'; '.join(odd[:3])}{more}." if odd else "Nothing was skipped or taken back."
        yield SelfCheck("training ran without incident", not odd, words)


def _logged(story: Story, name: str) -> list[float]:
    """A loss over the updates."""
    updates = (line["losses"] for line in story.log if line.get("kind") == "update")
    return [losses[name] for losses in updates if losses.get(name) is not None]


def _pace(story: Story) -> Iterator[SelfCheck]:
    """Of two networks against each other: whether one is far ahead."""
    losses = _logged(story, "artist.loss")
    if len(losses) < 10:
        return
    last = float(np.median(losses[-(len(losses) // 10) :]))
    even = last < AHEAD
    said = f"The artist's loss ended at {number(last)} (0.69: the critic cannot tell)."
    if not even:
        said += " The critic dominates: its answers teach the artist little. "
        said += f"Bring more {story.noun}."
    yield SelfCheck("the two networks keep pace", even, said)


def _data(story: Story) -> Iterator[SelfCheck]:
    for words, name in (
        (("leak",), "no column gives the answer away"),
        (("duplicate", "across"), "no example occurs in two parts"),
    ):
        found = [
            finding
            for finding in story.findings
            if finding.severity == "warning"
            and all(word in f"{finding.subject} {finding.reason}".lower() for word in words)
        ]
        said = f"{found[0].place}: {found[0].reason}" if found else "None was found."
        yield SelfCheck(name, not found, said)
