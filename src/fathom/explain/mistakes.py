"""Category answers to where they go wrong: confusion, classes, surest errors, odd labels."""

from collections.abc import Iterable

import numpy as np

from fathom.explain.figures import Bar, Bars, Figure, Grid, Interval, Intervals, Matrix, Strip
from fathom.explain.items import choice_item
from fathom.explain.outcomes import Choices
from fathom.explain.select import TARGETS, confident_errors, confused_pairs, hesitant, suspects
from fathom.explain.statistics import ClassQuality, class_quality
from fathom.explain.story import Story
from fathom.explain.view import Check, View
from fathom.explain.wording import about, capital, count, of_100, plural, shortened
from fathom.metrics import confusion

CLASSES = 20
FEWEST = 5  # common mistakes, to say anything of their agreement
MARGIN = 0.2


def confusion_view(story: Story) -> View | None:
    """What is taken for what."""
    tested = _tested(story)
    if not tested:
        return None
    figures: list[Figure] = []
    sentences: list[str] = []
    for choices in tested:
        figures += [_matrix(choices), *_pairs(story, choices)]
        sentences.append(_mistakes(choices))
    return View(
        name="confusion",
        question="What does it take for what?",
        answer=" ".join(sentences),
        figures=tuple(figures),
        caveat="A cell with few examples says little: two mistakes of five and two of five hundred "
        "look alike only in the count.",
        terms=("confusion matrix",),
    )


def classes_view(story: Story) -> View | None:
    """How well each class is found."""
    tested = [choices for choices in _tested(story) if len(choices.classes) > 1]
    if not tested:
        return None
    figures: list[Figure] = []
    grids: list[Grid] = []
    worst: ClassQuality | None = None
    for choices in tested:
        qualities = _qualities(choices)
        figures += _class_figures(choices, qualities)
        grids.append(_class_grid(choices, qualities))
        lowest = next((quality for quality in qualities if quality.n), None)
        if lowest and (worst is None or lowest.f1[0] < worst.f1[0]):
            worst = lowest
    weakest = ""
    if worst is not None:
        weakest = (
            f"Weakest is {worst.name}: {count(round(worst.recall[0] * worst.n))} of "
            f"{count(worst.n)} were found "
            f"({of_100(worst.recall[1])}–{of_100(worst.recall[2])} of 100)."
        )
    return View(
        name="classes",
        question="Is it equally good for every class?",
        answer=weakest or "No class has a held-out example (0).",
        figures=tuple(figures),
        grids=tuple(grids),
        caveat="Classes with few held-out examples have wide intervals; overlapping intervals are "
        "no proof of a difference.",
        terms=("precision", "recall", "F1", "95 % interval"),
    )


def errors_view(story: Story) -> View | None:
    """The wrong answers it was surest of, and the answers it was least sure of."""
    tested = _tested(story)
    if not tested:
        return None
    figures: list[Figure] = []
    sentences: list[str] = []
    for choices in tested:
        errors = confident_errors(choices)
        wrong = int((choices.truth != choices.answer).sum())
        high = int(((choices.truth != choices.answer) & (choices.sureness >= 0.9)).sum())
        surely = (
            f", {count(high) if high else 'none'} of them at least 90 of 100 sure"
            if choices.probability is not None
            else ""
        )
        sentences.append(
            f"{about(choices.name)}{count(wrong)} of {count(len(choices))} answers were wrong"
            f"{surely}."
        )
        groups = (
            (
                "The most confident errors",
                errors,
                "wrong answers that it was surest of, surest first",
            ),
            ("The least sure answers", hesitant(choices), "answers it was least sure of"),
        )
        for title, positions, words in groups:
            if positions:
                strip = Strip(tuple(choice_item(story, choices, i) for i in positions))
                figures.append(
                    Figure(about(choices.name) + title, strip, f"The {len(positions)} {words}.")
                )
    return View(
        name="errors",
        question="Where is it wrong, and sure of it?",
        answer=" ".join(sentences),
        figures=tuple(figures),
        caveat="These are the worst cases, chosen for that; they are not what is usual.",
        terms=("confidence",),
    )


