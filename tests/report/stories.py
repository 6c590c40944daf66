"""Small real stories for tests: scikit-learn methods trained on its packaged data."""

from functools import cache
from typing import Any

import numpy as np
import polars as pl
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from fathom.data.table import Finding
from fathom.explain import Example, Story
from fathom.explain.select import examples_needed
from fathom.metrics.shares import wilson

FINDINGS = (
    Finding(
        "set aside",
        "broken file",
        "seven/0412.png",
        "the picture is cut off after 312 bytes",
        "Copy the file again.",
        412,
    ),
    Finding(
        "warning",
        "near duplicates",
        "three/0013.png",
        "7 pairs of pictures are almost the same; each pair was kept in one part",
        "Nothing needs to be done.",
    ),
    Finding("note", "small pictures", "all files", "the pictures are 8 by 8 pixels"),
)


def entry(value: float, low: float, high: float, n: int) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": n, "split": "test"}


def log(metric: str, values: np.ndarray, seed: int = 0) -> tuple[dict[str, Any], ...]:
    random = np.random.default_rng(seed)
    lines: list[dict[str, Any]] = []
    for update in range(0, 1200, 4):
        loss = (
            2.2 * np.exp(-update / 220) + 0.06 + 0.25 * abs(random.normal()) * np.exp(-update / 300)
        )
        lines.append({"kind": "update", "update": update, "losses": {"loss": float(loss)}})
        if update % 60 == 0:
            at = values[0] + (values[1] - values[0]) * (1 - np.exp(-update / 180))
            wobble = 0.01 * random.normal() * abs(values[1] - values[0])
            lines.append(
                {"kind": "validation", "update": update, "metrics": {metric: float(at + wobble)}}
            )
    return tuple({"n": n, "time": {"seconds": n / 10}, **line} for n, line in enumerate(lines))


def parts_of(count: int) -> np.ndarray:
    return np.where(
        np.arange(count) % 10 < 3, "test", np.where(np.arange(count) % 10 == 3, "valid", "train")
    )


@cache
def digits(names: tuple[str, ...] | None = None) -> Story:
    raw = load_digits()
    names = names or (
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
    )
    part = parts_of(len(raw.data))
    learn = part == "train"
    inputs = raw.data / 16
    own = LogisticRegression(C=3.0, max_iter=1000).fit(inputs[learn], raw.target[learn])
    rival = KNeighborsClassifier(60).fit(inputs[learn], raw.target[learn])
    held = np.flatnonzero(~learn)
    probability = own.predict_proba(inputs[held])
    beside = rival.predict_proba(inputs[held])
    predictions = pl.DataFrame(
        {
            "row": held,
            "part": part[held],
            "origin": [f"{names[raw.target[i]]}/{i:04d}.png" for i in held],
            "truth": [names[i] for i in raw.target[held]],
            "answer": [names[i] for i in probability.argmax(1)],
            "probability": probability.tolist(),
            "rival_answer": [names[i] for i in beside.argmax(1)],
            "rival_probability": beside.tolist(),
        }
    )
    test = part[held] == "test"
    truth = raw.target[held]
    hits = [float((p.argmax(1) == truth)[test].mean()) for p in (probability, beside)]
    n = int(test.sum())
    report = {
        "task": "classification",
        "family": "cnn",
        "metrics": {
            "accuracy": entry(hits[0], *wilson(hits[0] * n, n), n),
            "macro_f1": entry(hits[0] - 0.001, hits[0] - 0.016, hits[0] + 0.012, n),
            "log_loss": entry(0.231, 0.202, 0.263, n),
            "expected_calibration_error": entry(0.041, 0.03, 0.055, n),
        },
        "baseline": {
            "name": "nearest_neighbours",
            "metrics": {"accuracy": entry(hits[1], *wilson(hits[1] * n, n), n)},
        },
        "others": [
            {
                "name": "boosting on simple features",
                "metrics": {"accuracy": entry(0.902, 0.876, 0.923, n)},
            }
        ],
        "verdict": {
            "word": "better",
            "sentence": f"Worth it: yes, by {100 * (hits[0] - hits[1]):.1f} of 100 over nearest "
            "neighbours.",
        },
        "per_class": [{"name": name} for name in names],
        "cost": {
            "seconds": 48.2,
            "updates": 1200,
            "examples": 76800,
            "parameters": 60130,
            "peak_memory_mb": 412,
        },
        "seed": 0,
        "versions": {"fathom": "0.1.0", "torch": "2.13.0", "numpy": "2.3.1", "python": "3.11.7"},
        "data": {"fingerprint": "9f2c" * 16},
    }
    pictures = np.clip(raw.images * 16, 0, 255).astype(np.uint8)[..., None]
    needed = examples_needed(predictions, report)
    return Story(
        report=report,
        predictions=predictions,
        log=log("accuracy", np.array([0.11, 0.955])),
        recipe={
            "task": "classification",
            "seed": 0,
            "training": {"rate": 0.0021, "batch": 64, "updates": 1200},
        },
        classes=names,
        findings=FINDINGS,
        data={
            "name": "digits",
            "source": "sample",
            "rows": len(raw.data),
            "columns": [
                {"name": "image", "kind": "image", "why": "files that are pictures"},
                {"name": "label", "kind": "category", "why": "names of the folders"},
            ],
            "parts": {p: int((part == p).sum()) for p in ("train", "valid", "test")},
            "fingerprint": "9f2c" * 16,
        },
        examples={row: Example(picture=pictures[row]) for row in needed},
        folder="runs/digits-1",
    )


