"""The input fields that classification and regression share: one row, each picture, sound or series
column, and each column of text twice, in order and as a bag.
"""

from dataclasses import replace

import numpy as np

from fathom.data.batches import SUFFIXES
from fathom.data.codecs.audio import AudioCodec
from fathom.data.codecs.bag import BUCKETS, BagCodec
from fathom.data.codecs.image import ImageCodec
from fathom.data.codecs.row import RowCodec
from fathom.data.codecs.series import SeriesCodec
from fathom.data.codecs.text import TextCodec
from fathom.data.fields import ROW, TARGET, Field, Limits, learnable
from fathom.data.pictures import Pictures
from fathom.data.sounds import Sounds
from fathom.data.table import Column, Table
from fathom.errors import DataError

APART = ("audio", "image", "series", "text")  # kinds with a field of their own
SHORT = 30  # characters: texts of fewer on average are read letter by letter
PIECES = 4_096
MOST_TOKENS = 256  # of a longer text, what is read in order; the bag holds all of it
MOST_WEIGHTS = 2**23  # of all terms and outputs: beyond, terms share numbers
MOST_LETTERS = 3 * 10**7  # characters: of larger texts, words alone make the bag
BAG = "bag"


def input_fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, *, outputs: int
) -> tuple[Field, ...]:
    """Fit the input codecs on the training rows; outputs: classes, labels or numbers answered."""
    columns = learnable(table, targets)
    row = [column for column in columns if column.kind not in APART]
    fields = []
    if row:
        codec = RowCodec.fit([column.take(train) for column in row])
        fields.append(Field(ROW, tuple(column.name for column in row), codec, together=True))
    for column in columns:
        if column.kind == "image":
            fields.append(picture_field(column, train, limits.picture_side))
        elif column.kind == "audio":
            fields.append(sound_field(column, train))
        elif column.kind == "series":
            fields.append(series_field(column, train))
        elif column.kind == "text":
            fields += [text_field(column, train), bag_field(column, train, outputs)]
    if not fields:
        raise DataError(
            "No column is left to learn from.",
            where=str(table.path),
            found=table.told(),
            remedy="Check the kinds with fathom inspect, and overrule one with --column NAME=KIND.",
        )
    return tuple(fields)


def picture_field(column: Column, train: np.ndarray, side_limit: int) -> Field:
    """A field of pictures; its codec learns size and brightness from the training rows."""
    pictures = column.take(train).values
    if not isinstance(pictures, Pictures):
        raise DataError(
            f"The column {column.name!r} holds no pictures.",
            remedy="Overrule its kind with --column NAME=KIND.",
        )
    codec = ImageCodec.fit(pictures, side_limit=side_limit)
    return Field(field_name(column, "picture"), (column.name,), codec, together=False)


def text_field(column: Column, train: np.ndarray) -> Field:
    """A field of tokens in their order: characters of short texts, else pieces of words.

    Of a text longer than those of training, the beginning is read.
    """
    values = column.take(train).series
    letters = values.str.len_chars().mean()
    short = isinstance(letters, float) and letters < SHORT
    codec = TextCodec.fit(values, pieces=0 if short else PIECES)
    longest = min(MOST_TOKENS, max(1, *codec.lengths(values)))
    codec = replace(codec, longest=longest, cut=True)
    return Field(field_name(column, "text"), (column.name,), codec, together=False)


def bag_field(column: Column, train: np.ndarray, outputs: int) -> Field:
    """A field of words and letter sequences, as many as a linear map to the outputs can take."""
    buckets = min(BUCKETS, 2 ** int(np.log2(max(1024, MOST_WEIGHTS / (2 * outputs)))))
    letters = int(column.series.str.len_chars().sum()) <= MOST_LETTERS
    codec = BagCodec.fit(column.take(train).series, buckets=buckets, letters=letters)
    name = f"{field_name(column, 'text')}_{BAG}"
    return Field(name, (column.name,), codec, together=False)


def field_name(column: Column, kind: str) -> str:
    """A column's name, made longer where a batch could take it for something else."""
    end = column.name.rpartition("_")[2]
    taken = column.name in (ROW, TARGET) or end in (*SUFFIXES, BAG)
    return f"{column.name}_{kind}" if taken else column.name


def sound_field(column: Column, train: np.ndarray) -> Field:
    """A field of sounds; its codec learns rate and length from the training rows."""
    codec = AudioCodec.fit(sounds_of(column, train))
    return Field(field_name(column, "sound"), (column.name,), codec, together=False)


def sounds_of(column: Column, train: np.ndarray) -> Sounds:
    """The training rows of a column of sounds."""
    sounds = column.take(train).values
    if not isinstance(sounds, Sounds):
        raise DataError(
            f"The column {column.name!r} holds no sounds.",
            remedy="Overrule its kind with --column NAME=KIND.",
        )
    return sounds


def series_field(column: Column, train: np.ndarray) -> Field:
    """A field of whole series; its codec learns their scale from the training rows."""
    codec = SeriesCodec.fit(column.take(train).series)
    return Field(field_name(column, "series"), (column.name,), codec, together=False)