def suspects_view(story: Story) -> View | None:
    """Labels that two methods, trained apart, both contradict."""
    figures: list[Figure] = []
    total, checks = 0, None
    for choices in _tested(story):
        positions = suspects(choices)
        if choices.rival is None or not positions:
            continue
        agree = (choices.answer == choices.rival) & (choices.answer != choices.truth)
        total += int((agree & (choices.sureness >= 0.5)).sum())
        checks = checks or _agreement(choices, choices.rival)
        strip = Strip(tuple(choice_item(story, choices, i) for i in positions))
        shown = plural(len(positions), story.noun)
        summary = f"{shown} whose label both methods contradict, surest first."
        figures.append(Figure("Labels worth a second look", strip, summary))
    if not figures:
        return None
    verb = "carries a label" if total == 1 else "carry labels"
    return View(
        name="suspects",
        question="Could some labels be wrong?",
        answer=f"{plural(total, story.noun)} {verb} that the network and the rival both contradict "
        "with the same other answer.",
        figures=tuple(figures),
        check=checks,
        caveat="Agreement is not proof: both methods learned from the same examples and can "
        "share a mistake.",
        terms=("rival", "label"),
    )


def _agreement(choices: Choices, rival: np.ndarray) -> Check | None:
    """Where both are wrong, how often do they agree, beside what chance would give?"""
    both = (choices.answer != choices.truth) & (rival != choices.truth)
    if both.sum() < FEWEST or len(choices.classes) < 3:
        return None
    same = float((choices.answer == rival)[both].mean())
    chance = _chance_agreement(choices.answer[both], rival[both], choices.truth[both])
    return Check(
        "agreement where both contradict the label",
        same,
        (("the same answers shuffled among examples of that label", chance),),
        "supported" if same > chance + MARGIN else "weak",
        f"Where both contradict the label they give the same other answer {of_100(same, 0)} times "
        f"of 100; shuffled among examples of the same label, {of_100(chance, 0)}.",
    )


def _chance_agreement(answer: np.ndarray, rival: np.ndarray, truth: np.ndarray) -> float:
    """Expected share of equal answers if the two were independent given the label."""
    agreed = 0.0
    for label in np.unique(truth):
        of_label = truth == label
        size = int(max(answer.max(), rival.max())) + 1
        own = np.bincount(answer[of_label], minlength=size) / of_label.sum()
        other = np.bincount(rival[of_label], minlength=size) / of_label.sum()
        agreed += float((own * other).sum()) * of_label.sum()
    return agreed / len(truth)


def _tested(story: Story) -> list[Choices]:
    held = (choices.judged for choices in story.choices[:TARGETS])
    return [choices for choices in held if len(choices)]


def _counts(choices: Choices) -> np.ndarray:
    return confusion(choices.truth, {"answer": choices.answer}, len(choices.classes))


def _mistakes(choices: Choices) -> str:
    counts = _counts(choices)
    wrong = int(counts.sum() - np.trace(counts))
    said = f"{about(choices.name)}{count(wrong)} of {count(int(counts.sum()))} answers are wrong."
    for (true, answered), _ in confused_pairs(choices, pairs=1):
        said += (
            f" Most often {shortened(choices.classes[true], 32)} is taken for "
            f"{shortened(choices.classes[answered], 32)}: "
            f"{plural(int(counts[true, answered]), 'times')}."
        )
    return said


