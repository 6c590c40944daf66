"""Networks that draw rows to tables in the user's columns and units."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import torch
from jaxtyping import Int
from torch import Tensor

from fathom.data.codecs import Listing
from fathom.data.codecs.wish import WishCodec
from fathom.data.seeds import derived, noise
from fathom.errors import OptionError
from fathom.members import Member
from fathom.objectives.diffusion import Diffusion, Drawing

MOST = 1_000_000  # rows of one command
AT_ONCE = 8_192


def lists(member: Member) -> bool:
    """Whether a trained network draws rows."""
    return isinstance(member.fields.inputs[0].codec, Listing)


def rows_drawn(member: Member, count: int, *, seed: int = 0, options: Any = None) -> pl.DataFrame:
    """`count` rows; equal seed and number give the same one, whatever `count` is.

    options: as the objective draws. Without a class asked for, classes occur as often as in
    training.
    """
    if not 1 <= count <= MOST:
        raise OptionError(
            "So many rows cannot be drawn at once.",
            found=f"{count:,}",
            remedy=f"Ask for 1 to {MOST:,}.",
        )
    objective, codec = member.objective, member.fields.inputs[0].codec
    assert isinstance(objective, Diffusion)
    assert isinstance(codec, Listing)
    asked = replace(options if isinstance(options, Drawing) else objective.drawing, seed=seed)
    objective.eval()
    frames = []
    for first in range(0, count, AT_ONCE):
        numbers = torch.arange(first, min(first + AT_ONCE, count))
        wish = wishes(member, numbers, asked)
        with torch.inference_mode():
            found = objective.predict({"sample": numbers, "wish": wish}, asked)["answer"]
        frames.append(codec.listed(found.numpy()).with_columns(**classes(member, wish)))
    return pl.concat(frames)


def wishes(member: Member, numbers: Int[Tensor, " N"], asked: Drawing) -> Int[Tensor, " N"]:
    """The class asked for, or for each number one drawn by the shares of training."""
    codec = member.fields.target.codec
    if asked.wish or not isinstance(codec, WishCodec) or not codec.classes:
        return torch.full_like(numbers, asked.wish)
    chance = torch.special.ndtr(noise(derived(asked.seed, "wish"), numbers, ())).numpy()
    until = np.cumsum(codec.shares)
    places = np.searchsorted(until[:-1], chance, side="right")
    return torch.from_numpy(places.astype(np.int64)) + 1


def classes(member: Member, wish: Int[Tensor, " N"]) -> Mapping[str, pl.Series]:
    """The column of the classes; none where rows are drawn without."""
    field = member.fields.target
    if not field.codec.spec().classes:
        return {}
    return {field.columns[0]: field.codec.decode({"answer": wish})}
