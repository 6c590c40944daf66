"""The inputs of a request to the features that classical methods train on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import csr_array, hstack

from fathom.baselines.bag_of_words import text_features
from fathom.baselines.cepstra import sound_frames, sound_statistics
from fathom.baselines.method import View
from fathom.baselines.pictures import simple_features
from fathom.baselines.random_kernels import kernel_features
from fathom.baselines.request import RivalRequest
from fathom.baselines.rows import view_rows

CHUNK = 24  # pictures at a time: their float32 planes stay in the processor's cache
SHAPE_AXES = 192
AXES_FROM = 2_500  # training pictures


@dataclass(frozen=True)
class Features:
    """All views of the training, validation and test rows, stacked in this order.

    columns, dense: (n, features) float32; categorical: which columns hold category numbers; terms:
    (n, features) float32, sparse, None without texts; clips: (n,) objects, standardised cepstra
    (frames, c) of sounds, None without sounds.
    """

    columns: np.ndarray
    categorical: np.ndarray
    dense: np.ndarray
    train: slice
    valid: slice
    test: slice
    terms: csr_array | None = None
    clips: np.ndarray | None = None

    def view(self, name: View) -> np.ndarray | csr_array:
        """The features as the method wants them."""
        if name == "terms":
            assert self.terms is not None
            return self.terms
        if name == "clips":
            assert self.clips is not None
            return self.clips
        return {"columns": self.columns, "dense": self.dense}[name]


def features_of(request: RivalRequest) -> Features:
    """Compute all views; everything that is fitted is fitted on the training rows."""
    rows = np.concatenate([request.train, request.valid, request.test])
    train = slice(0, len(request.train))
    valid = slice(train.stop, train.stop + len(request.valid))
    nothing = np.zeros((len(rows), 0), dtype=np.float32)
    columns, dense, categorical = [nothing], [nothing], [np.zeros(0, dtype=bool)]
    if request.image is not None:
        seen = picture_features(request.image, rows, request.train, request.threads)
        columns.append(seen)
        dense.append(seen)
        categorical.append(np.zeros(seen.shape[1], dtype=bool))
    if request.waves is not None:
        heard = sound_statistics(request, rows)
        columns.append(heard)
        dense.append(scaled(heard, heard[train]))
        categorical.append(np.zeros(heard.shape[1], dtype=bool))
    if request.series is not None and request.length is not None:
        flat = flat_series(request.series[rows], request.length[rows])
        columns.append(flat)
        dense.append(kernel_features(request.series[rows], request.length[rows], seed=request.seed))
        categorical.append(np.zeros(flat.shape[1], dtype=bool))
    if request.row is not None and request.series is None:
        views = view_rows(request.row[rows], request.levels, np.arange(train.stop))
        columns.append(views.columns)
        dense.append(views.dense)
        categorical.append(views.categorical)
    return Features(
        columns=_joined(columns),
        categorical=np.concatenate(categorical),
        dense=_joined(dense),
        train=train,
        valid=valid,
        test=slice(valid.stop, len(rows)),
        terms=_terms(request, rows, train, _joined(dense)) if request.texts else None,
        clips=None if request.waves is None else sound_frames(request, rows),
    )


def scaled(features: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Each feature with mean 0 and deviation 1 over the training rows `seen`."""
    spread = seen.std(0)
    return np.asarray((features - seen.mean(0)) / np.where(spread > 1e-6, spread, 1.0))


def flat_series(series: np.ndarray, length: np.ndarray) -> np.ndarray:
    """(N, T, C) to (N, C T), channel after channel, nan behind the end."""
    real = np.arange(series.shape[1]) < length[:, None]
    known = np.where(real[..., None], series, np.nan)
    return known.transpose(0, 2, 1).reshape(len(series), -1).astype(np.float32)


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """The first holds nothing, so that a second one alone is not copied."""
    return parts[-1] if len(parts) <= 2 else np.concatenate(parts, 1)


def _terms(request: RivalRequest, rows: np.ndarray, train: slice, dense: np.ndarray) -> csr_array:
    """The terms of every text column, and the dense features beside them."""
    parts = [text_features([texts[row] for row in rows], train) for texts in request.texts.values()]
    beside = [csr_array(dense)] if dense.shape[1] else []
    return hstack([*parts, *beside], format="csr")


def picture_features(
    images: np.ndarray, rows: np.ndarray, train: np.ndarray, threads: int
) -> np.ndarray:
    """Shape on its main axes, and colour, of the pictures `rows`; both weigh the same.

    Axes and scales come from about 2,500 of the pictures `train`.
    """
    some = np.sort(train)[:: max(1, len(train) // AXES_FROM)]
    sample = _chunked(lambda part: np.concatenate(simple_features(images[part]), 1), some, threads)
    colours = sample.shape[1] - (width := _shape_width(images))
    center, axes = main_axes(sample[:, :width], SHAPE_AXES)
    shape = (sample[:, :width] - center) @ axes
    middle = sample[:, width:].mean(0)
    scales = [
        np.sqrt((shape.shape[1] + colours) / 2 / np.maximum(part.var(0).sum(), 1e-6))
        for part in (shape, sample[:, width:])
    ]

    def features(part: np.ndarray) -> np.ndarray:
        shape, colour = simple_features(images[part])
        parts = [((shape - center) @ axes) * scales[0], (colour - middle) * scales[1]]
        return np.concatenate(parts, 1).astype(np.float32)

    return _chunked(features, rows, threads)


def main_axes(x: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Center (F,) and the orthogonal directions (F, count) along which x (n, F) varies most."""
    center = x.mean(0)
    features, count = x.shape[1], min(count, *x.shape)
    products = (x - center).T @ (x - center)
    _, axes = eigh(products, subset_by_index=[features - count, features - 1])
    return center, axes[:, ::-1]


def _shape_width(images: np.ndarray) -> int:
    return int(simple_features(images[:1])[0].shape[1])


def _chunked(
    compute: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, threads: int
) -> np.ndarray:
    """The features of all rows, a cache-full at a time in several threads."""
    parts = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(compute, parts)))
