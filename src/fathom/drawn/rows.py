"""Drawn rows to a table in the user's columns and units, and to a file of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import torch
from jaxtyping import Int
from torch import Tensor

from fathom.data.codecs.wish import WishCodec
from fathom.data.seeds import derived, noise
from fathom.drawn.asking import Commission
from fathom.folders import write_text
from fathom.members import Member
from fathom.objectives.diffusion import Diffusion, Drawing
from fathom.places import folder, table_file

AT_ONCE = 8_192


def write_rows(asked: Commission, out: str | Path) -> list[Path]:
    """Draw into the file that is named, or into rows.csv in a folder."""
    named = Path(out).suffix and not Path(out).is_dir()
    place = table_file(out) if named else folder(out) / "rows.csv"
    rows = rows_drawn(asked)
    json_ = place.suffix.lower() == ".json"
    write_text(place, rows.write_json() if json_ else rows.write_csv(), "ask again")
    return [place]


def rows_drawn(asked: Commission) -> pl.DataFrame:
    """Rows in the columns and units of the data; equal seed and number give the same one.

    Without a class asked for, classes occur as often as in training.
    """
    member, objective, codec = asked.member, asked.member.objective, asked.codec
    assert isinstance(objective, Diffusion)
    options = asked.options if isinstance(asked.options, Drawing) else objective.drawing
    options = replace(options, seed=asked.seed)
    objective.eval()
    frames = []
    for first in range(0, asked.count, AT_ONCE):
        numbers = torch.arange(first, min(first + AT_ONCE, asked.count))
        wish = wishes(member, numbers, options)
        with torch.inference_mode():
            found = objective.predict({"sample": numbers, "wish": wish}, options)["answer"]
        frames.append(codec.listed(found.numpy()).with_columns(**classes(member, wish)))
    rows = pl.concat(frames)
    return rows.select([name for name in asked.columns if name in rows.columns])


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
