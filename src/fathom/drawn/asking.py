"""A trained network, a seed and a number to new examples as they are stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from fathom.data.codecs.drawn import Drawable, drawable
from fathom.errors import OptionError
from fathom.members import Member
from fathom.objectives import Draws, Steered

AT_ONCE = 64
MOST = {"clips": 10_000, "pictures": 100_000, "rows": 1_000_000}  # of one command


@dataclass(frozen=True)
class Commission:
    """What is to be drawn: by whom, how many, from which seed, and as the objective's options say.

    columns: all of the data, in their order.
    """

    member: Member
    count: int
    seed: int = 0
    options: Any = None
    columns: tuple[str, ...] = ()

    @property
    def codec(self) -> Drawable:
        """Of what is drawn."""
        return drawable(self.member.fields.codecs[drawing_objective(self.member).drawn])


def drawing_objective(member: Member) -> Draws:
    """The objective of a network that draws."""
    assert isinstance(member.objective, Draws)
    return member.objective


def items_of(member: Member) -> str:
    """What a network draws: "pictures", "clips" or "rows"; "" for one that draws nothing."""
    if not isinstance(member.objective, Draws):
        return ""
    codec = member.fields.codecs[member.objective.drawn]
    return codec.items if isinstance(codec, Drawable) else ""


def commission(
    member: Member, count: int, *, seed: int, columns: tuple[str, ...], asked: Mapping[str, Any]
) -> Commission:
    """A commission in the user's words, None where nothing was said; raises OptionError for what
    cannot be drawn.
    """
    items = items_of(member)
    if not 1 <= count <= MOST[items]:
        raise OptionError(
            f"So many {items} cannot be drawn at once.",
            found=f"{count:,}",
            remedy=f"Ask for 1 to {MOST[items]:,}.",
        )
    options = chosen(member, {name: word for name, word in asked.items() if word is not None})
    return Commission(member, count, seed, options, columns)


def chosen(member: Member, asked: Mapping[str, Any]) -> Any:
    """The options of what draws, of the words asked for; None where none is."""
    if not asked:
        return None
    if not isinstance(member.objective, Steered):
        raise OptionError(
            "This run has nothing to choose in how it draws.",
            found=", ".join(asked),
            remedy="Leave that out; -n and --seed are all it takes.",
        )
    classes = member.fields.target.codec.spec().classes
    words = dict(asked)
    if "wish" in words:
        if not classes:
            raise OptionError(
                "This run draws without classes.",
                found=str(words["wish"]),
                remedy="Leave out --class, or train with the column of classes as --target.",
            )
        if words["wish"] not in classes:
            raise OptionError.unknown("class", words["wish"], classes)
        words["wish"] = classes.index(words["wish"]) + 1
    return member.objective.asked(words)


def drawn(asked: Commission) -> np.ndarray:
    """Examples (N, ...); equal seed and number give the same one, whatever their count is."""
    return np.concatenate(list(batches(asked)))


def batches(asked: Commission) -> Iterator[np.ndarray]:
    """The same, batch by batch."""
    objective, codec = drawing_objective(asked.member), asked.codec
    asked.member.objective.eval()
    with torch.inference_mode():
        for first in range(0, asked.count, AT_ONCE):
            numbers = torch.arange(first, min(first + AT_ONCE, asked.count))
            yield codec.decode({"value": objective.draw(asked.seed, numbers, asked.options)})
