"""How probable classical models of all values together hold examples to be, in nats."""

import time

import numpy as np

from fathom.baselines.compressing import Answers, kept, leading
from fathom.baselines.request import PARTS, RivalRequest
from fathom.data.binarised import drawn_once

LEAST_VARIANCE = 1e-3  # of the mean variance: a few examples span few directions
MIXED, EACH = 100, 20  # components at most, and examples for each
ROUNDS = 30
SEEN = 20_000  # examples for a round of the mixture
PRIOR = 1.0  # pixels seen on, and off, in each component before any example


def components(request: RivalRequest, seconds: float) -> Answers:
    """-log N(x; mean, W W^T + s^2 I) with K axes (Tipping and Bishop 1999, equations 3 and 8).

    s^2 is the mean of the eigenvalues left out, or what validation rows have beside the axes, where
    that is more: a few examples leave nothing out. The log-likelihood is exact, so it stands for
    the bound as well.
    """
    centre, axes, spectrum = leading(request, request.train)
    count = len(centre)
    length = min(request.code, count - 1, max(1, len(request.train) // 2))
    axes, least = axes[:, :length], max(LEAST_VARIANCE * float(spectrum.mean()), 1e-9)
    rest = max(float(spectrum[length:].mean()), beside(request, centre, axes), least)
    large = np.maximum(spectrum[:length], rest)
    logarithms = np.log(large).sum() + (count - length) * np.log(rest)
    answers: Answers = {}
    for part in PARTS:
        found = []
        for values in kept(request, getattr(request, part)):
            off = (values - centre).astype(np.float64)
            along = off @ axes
            apart = (off**2).sum(axis=1) - (along**2).sum(axis=1)
            distance = (along**2 / large).sum(axis=1) + apart / rest
            found.append(0.5 * (distance + logarithms + count * np.log(2 * np.pi)))
        answers[part] = exact(found)
    return answers


def beside(request: RivalRequest, centre: np.ndarray, axes: np.ndarray) -> float:
    """The mean square of a validation value beside the axes, for each direction that is left."""
    total, rows = 0.0, 0
    for values in kept(request, request.valid):
        off = (values - centre).astype(np.float64)
        total += float((off**2).sum() - ((off @ axes) ** 2).sum())
        rows += len(values)
    return total / max(1, rows * (len(centre) - axes.shape[1]))


def mixture(request: RivalRequest, seconds: float) -> Answers:
    """-log sum_c w_c prod_p Bernoulli(x_p; m_cp), fitted by expectation and maximisation.

    Bishop 2006, section 9.3.3. Training pixels are drawn anew in each round.
    """
    assert request.image is not None
    begun = time.monotonic()
    random = np.random.default_rng(request.seed)
    count = max(2, min(MIXED, len(request.train) // EACH))
    weights, means = np.full(count, 1 / count), np.zeros((0, 0))
    for turn in range(ROUNDS):
        some = np.sort(random.permutation(request.train)[:SEEN])
        grey = request.image[some].reshape(len(some), -1)
        pixels = (random.random(grey.shape, dtype=np.float32) < grey / np.float32(255)).astype(
            np.float32
        )
        if turn == 0:
            first = pixels[random.integers(len(pixels), size=count)]
            means = 0.25 + 0.5 * (0.5 * first + 0.5 * pixels.mean(axis=0))
        joint = log_joint(pixels, weights, means)
        share = np.exp(joint - log_sum(joint)[:, None]).astype(np.float32)
        amounts = share.sum(axis=0)
        means = (share.T @ pixels + PRIOR) / (amounts[:, None] + 2 * PRIOR)
        weights = (amounts + 1) / (amounts.sum() + count)
        if time.monotonic() - begun > 0.7 * seconds:
            break
    answers: Answers = {}
    for part in PARTS:
        rows = getattr(request, part)
        found = []
        for start in range(0, len(rows), SEEN):
            pixels = drawn_once(np.asarray(request.image[rows[start : start + SEEN]]))
            found.append(-log_sum(log_joint(pixels.reshape(len(pixels), -1), weights, means)))
        answers[part] = exact(found)
    return answers


def log_joint(pixels: np.ndarray, weights: np.ndarray, means: np.ndarray) -> np.ndarray:
    """log w_c + log p(x | c), (N, C)."""
    on, off = np.log(means), np.log1p(-means)
    each = pixels @ (on - off).T.astype(np.float32) + off.sum(axis=1)
    return np.asarray(each + np.log(weights), dtype=np.float64)


def log_sum(logs: np.ndarray) -> np.ndarray:
    """log of the sum of exponentials over the last axis, (N,)."""
    most = logs.max(axis=1)
    return np.asarray(most + np.log(np.exp(logs - most[:, None]).sum(axis=1)))


def exact(nats: list[np.ndarray]) -> dict[str, np.ndarray]:
    """An exact likelihood is its own bound."""
    whole = np.concatenate([*nats, np.zeros(0)])
    return {"elbo": whole, "nll": whole}
