"""A text and what was learned from to how much of the one stands word for word in the other."""

from collections.abc import Sequence

from fathom.explain.story import Sample

SPAN = 30  # characters: five words of English; shorter ones are common property


def compared(text: str, training: str, *, span: int = SPAN) -> Sample:
    """The longest stretch of the text that training holds, and the share of its spans."""
    reached = reach(text, training)
    start = max(range(len(text)), key=reached.__getitem__, default=0)
    spans = max(0, len(text) - span + 1)
    longest = (start, start + reached[start]) if text else (0, 0)
    return Sample(text, longest, sum(length >= span for length in reached), spans)


def reach(text: str, training: str) -> list[int]:
    """For each place of the text, how many characters from there on stand in training together.

    The matching statistics of Chang and Lawler 1994, section 4: what matches from one place on
    matches from the next on but for its first character, so each place costs one failed search.
    """
    lengths = []
    length = 0
    for start in range(len(text)):
        length = max(0, length - 1)
        while start + length < len(text) and text[start : start + length + 1] in training:
            length += 1
        lengths.append(length)
    return lengths


def listed_among(texts: Sequence[str], training: Sequence[str]) -> tuple[Sample, ...]:
    """Items of a list, and whether training holds each as a whole."""
    known = frozenset(training)
    return tuple(Sample(text, known=text in known) for text in texts)
