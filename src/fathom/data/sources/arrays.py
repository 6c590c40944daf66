"""Number arrays to pictures or columns, with a word on how values were scaled to 8 bits."""

import numpy as np
import polars as pl

from fathom.data.pictures import Pictures
from fathom.errors import DataError

SCALES = (1.0, 16.0, 255.0, 65535.0)
MOST_COLUMNS = 20_000
REAL = "iuf"  # complex numbers would lose a half


def columns_of(
    values: np.ndarray, name: str, names: tuple[str, ...] = ()
) -> tuple[Pictures | None, dict[str, pl.Series], list[str]]:
    """Pictures from (N, H, W), (N, H, W, C), (N, C, H, W); number columns from (N,), (N, F)."""
    if values.ndim in (3, 4):
        pixels, said = eight_bit(channels_last(values, name), name)
        return Pictures.of_array(pixels), {}, said
    if values.ndim not in (1, 2) or values.dtype.kind not in REAL:
        raise DataError(
            f"The array {name!r} is neither rows of numbers nor pictures.",
            remedy="Store rows as (N, F) and pictures as (N, H, W) or (N, H, W, C).",
            found=f"{values.dtype} of shape {values.shape}",
        )
    table = values.reshape(len(values), -1)
    if table.shape[1] > MOST_COLUMNS:
        raise DataError(
            f"The array {name!r} has too many columns.",
            remedy="Store pictures as (N, H, W) or (N, H, W, C).",
            found=f"{table.shape[1]:,}",
        )
    labels = names or tuple(f"x{number}" for number in range(1, table.shape[1] + 1))
    whole = np.issubdtype(values.dtype, np.integer)
    columns = {
        label: pl.Series(
            np.ascontiguousarray(table[:, place]).astype(np.int64 if whole else np.float64)
        )
        for place, label in enumerate(labels)
    }
    return None, columns, []


def channels_last(values: np.ndarray, name: str) -> np.ndarray:
    """(N, H, W, C) with C 1 or 3 from the usual forms of a stack of pictures."""
    if values.ndim == 3:
        return values[..., None]
    if values.shape[-1] in (1, 3):
        return values
    if values.shape[1] in (1, 3):
        return np.moveaxis(values, 1, -1)
    if values.shape[-1] == 4:
        return values[..., :3]
    raise DataError(
        f"The array {name!r} holds no grey or colour pictures.",
        remedy="Store pictures as (N, H, W) or (N, H, W, 3).",
        found=f"shape {values.shape}",
    )


def eight_bit(values: np.ndarray, name: str) -> tuple[np.ndarray, list[str]]:
    """uint8 pixels; other types are scaled by the smallest usual full scale that holds them all."""
    if values.dtype == np.uint8:
        return values, []
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255), []
    if values.dtype.kind not in REAL or not np.isfinite(values).all():
        raise DataError(
            f"The array {name!r} holds values that are no pixels.",
            remedy="Store pixels as whole numbers 0 to 255.",
            found=str(values.dtype),
        )
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    full = next((scale for scale in SCALES if max(high, -low) <= scale), None)
    if full is None or (low < 0 and low < -1):
        raise DataError(
            f"The array {name!r} holds values that are no pixels.",
            remedy="Store pixels as whole numbers 0 to 255.",
            found=f"{low:g} to {high:g}",
        )
    shifted = (values.astype(np.float32) + 1) / 2 if low < 0 else values.astype(np.float32) / full
    bottom = -1 if low < 0 else 0
    said = [f"Values from {bottom} to {full:g} were scaled to 0 to 255."] if full != 255 else []
    return np.rint(shifted * 255).astype(np.uint8), said


def labels_of(values: np.ndarray) -> pl.Series:
    """A column from a one-dimensional array, or from the one column of an (N, 1) array."""
    flat = values.reshape(-1)
    if flat.dtype.kind in "iub":
        return pl.Series(flat.astype(np.int64))
    if flat.dtype.kind == "f":
        return pl.Series(flat.astype(np.float64))
    return pl.Series(flat.astype(str).tolist(), dtype=pl.String)
