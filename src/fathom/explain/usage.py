"""A finished run to how it is used, and what it must not be used for."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from fathom.explain.figures import Grid, Snippet
from fathom.explain.outcomes import Choices
from fathom.explain.statistics import class_quality
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import count, number, of_100, plural, shortened, some
from fathom.metrics import confusion

FEW = 30


def usage_view(story: Story) -> View:
    """The lines to type."""
    run = shlex.quote(story.folder)
    if story.kind in OWN:
        return OWN[story.kind](story, run)
    kinds = {"pictures": "photo.jpg", "sounds": "clip.wav", "texts": "new.txt"}
    thing = kinds.get(story.noun, "new.csv")
    shell = (
        f"fathom predict {run} {thing}\n"
        f"fathom evaluate {run} labelled_data\n"
        f"fathom compare {run} another_run"
    )
    load = f"run = fathom.load({story.folder!r})"
    python = f"import fathom\n\n{load}\nanswers = run.predict({thing!r})\nprint(answers)"
    return View(
        name="usage",
        question="How do I use it?",
        answer="The run folder is all that is needed; 1 command answers for "
        + (
            "each line of a text file." if story.kind == "text" else "new files, folders or tables."
        ),
        snippets=(Snippet("In the terminal", shell), Snippet("In Python", python)),
        caveat="Prediction prepares new data exactly as the training data were prepared; don't "
        "prepare them twice.",
        terms=("run",),
    )


def _writes(story: Story, run: str) -> View:
    """The lines to type where the network writes."""
    shell = (
        f'fathom generate {run} --prompt "..."\n'
        f"fathom generate {run} -n 5 --temperature 0.5\n"
        f"fathom evaluate {run} other_text.txt\n"
        f"fathom compare {run} another_run"
    )
    load = f"run = fathom.load({story.folder!r})"
    python = f'import fathom\n\n{load}\ntexts = run.generate(3, prompt="...")\nprint(texts[0])'
    return View(
        name="usage",
        question="How do I use it?",
        answer="The run folder is all that is needed; 1 command writes new text, as it comes.",
        snippets=(Snippet("In the terminal", shell), Snippet("In Python", python)),
        caveat="A lower temperature is safer and duller: below 0.5 a small network repeats itself. "
        "The same seed and prompt give the same text.",
        terms=("run", "temperature"),
    )


@dataclass(frozen=True)
class Way:
    """How what is drawn comes out: the command's end for many and for some of a class, where they
    go to, and the call in Python with its result.
    """

    many: str
    some: str
    place: str
    call: str
    result: str


FILES = Way("-n 64 --out drawn", "-n 16", "a folder", "pictures = run.draw(64)", "pictures.shape")
WAYS = {
    "clips": replace(FILES, call='files = run.draw_into("drawn", 64)', result="files[-1]"),
    "pictures": FILES,
    "rows": Way(
        "-n 1000 --out rows.csv", "-n 100 --out more.csv", "a file", "rows = run.rows(1000)",
        "rows.head()",
    ),
}  # fmt: skip
"""By what the drawn examples are called."""


def _draws(story: Story, run: str) -> View:
    """The lines to type where the network draws."""
    way, one = WAYS[story.noun], story.noun.removesuffix("s")
    by_class = f" --class {shlex.quote(story.classes[0])}" if story.classes else ""
    shell = (
        f"fathom generate {run} {way.many}\n"
        f"fathom generate {run} {way.some}{by_class} --seed 1\n"
        f"fathom evaluate {run} --samples 10000"
    )
    load = f"run = fathom.load({story.folder!r})"
    python = f"import fathom\n\n{load}\n{way.call}\nprint({way.result})"
    return View(
        name="usage",
        question="How do I use it?",
        answer="The run folder is all that is needed; 1 command draws new "
        f"{story.noun} into {way.place}.",
        snippets=(Snippet("In the terminal", shell), Snippet("In Python", python)),
        caveat=f"The same seed, class and number give the same {one}, however many are drawn.",
        terms=("run",),
    )


OWN: Mapping[str, Callable[[Story, str], View]] = {"bytes": _writes, "sample": _draws}
"""How to use what does not answer examples, by kind of the target."""


def limits_view(story: Story) -> View:
    """What the measured numbers do not cover."""
    limits = list(_own_limits(story)) or [
        (
            "Something unlike the training data",
            f"It was only measured on {story.noun} like yours. Inputs that are unlike them are "
            "flagged by fathom predict; don't rely on the answer there.",
        )
    ]
    for choices in story.choices[:1]:
        limits += _class_limits(choices)
    for numbers in story.numbers[:1]:
        held = numbers.judged
        if len(held):
            low, high = number(float(held.truth.min())), number(float(held.truth.max()))
            limits.append(
                (
                    "Values outside the seen range",
                    f"Held-out values ran from {low} to {high}; beyond is untested.",
                )
            )
    limits.append(
        (
            "Reasons",
            "It finds what goes together, not what causes what. Changing an input to change the "
            "outcome in the world is a different question.",
        )
    )
    return View(
        name="limits",
        question="What should it not be used for?",
        answer=f"{plural(len(limits), 'limits')} that the measured number does not cover:",
        grids=(Grid("Limits", ("limit", "why"), tuple(limits)),),
    )


def _own_limits(story: Story) -> Iterator[tuple[str, str]]:
    """What a network that writes, draws or answers in texts is not for; nothing for the others."""
    if story.kind == "bytes":
        yield (
            "Text of another kind",
            (
                "It was only measured on text like yours; in another language or style it "
                "foretells little."
            ),
        )
        yield "Facts", "It writes what is probable after its training text, true or not."
    elif story.kind == "sample":
        yield (
            "What is drawn as evidence",
            (
                "What it draws is probable after its training examples and shows nothing that was "
                "ever there."
            ),
        )
        yield (
            "What the training examples lack",
            "Rare kinds are drawn more rarely still, and what is in none of them is never drawn.",
        )
    elif story.kind == "text":
        yield (
            "Text of another kind",
            (
                "It was only measured on texts like yours; longer ones, or ones about something "
                "else, are untested."
            ),
        )
        yield (
            "What must be right",
            (
                "The measures count words and letters that agree, not meaning: a lost 'not' costs "
                "almost nothing."
            ),
        )


def _class_limits(choices: Choices) -> list[tuple[str, str]]:
    held = choices.judged
    names = [shortened(name, 24) for name in choices.classes]
    found = [
        (
            "Anything that is none of the classes",
            f"It always answers one of {count(len(names))}: {some(names, 8)}.",
        )
    ]
    if not len(held):
        return found
    counts = confusion(held.truth, {"answer": held.answer}, len(names))
    qualities = [class_quality(name, i, counts) for i, name in enumerate(names)]
    rare = [q.name for q in qualities if q.n < FEW]
    if rare:
        few = f"Fewer than {FEW} held-out examples of {some(rare, 6)}"
        found.append(("Classes that were hardly tested", f"{few}: their numbers are rough."))
    missed = [
        f"{q.name} ({of_100(q.recall[0], 0)} of 100)"
        for q in qualities
        if q.n and q.recall[0] < 0.5
    ]
    if missed:
        found.append(
            (
                "Finding every example of a weak class",
                f"Less than half was found of {some(missed, 6)}.",
            )
        )
    if len(held.classes) > 1 and np.ptp(counts.sum(1)) and counts.sum(1).max() > 0.9 * len(held):
        found.append(
            (
                "Reading the share right alone",
                "More than 9 of 10 examples are of one class; guessing it is already 'good'.",
            )
        )
    return found
