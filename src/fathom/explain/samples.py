"""What a network wrote by itself to: how it reads, and how much of it is copied."""

from collections.abc import Sequence

from fathom.explain.figures import Bar, Bars, Figure, Grid, Passage, Piece, Tokens
from fathom.explain.story import Sample, Story, Writing
from fathom.explain.view import View
from fathom.explain.wording import count, of_100, plural, shortened


def samples_view(story: Story) -> View | None:
    """Generated texts, and what of them stands in training, beside held-out texts."""
    writing = story.writing
    if writing is None or not writing.samples:
        return None
    return _running(writing) if any(sample.spans for sample in writing.samples) else _list(writing)


def _running(writing: Writing) -> View:
    own, held = writing.samples, writing.held_out
    longest, beside = (max(map(_longest, some), default=0) for some in (own, held))
    figures = [
        Figure("Written by the network", Tokens(tuple(map(_passage, *_numbered(own)))), _said(own))
    ]
    if held:
        figures.append(_shares(writing))
    compared = (
        f" Held-out text of the same length: {_share(held)} of 100, {count(beside)} characters."
    )
    return View(
        name="samples",
        question="How does it write, and is it copied?",
        answer=f"Of the spans of {writing.span} characters in {plural(len(own), 'texts')} that it "
        f"wrote, {_share(own)} of 100 occur in what it learned from; the longest stretch found "
        f"there has {count(longest)} characters.{compared if held else ''}",
        figures=tuple(figures),
        caveat="Short stretches are common to all texts of a kind, hence the held-out text beside. "
        "A text that was changed in one letter counts as new. "
        f"Temperature {writing.temperature:g}; nothing was picked by hand.{_searched(writing)}",
        terms=("held-out", "temperature"),
    )


def _list(writing: Writing) -> View:
    own, held = writing.samples, writing.held_out
    known = sum(sample.known for sample in own)
    rows = tuple(
        (shortened(sample.text, 60), "in the training data" if sample.known else "new")
        for sample in own
    )
    beside = f" Of {count(len(held))} held-out ones {count(sum(s.known for s in held))} are."
    return View(
        name="samples",
        question="How does it write, and is it copied?",
        answer=f"{count(known)} of {plural(len(own), 'items')} that it wrote are in the training "
        f"data.{beside if held else ''}",
        grids=(Grid("Written by the network", ("item", "found"), rows),),
        caveat="Short items are few: a network that knows the kind well meets known ones by "
        "chance. Items that occur twice were kept in one part, so that none of the held-out ones "
        f"is known. Temperature {writing.temperature:g}; nothing was picked by hand.",
        terms=("held-out", "temperature"),
    )


def _numbered(samples: Sequence[Sample]) -> tuple[range, Sequence[Sample]]:
    return range(1, len(samples) + 1), samples


def _passage(number: int, sample: Sample) -> Passage:
    start, stop = sample.longest
    parts = (sample.text[:start], sample.text[start:stop], sample.text[stop:])
    pieces = tuple(Piece(text, copied=place == 1) for place, text in enumerate(parts) if text)
    words = (
        f"Longest stretch found in training (underlined): {count(stop - start)} characters; "
        f"{_share([sample])} of 100 spans."
    )
    return Passage(f"Text {number}", pieces, words)


def _shares(writing: Writing) -> Figure:
    pairs = (("written by the network", writing.samples), ("held-out text", writing.held_out))
    bars = tuple(
        Bar(name, round(100 * _seen(samples), 1), look="own" if place == 0 else "muted")
        for place, (name, samples) in enumerate(pairs)
    )
    return Figure(
        f"Spans of {writing.span} characters that occur in training",
        Bars("text", "of 100 spans", bars),
        f"Found in training: {_share(writing.samples)} of 100 spans of what the network wrote, "
        f"{_share(writing.held_out)} of 100 of held-out text.",
    )


def _said(samples: Sequence[Sample]) -> str:
    return (
        f"{plural(len(samples), 'texts')} as they were drawn; the longest stretch of each that "
        "training holds is underlined."
    )


def _searched(writing: Writing) -> str:
    if writing.searched >= writing.training:
        return ""
    return (
        f" Searched were the first {count(writing.searched)} of {count(writing.training)} "
        "characters of training text."
    )


def _longest(sample: Sample) -> int:
    return sample.longest[1] - sample.longest[0]


def _seen(samples: Sequence[Sample]) -> float:
    return sum(sample.seen for sample in samples) / max(1, sum(sample.spans for sample in samples))


def _share(samples: Sequence[Sample]) -> str:
    return of_100(_seen(samples))