def _matrix(choices: Choices) -> Figure:
    counts = _counts(choices)
    shown = _most_confused(counts)
    names = tuple(shortened(choices.classes[i], 24) for i in shown)
    rest = f" (the {len(shown)} classes with most mistakes)" if len(shown) < len(counts) else ""
    title = f"{choices.name}: true class by answer" if choices.name else "True class by answer"
    cells = tuple(tuple(int(counts[i, j]) for j in shown) for i in shown)
    right = int(np.trace(counts))
    return Figure(
        title + rest,
        Matrix("true", "answer", names, cells),
        "Each row is a true class, each column an answer. The diagonal (blue) is right, "
        f"{count(right)} of {count(int(counts.sum()))}; all else (vermilion) is wrong.",
    )


def _most_confused(counts: np.ndarray) -> list[int]:
    wrong = counts.sum(0) + counts.sum(1) - 2 * np.diag(counts)
    chosen = np.argsort(-wrong, kind="stable")[:CLASSES]
    return sorted(int(i) for i in chosen)


def _pairs(story: Story, choices: Choices) -> Iterable[Figure]:
    """The most frequent mistakes as bars, and some of their examples."""
    counts = _counts(choices)
    bars = []
    for (true, answered), _ in confused_pairs(choices, pairs=8):
        names = [shortened(choices.classes[i], 12) for i in (true, answered)]
        total = int(counts[true].sum())
        bars.append(
            Bar(" → ".join(names), int(counts[true, answered]), f"of {total} true {names[0]}")
        )
    if not bars or len(choices.classes) < 3:
        return
    yield Figure(
        "The most frequent mistakes",
        Bars("true → answer", "how often", tuple(bars)),
        f"The {plural(len(bars), 'mistakes')} made most often; {bars[0].label} leads with "
        f"{count(bars[0].value)} {bars[0].note}.",
    )
    positions = [i for _, members in confused_pairs(choices) for i in members]
    strip = Strip(tuple(choice_item(story, choices, i) for i in positions))
    said = f"{plural(len(positions), story.noun)} from the three most frequent mistakes."
    yield Figure("Examples of these mistakes", strip, said)


def _qualities(choices: Choices) -> list[ClassQuality]:
    counts = _counts(choices)
    found = [
        class_quality(shortened(name, 32), position, counts)
        for position, name in enumerate(choices.classes)
    ]
    return sorted(found, key=lambda quality: (np.isnan(quality.f1[0]), quality.f1[0]))


def _class_figures(choices: Choices, qualities: list[ClassQuality]) -> Iterable[Figure]:
    """Recall and precision of each class that was answered or true, the weakest F1 first."""
    few = f", the {CLASSES} weakest of {len(qualities)}" if len(qualities) > CLASSES else ""
    readings = (
        ("Of what was there, how much was found? (recall)", "recall", "found"),
        ("Of what was answered so, how much was right? (precision)", "precision", "right"),
    )
    for title, field, word in readings:
        values = [(q, getattr(q, field)) for q in qualities[:CLASSES]]
        rows = tuple(
            Interval(q.name, v[0], v[1], v[2], q.n) for q, v in values if not np.isnan(v[0])
        )
        if rows:
            low, high = min(rows, key=_value), max(rows, key=_value)
            ends = [f"{of_100(row.value)} ({row.label})" for row in (low, high)]
            said = f"From {ends[0]} to {ends[1]} of 100 {word}."
            data = Intervals("class", f"{field}, of 100", rows, share=True)
            yield Figure(about(choices.name) + title + few, data, said)


def _value(row: Interval) -> float:
    return row.value


def _class_grid(choices: Choices, qualities: list[ClassQuality]) -> Grid:
    def cell(triple: tuple[float, float, float]) -> str:
        return f"{of_100(triple[0])} ({of_100(triple[1])}–{of_100(triple[2])})"

    rows = tuple(
        (q.name, count(q.n), cell(q.precision), cell(q.recall), cell(q.f1)) for q in qualities
    )
    title = "each class, weakest first"
    title = f"{choices.name}: {title}" if choices.name else capital(title)
    return Grid(title, ("class", "n", "precision", "recall", "F1"), rows)
