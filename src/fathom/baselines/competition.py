"""A request to ranked rivals: features once, then each method within its share of the seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from fathom.baselines.candidates import READERS, methods_for
from fathom.baselines.features import Features, features_of
from fathom.baselines.method import Method, Setting, TextMethod
from fathom.baselines.plan import Trained, part_order, train_within
from fathom.baselines.process import save_rivals
from fathom.baselines.request import Rival, RivalRequest, Rivals
from fathom.baselines.scoring import HIGHER, named, score


def compete(request: RivalRequest, folder: Path, started: float) -> Rivals:
    """Train all methods for the request; the folder holds what has finished at any moment.

    started: when the seconds began, on the monotonic clock.
    """
    entries = text_entries(request) if request.kind in READERS else fitted_entries(request)
    ranked: list[Rival] = []
    for place, entry in enumerate(entries):
        left = request.seconds - (time.monotonic() - started)
        seconds = left * entry.share / (sum(other.share for other in entries[place:]) or 1.0)
        if entry.least_s and entry.least_s > left:
            continue
        ranked.append(entry.train(seconds))
        ranked.sort(key=lambda rival: rival.value * (-1 if HIGHER[rival.metric] else 1))
        save_rivals(folder, Rivals(tuple(ranked)))
    return Rivals(tuple(ranked))


@dataclass(frozen=True)
class Entry:
    """One method of a competition: its weight when the seconds are dealt out, its training, and
    the seconds without which it is left out.
    """

    share: float
    train: Callable[[float], Rival]
    least_s: float = 0.0


def fitted_entries(request: RivalRequest) -> list[Entry]:
    """Methods that are fitted on features, which are computed once for all."""
    features = features_of(request)
    return [
        Entry(method.share, partial(_rival, request, features, method))
        for method in methods_for(request)
    ]


def text_entries(request: RivalRequest) -> list[Entry]:
    """Methods that read texts or pictures as they are."""
    return [
        Entry(
            method.share,
            partial(_reader, request, method),
            method.least_s(request) if method.least_s else 0.0,
        )
        for method in READERS[request.kind]
    ]


def _reader(request: RivalRequest, method: TextMethod, seconds: float) -> Rival:
    begun = time.monotonic()
    fields = method.answer(request, seconds)
    metric, value = score(request.kind, request.truth(request.valid), fields["valid"])
    return Rival(
        name=method.name,
        words=method.words,
        metric=metric,
        value=value,
        rows=len(request.train),
        available=len(request.train),
        seconds=time.monotonic() - begun,
        fields=fields,
    )


def _rival(request: RivalRequest, features: Features, method: Method, seconds: float) -> Rival:
    trained = _trained(request, features, method, seconds)
    valid, test = (named(request.kind, output) for output in trained.answers)
    metric, value = score(request.kind, request.target[request.valid], valid)
    return Rival(
        name=method.name,
        words=method.words,
        metric=metric,
        value=value,
        rows=trained.rows,
        available=len(request.train),
        seconds=trained.seconds,
        fields={"valid": valid, "test": test},
    )


def _trained(request: RivalRequest, features: Features, method: Method, seconds: float) -> Trained:
    """Train on as many rows as the seconds allow, or as an earlier run decided."""
    view = features.view(method.view)
    x_train, x_valid, x_test = (
        view[rows] for rows in (features.train, features.valid, features.test)
    )
    y_train = request.target[request.train]
    order = part_order(y_train, request.kind, request.seed)
    setting = Setting(
        kind=request.kind,
        classes=request.classes,
        categorical=features.categorical,
        x_valid=x_valid,
        y_valid=request.target[request.valid],
        seed=request.seed,
        threads=request.threads,
        channels=1 if request.series is None else request.series.shape[2],
    )

    def train(rows: int) -> tuple[np.ndarray, ...]:
        part = np.sort(order[:rows])
        answer = method.fit(setting, x_train[part], y_train[part])
        return answer(x_valid), answer(x_test)

    decided = request.parts.get(method.name, None if method.share else len(y_train))
    if decided is not None:
        begun = time.monotonic()
        return Trained(train(decided), decided, time.monotonic() - begun)
    return train_within(train, len(y_train), seconds, method.first)
