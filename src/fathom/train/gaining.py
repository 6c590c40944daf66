"""An augmented folder to what a classifier gains by the drawn pictures in it."""

from pathlib import Path

import numpy as np

from fathom.evaluate.gain import Gain, gain
from fathom.train.augmented_folder import PICTURES, two_splits
from fathom.train.journey import train
from fathom.train.listener import Listener
from fathom.train.measure import stored
from fathom.train.options import Options

SHARE = 0.45  # of the budget
LEAST_S = 5.0  # of each classifier


def measured(
    place: Path, options: Options, rounds: int, listener: Listener
) -> tuple[Gain, dict[str, list[str]]]:
    """Pairs of classifiers, alike but for the drawn pictures, on the same test part."""
    source = str(place / PICTURES)
    splits = two_splits(place)
    seconds = max(LEAST_S, SHARE * options.budget_s / (2 * rounds))
    right: dict[str, list[np.ndarray]] = {name: [] for name in splits}
    runs: dict[str, list[str]] = {name: [] for name in splits}
    truth = np.zeros(0, dtype=np.int64)
    for turn in range(rounds):
        for name, file in splits.items():
            listener.say(f"classifier {name} drawn pictures, round {turn + 1} of {rounds}")
            own = Options(
                task="classification",
                budget_s=seconds,
                updates=options.updates,
                seed=options.seed + turn,
                split=str(file),
                out=str(place / "classifiers" / f"{name}-{turn + 1}"),
                cache=options.cache,
            )
            run = train(source, own, Listener())
            answers = stored(run)
            truth = answers.truth
            right[name].append(answers.fields["answer"] == truth)
            runs[name].append(str(run.folder))
    without, added = (np.stack(right[name]) for name in ("without", "with"))
    return gain(truth, without, added, seed=options.seed), runs
