"""The contract of a codec whose examples can be drawn, and what those of pictures share."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import polars as pl
from jaxtyping import Float

from fathom.data.codecs import Codec

SIDE = 16


@dataclass(frozen=True)
class Tones:
    """Words for values from 0 to 255: all of them, their mean, their spread, both ends of the
    range, and what they are where these are not as in the data.
    """

    name: str
    mean: str
    spread: str
    ends: str
    off: str


COLOURS = Tones("colours", "brightness", "contrast", "black and white", "saturated or grey")


@runtime_checkable
class Drawable(Codec, Protocol):
    """A codec whose examples a network can draw; they come and go as they are stored (N, ...).

    items: what several of them are called ("pictures"). like: how one is said to resemble another
    ("looks like"). mirrors: whether the mirror image of one may be one, too. tones: the words for
    its values; None where these are no shades of one thing.
    """

    items: ClassVar[str]
    like: ClassVar[str]
    mirrors: ClassVar[bool]
    tones: ClassVar[Tones | None]

    def told(self) -> tuple[str, ...]:
        """What drawing such examples leaves out or puts together, in words."""
        ...

    def written(self, values: np.ndarray) -> np.ndarray:
        """What is left of drawn examples once they are out: written down, or played."""
        ...

    def small(self, values: np.ndarray) -> Float[np.ndarray, "N F"]:
        """The few numbers by which one is compared with many, float32."""
        ...

    def listed(self, values: np.ndarray) -> pl.DataFrame:
        """Examples as the rows of a table that they are; a frame without columns for others."""
        ...


def drawable(codec: Codec) -> Drawable:
    """The codec of a field that is drawn."""
    assert isinstance(codec, Drawable)
    return codec


class Pictorial:
    """What is drawn as it is stored: pictures (N, H, W, C) of uint8."""

    items: ClassVar[str] = "pictures"
    like: ClassVar[str] = "looks like"
    mirrors: ClassVar[bool] = True
    tones: ClassVar[Tones | None] = COLOURS

    def told(self) -> tuple[str, ...]:
        """Nothing: the whole of each is drawn."""
        return ()

    def written(self, values: np.ndarray) -> np.ndarray:
        """The pictures themselves."""
        return values

    def small(self, values: np.ndarray) -> Float[np.ndarray, "N F"]:
        """Means over squares, at most 16 x 16 of them."""
        height, width = values.shape[1:3]
        down, across = max(1, -(-height // SIDE)), max(1, -(-width // SIDE))
        rows, columns = height // down, width // across
        cut = values[:, : rows * down, : columns * across]
        means = cut.reshape(len(cut), rows, down, columns, across, -1).mean((2, 4), dtype="f4")
        return np.asarray(means.reshape(len(cut), -1))

    def listed(self, values: np.ndarray) -> pl.DataFrame:
        """No columns."""
        return pl.DataFrame()