@cache
def diabetes() -> Story:
    raw = load_diabetes()
    part = parts_of(len(raw.data))
    learn = part == "train"
    own = Ridge(0.1).fit(raw.data[learn], raw.target[learn])
    rival = KNeighborsRegressor(15).fit(raw.data[learn], raw.target[learn])
    held = np.flatnonzero(~learn)
    score = own.predict(raw.data[held])
    predictions = pl.DataFrame(
        {
            "row": held,
            "part": part[held],
            "origin": [f"diabetes.csv line {i + 2}" for i in held],
            "truth": raw.target[held],
            "score": score,
            "low": score - 85.0,
            "high": score + 85.0,
            "rival_score": rival.predict(raw.data[held]),
        }
    )
    test = part[held] == "test"
    n = int(test.sum())
    rmse = [
        float(np.sqrt(np.mean((predictions[c].to_numpy() - raw.target[held])[test] ** 2)))
        for c in ("score", "rival_score")
    ]
    report = {
        "task": "regression",
        "family": "mlp",
        "metrics": {
            "rmse": entry(rmse[0], rmse[0] - 4.1, rmse[0] + 4.6, n),
            "r2": entry(0.49, 0.38, 0.58, n),
            "coverage": entry(0.91, 0.85, 0.95, n),
        },
        "baseline": {
            "name": "gradient_boosting",
            "metrics": {"rmse": entry(rmse[1], rmse[1] - 4, rmse[1] + 5, n)},
        },
        "others": [],
        "verdict": {
            "word": "no clear difference",
            "sentence": "No clear difference to gradient boosting: −1.9 (−4.6 to 0.9).",
        },
        "cost": {
            "seconds": 21.0,
            "updates": 900,
            "examples": 57600,
            "parameters": 12033,
            "peak_memory_mb": 301,
        },
        "seed": 3,
        "versions": {"fathom": "0.1.0", "torch": "2.13.0"},
        "data": {"fingerprint": "ab12" * 16},
    }
    needed = examples_needed(predictions, report)
    return Story(
        report=report,
        predictions=predictions,
        log=log("rmse", np.array([77.0, 55.0])),
        recipe={"task": "regression", "seed": 3},
        classes=(),
        findings=(),
        data={
            "name": "diabetes.csv",
            "source": "csv",
            "rows": len(raw.data),
            "columns": [
                {"name": c, "kind": "number", "why": "every value is a number"}
                for c in (*raw.feature_names, "progression")
            ],
            "parts": {p: int((part == p).sum()) for p in ("train", "valid", "test")},
        },
        examples={
            row: Example(
                values={
                    c: f"{v:.3f}" for c, v in zip(raw.feature_names, raw.data[row], strict=True)
                }
            )
            for row in needed
        },
        folder="runs/diabetes",
    )


@cache
def several_labels() -> Story:
    """Three labels at once, as lists of names."""
    random = np.random.default_rng(1)
    names = ("sky", "sea", "boat")
    chance = random.random((300, 3))
    truth, answer = random.random((300, 3)) < chance, chance > 0.5
    predictions = pl.DataFrame(
        {
            "row": np.arange(300),
            "part": ["valid"] * 100 + ["test"] * 200,
            "origin": [f"photos/{i}.jpg" for i in range(300)],
            "truth": [[n for n, held in zip(names, row, strict=True) if held] for row in truth],
            "answer": [[n for n, held in zip(names, row, strict=True) if held] for row in answer],
            "probability": chance.tolist(),
        },
        schema_overrides={"truth": pl.List(pl.String), "answer": pl.List(pl.String)},
    )
    report = {
        **diabetes().report,
        "task": "classification",
        "metrics": {"average_precision": entry(0.71, 0.66, 0.75, 200)},
        "baseline": None,
        "per_class": [{"name": name} for name in names],
    }
    return Story(report, predictions, (), {}, names, (), {"name": "photos", "rows": 300})


@cache
def several_numbers() -> Story:
    """Two numbers at once, each with its own columns."""
    story = diabetes()
    frame = story.predictions
    second = {name: f"{name}_weight" for name in ("truth", "score", "low", "high", "rival_score")}
    first = {name: f"{name}_height" for name in second}
    both = frame.rename(first).with_columns(
        (frame[name] / 10).alias(title) for name, title in second.items()
    )
    report = {**story.report, "per_class": [{"name": "height"}, {"name": "weight"}]}
    return Story(report, both, story.log, {}, ("height", "weight"), (), story.data)
