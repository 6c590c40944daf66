"""Small made stories of networks that foretell or translate texts."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import stories

from fathom.explain import Example, Foretold, Sample, Story, Writing
from fathom.explain.copying import compared, listed_among
from fathom.metrics import measure

TRAINING = "the cat sat on the mat and the dog lay by the door, as cats and dogs do. " * 3
WROTE = ("the dog lay by the door, as cats may", "a wholly new sentence of some length")
HELD = "she sang of ships and harbours all night"


def report(kind: str, truth: np.ndarray, own: Any, beside: Any, name: str) -> dict[str, Any]:
    n = len(truth)
    metrics, others = (
        {k: stories.entry(v, v - 0.1, v + 0.1, n) for k, v in measure(kind, truth, fields).items()}
        for fields in (own, beside)
    )
    return {
        "task": "language" if kind == "bytes" else "translation",
        "family": "transformer",
        "metrics": metrics,
        "baseline": {"name": name, "title": "Kneser-Ney n-grams", "metrics": others},
        "others": [],
        "verdict": {"word": "better", "sentence": "Worth it: yes."},
        "cost": {"seconds": 60.0, "updates": 1200},
        "seed": 0,
    }


@cache
def novel() -> Story:
    """Blocks of a running text, with a mixture, samples and a passage."""
    random = np.random.default_rng(0)
    truth = np.stack([random.integers(1900, 2100, 40), random.integers(300, 400, 40)], axis=1)
    own, beside = (truth[:, 0] * random.normal(mean, 0.05, 40) for mean in (1.5, 1.7))
    part = np.where(np.arange(40) < 12, "valid", "test")
    predictions = pl.DataFrame(
        {
            "row": np.arange(40) + 100,
            "part": part,
            "origin": [f"novel.txt line {i}" for i in range(40)],
            "bytes": truth[:, 0],
            "words": truth[:, 1],
            "nll": own,
            "rival_nll": beside,
        }
    )
    test = part == "test"
    made = report("bytes", truth[test], {"nll": own[test]}, {"nll": beside[test]}, "kneser_ney")
    mixed = {"with": "kneser_ney", "share": 0.23}
    mixed["metrics"] = {"bits_per_byte": stories.entry(2.142, 2.086, 2.202, 28)}
    samples = tuple(compared(text, TRAINING, span=10) for text in WROTE)
    held = (compared(HELD, TRAINING, span=10),)
    return Story(
        report={**made, "mixture": mixed},
        predictions=predictions,
        log=stories.log("bits_per_byte", np.array([4.0, 2.2])),
        recipe={"task": "language"},
        classes=(),
        findings=(),
        data={"name": "novel.txt", "source": "text", "rows": 400, "parts": {"train": 360}},
        examples={row: Example(values={"text": f"Block {row}."}) for row in range(100, 140)},
        folder="runs/novel",
        writing=Writing(samples, held, 10, len(TRAINING), 10 * len(TRAINING)),
        passages=(Foretold("novel.txt line 7", (("Call", 9.0), (" me", 0.25), ("\n", 3.5))),),
    )


@cache
def names() -> Story:
    """Items of a list."""
    wrote = listed_among(["anna", "orvella", "ben"], ["anna", "ben", "carla"])
    writing = Writing(wrote, (Sample("dora"),), 30, 13, 13)
    return replace(novel(), writing=writing, data={**novel().data, "source": "lines"})


@cache
def translation(extra: str = "") -> Story:
    """Short sentences and answers of falling quality; the last ten answers are all the same."""
    long = "ein kleiner roter hund läuft schnell über die grüne wiese am see"
    truth = [f"{long[: 20 + 4 * (i % 9)]} {i}" for i in range(40)]
    answer = [t if i < 10 else f"{t[: len(t) * (40 - i) // 30]} x{i}" for i, t in enumerate(truth)]
    answer[-10:] = ["ein hund"] * 10
    sources = {i: f"source {'word ' * (3 + i % 9)}{i}{extra}" for i in range(40)}
    answer[10] = sources[10]
    predictions = pl.DataFrame(
        {
            "row": range(40),
            "part": ["test"] * 40,
            "origin": [f"test.en line {i + 1}" for i in range(40)],
            "truth": [t + extra for t in truth],
            "answer": answer,
            "log_probability": [-5.0] * 40,
            "rival_answer": ["ein hund läuft"] * 40,
        }
    )
    own, beside, right = (
        np.array(predictions[name].to_list(), dtype=object)
        for name in ("answer", "rival_answer", "truth")
    )
    made = report("text", right, {"answer": own}, {"answer": beside}, "lookup")
    return Story(
        report=made,
        predictions=predictions,
        log=stories.log("loss", np.array([8.0, 4.0])),
        recipe={"task": "translation"},
        classes=(),
        findings=(),
        data={"name": "pairs", "source": "pairs", "rows": 400, "parts": {"train": 360}},
        examples={i: Example(values={"en": source}) for i, source in sources.items()},
        folder="runs/pairs",
        sources=sources,
    )
