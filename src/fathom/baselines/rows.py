"""Rows of numbers, gaps and category numbers to the two views that methods train on."""

from dataclasses import dataclass

import numpy as np

MOST_LEVELS = 254  # scikit-learn's trees take 255 categories; one is "unknown or rare"
FARTHEST = 10.0


@dataclass(frozen=True)
class RowViews:
    """columns (N, F) float32: numbers with nan, category numbers; categorical (F,) bool;
    dense (N, D) float32: scaled numbers, marks of gaps, one column a level.
    """

    columns: np.ndarray
    categorical: np.ndarray
    dense: np.ndarray


def view_rows(row: np.ndarray, levels: tuple[int, ...], fitted_on: np.ndarray) -> RowViews:
    """Both views of all rows; medians, scales and levels come from the rows `fitted_on` alone."""
    numbers = row[:, : row.shape[1] - len(levels)].astype(np.float32)
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    codes = row[:, row.shape[1] - len(levels) :].astype(np.int64)
    kept = [_frequent(codes[:, k], codes[fitted_on, k], bound) for k, bound in enumerate(levels)]
    columns = [numbers, *(code[:, None].astype(np.float32) for code, _ in kept)]
    dense = [_scaled(numbers, fitted_on), *(_one_hot(code, count) for code, count in kept)]
    categorical = np.arange(row.shape[1]) >= numbers.shape[1]
    return RowViews(np.concatenate(columns, 1), categorical, np.concatenate(dense, 1))


def _scaled(numbers: np.ndarray, fitted_on: np.ndarray) -> np.ndarray:
    """Gaps filled with the median, mean 0, deviation 1, far values cut; then marks of gaps."""
    seen = numbers[fitted_on].astype(np.float64)
    gaps = np.isnan(numbers)
    empty = np.isnan(seen).all(0)
    middle = np.zeros(numbers.shape[1])
    middle[~empty] = np.nanmedian(seen[:, ~empty], axis=0)
    seen = np.where(np.isnan(seen), middle, seen)
    deviation = seen.std(0)
    filled = np.where(gaps, middle, numbers)
    scaled = (filled - seen.mean(0)) / np.where(deviation > 0, deviation, 1.0)
    marks = gaps[:, gaps[fitted_on].any(0)]
    return np.concatenate([np.clip(scaled, -FARTHEST, FARTHEST), marks], 1).astype(np.float32)


def _frequent(codes: np.ndarray, seen: np.ndarray, bound: int) -> tuple[np.ndarray, int]:
    """Frequent levels numbered from 1, all others 0; and how many numbers there are."""
    counts = np.bincount(seen, minlength=bound)
    counts[0] = 0
    frequent = np.argsort(-counts, kind="stable")[:MOST_LEVELS]
    frequent = np.sort(frequent[counts[frequent] > 0])
    renumbered = np.zeros(bound, dtype=np.int64)
    renumbered[frequent] = np.arange(1, len(frequent) + 1)
    return renumbered[codes], len(frequent) + 1


def _one_hot(codes: np.ndarray, count: int) -> np.ndarray:
    return (codes[:, None] == np.arange(count)).astype(np.float32)
