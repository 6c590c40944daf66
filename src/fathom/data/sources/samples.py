"""Names of data sets that are installed with scikit-learn to records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from fathom.data.sources.arrays import columns_of
from fathom.data.sources.raw import Raw
from fathom.errors import OptionError


@dataclass(frozen=True)
class Sample:
    """One packaged data set: the question it is used for, what it holds, and how it is loaded."""

    question: str
    description: str
    read: Callable[[str], Raw]


def read_sample(name: str) -> Raw:
    """The records of a packaged data set."""
    if name not in SAMPLES:
        raise OptionError.unknown("sample", name, SAMPLES)
    return SAMPLES[name].read(name)


def _loaded(name: str, **options: Any) -> Any:
    # scikit-learn takes half a second to import, so only when a sample is read.
    return getattr(import_module("sklearn.datasets"), f"load_{name}")(**options)


def _digits(name: str) -> Raw:
    content = _loaded(name)
    pictures, columns, _ = columns_of(content.images, "image")
    columns["label"] = pl.Series(content.target.astype(np.int64))
    return _raw(name, columns, "label", {"image": pictures} if pictures is not None else None)


def _classes(name: str) -> Raw:
    content = _loaded(name)
    _, columns, _ = columns_of(content.data, name, tuple(content.feature_names))
    classes = [str(content.target_names[place]) for place in content.target]
    columns["class"] = pl.Series(classes, dtype=pl.String)
    return _raw(name, columns, "class")


def _numbers(name: str) -> Raw:
    content = _loaded(name, scaled=False) if name == "diabetes" else _loaded(name)
    _, columns, _ = columns_of(content.data, name, tuple(content.feature_names))
    columns["target"] = pl.Series(content.target.astype(np.float64))
    return _raw(name, columns, "target")


def _raw(
    name: str, columns: dict[str, pl.Series], target: str, pictures: Mapping[str, Any] | None = None
) -> Raw:
    frame = pl.DataFrame(columns)
    content = frame.write_csv().encode()
    if pictures:
        content += b"".join(one.buffer.tobytes() for one in pictures.values())
    return Raw(
        frame,
        (),
        Path(name),
        origins=tuple(f"{name} row {row}" for row in range(frame.height)),
        pictures=pictures or {},
        target=target,
        salt=content,
        order=("image", "label"),
    )


SAMPLES: Mapping[str, Sample] = {
    "breast_cancer": Sample(
        "classification", "569 tumours, 30 measures of their cells; benign or malignant", _classes
    ),
    "diabetes": Sample(
        "regression", "442 patients, 10 measures; how the illness goes on after a year", _numbers
    ),
    "digits": Sample(
        "classification", "1,797 pictures of handwritten digits, 8 x 8 pixels", _digits
    ),
    "iris": Sample(
        "classification", "150 irises, 4 measures of their flowers; which of 3 species", _classes
    ),
    "wine": Sample(
        "classification", "178 wines, 13 chemical measures; which of 3 growers", _classes
    ),
}
