"""Chosen rows to the items of a strip: thumbnails or values, what was true and answered."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from fathom.explain.figures import Item, Mark
from fathom.explain.outcomes import Choices, Numbers
from fathom.explain.select import TARGETS, Outcome, given
from fathom.explain.story import Example, Story
from fathom.explain.wording import number, of_100, shortened

SIDE = 96  # pixels of the longer side of a thumbnail
VALUES = 8
CELL, PASSAGE = 32, 300  # characters of a value, and of one that is a text


def thumbnail(picture: np.ndarray, side: int = SIDE) -> tuple[bytes, tuple[int, int]]:
    """A picture, H W C uint8, as PNG of at most `side` pixels, and its (width, height)."""
    flat = picture[:, :, 0] if picture.shape[2] == 1 else picture
    image = Image.fromarray(np.ascontiguousarray(flat))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue(), image.size


def choice_item(
    story: Story, choices: Choices, position: int, *, lines: Sequence[str] = (), judged: bool = True
) -> Item:
    """One example of a category target; `judged` adds the answer and whether it was right."""
    truth = shortened(choices.classes[choices.truth[position]], 32)
    if not judged:
        named = [_named(c, c.classes[c.truth[position]]) for c in _beside(choices, story.choices)]
        return _item(story, choices, position, (*named, *lines))
    answer = shortened(choices.classes[choices.answer[position]], 32)
    right = choices.truth[position] == choices.answer[position]
    sure = f"{of_100(choices.sureness[position], 0)} of 100 sure"
    words = [answer, *([sure] if choices.probability is not None else []), *lines]
    if not right:
        words.insert(1, f"it was {truth}")
    return _item(story, choices, position, tuple(words), "right" if right else "wrong")


def number_item(story: Story, numbers: Numbers, position: int, *, judged: bool = True) -> Item:
    """One example of a number target."""
    truth = number(float(numbers.truth[position]))
    if not judged:
        each = _beside(numbers, story.numbers)
        named = [_named(one, number(float(one.truth[position]))) for one in each]
        return _item(story, numbers, position, tuple(named))
    answer, residual = float(numbers.score[position]), float(numbers.residual[position])
    lines = (f"answered {number(answer)}", f"it was {truth}", f"off by {number(residual)}")
    return _item(story, numbers, position, lines)


def _beside(shown: Outcome, every: Sequence[Outcome]) -> list[Outcome]:
    """What is shown of each target, for the same rows; of one target that alone."""
    each = [shown]
    each.extend(given(one) for one in every[1:TARGETS])
    return each


def _named(outcome: Choices | Numbers, value: str) -> str:
    """A true value, behind the name of its target where there are several."""
    return shortened(f"{outcome.name}: {value}" if outcome.name else value, 32)


def _item(
    story: Story,
    outcome: Choices | Numbers,
    position: int,
    lines: tuple[str, ...],
    mark: Mark = "",
) -> Item:
    row = int(outcome.row[position])
    example = story.examples.get(row, Example())
    picture, pixels = (None, (0, 0)) if example.picture is None else thumbnail(example.picture)
    texts = story.texts_among(example.values)
    values = tuple(
        (shortened(name, 24), shortened(value, PASSAGE if name in texts else CELL))
        for name, value in example.values.items()
    )[:VALUES]
    name = shortened(outcome.origin[position], 48)

    return Item(name, lines, picture, pixels, values, mark)
