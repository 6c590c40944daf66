"""Examples to codes by classical methods: principal components of the same length."""

from collections.abc import Iterator

import numpy as np

from fathom.baselines.request import PARTS, RivalRequest

AT_ONCE = 4096

Answers = dict[str, dict[str, np.ndarray]]


def components(request: RivalRequest, seconds: float) -> Answers:
    """Codes and errors of the best linear code: mean, leading eigenvectors, nothing else.

    Pearson 1901; the eigenvectors of the training values' covariance.
    """
    centre, axes = leading(request, request.train)[:2]
    answers: Answers = {}
    for part in PARTS:
        found: dict[str, list[np.ndarray]] = {"code": [], "error": []}
        for values in kept(request, getattr(request, part)):
            code = (values - centre) @ axes
            written = bounded(request, centre + code @ axes.T)
            found["code"].append(code)
            found["error"].append(((written - values) ** 2).mean(axis=1))
        answers[part] = {
            name: np.concatenate([*parts, empty(request, name)]) for name, parts in found.items()
        }
    return answers


def empty(request: RivalRequest, name: str) -> np.ndarray:
    """The arrays of no row."""
    return np.zeros((0, request.code) if name == "code" else 0, dtype=np.float32)


def leading(request: RivalRequest, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean (P,), the leading eigenvectors (P, K) and all eigenvalues, descending (P,)."""
    count = 0
    total, products = np.zeros(()), np.zeros(())
    for values in kept(request, rows):
        wide = values.astype(np.float64)
        count, total = count + len(values), total + wide.sum(axis=0)
        products = products + wide.T @ wide
    centre = np.asarray(total / count)
    values, vectors = np.linalg.eigh(products / count - np.outer(centre, centre))
    length = min(request.code, len(centre))
    axes = vectors[:, ::-1][:, :length]
    return (
        centre.astype(np.float32),
        np.pad(axes, ((0, 0), (0, request.code - length))).astype(np.float32),
        np.maximum(values[::-1], 0.0),
    )


def kept(request: RivalRequest, rows: np.ndarray) -> Iterator[np.ndarray]:
    """The values (n, P) of rows as the network keeps them, some thousand at a time."""
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        if request.image is not None:
            yield request.image[some].reshape(len(some), -1).astype(np.float32) / 255
        else:
            assert request.kept is not None
            yield request.kept[some]


def bounded(request: RivalRequest, values: np.ndarray) -> np.ndarray:
    """Pixels lie between 0 and 1."""
    return values if request.image is None else np.clip(values, 0.0, 1.0)
