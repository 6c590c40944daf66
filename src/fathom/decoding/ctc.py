"""Scores of every moment to a row of labels: repeats joined, then blanks taken out (CTC).

A path names a label or the blank at each moment. Many paths mean one answer: "hh-e-ll-lo" and
"h-eel-l-oo" are both "hello", since the blank alone parts equal neighbours. The greedy answer is
what the most probable path means; prefix beam search adds up the paths of each answer.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fathom.spec import BLANK

NEVER = -math.inf
BRANCHES = 16  # new labels at a moment: a network that knows nothing holds all for possible
# Log-probability of a label at a moment: beams follow nothing less probable. On scores of made
# sentences -7 gave the answers of -12 in half the time; -5 took a quarter and lost probability.
LEAST = -7.0

Judge = Callable[[tuple[int, ...], int], float]
"""What a language says: log-probability of a label after the labels before it."""


@dataclass(frozen=True)
class Answer:
    """Labels, and the log-probability of all paths that were followed to them."""

    labels: tuple[int, ...]
    score: float


def collapsed(path: Sequence[int]) -> tuple[int, ...]:
    """What a path means (Graves et al. 2006, the map B of section 3)."""
    kept = [
        label
        for place, label in enumerate(path)
        if label != BLANK and (place == 0 or label != path[place - 1])
    ]
    return tuple(kept)


def greedy(
    scores: Float[Tensor, "B T V"], length: Int[Tensor, " B"]
) -> tuple[Int[Tensor, "B L"], Float[Tensor, " B"]]:
    """What the most probable path of each example means, padded with the blank, and the path's
    log-probability.

    scores: log-probabilities; of an example the first `length` moments count.
    """
    best, path = scores.max(dim=-1)  # (B, T)
    real = torch.arange(scores.shape[1], device=scores.device) < length[:, None]
    score = (best * real).sum(dim=1)
    before = torch.nn.functional.pad(path, (1, 0), value=-1)[:, :-1]
    kept = real & (path != BLANK) & (path != before)
    order = torch.argsort((~kept).to(torch.int8), dim=1, stable=True)
    labels = torch.where(kept, path, BLANK).gather(1, order)
    return labels[:, : max(1, int(kept.sum(dim=1).max()))], score


def prefix_beam(
    scores: Float[Tensor, "T V"],
    width: int,
    judge: Judge | None = None,
    weight: float = 0.0,
    least: float = NEVER,
) -> Answer:
    """The answer whose followed paths are most probable together (Hannun et al. 2014,
    arXiv:1408.2873, Algorithm 1).

    scores: log-probabilities of one example. width: beginnings that are kept at each moment. judge,
    weight: a language model, asked for the end of an answer as for the blank after it, and how much
    its log-probabilities count. least: log-probability below which a new label is not followed.
    Each beginning has the probability of its paths that end in the blank, and of those that end in
    its last label: only the first may go on with the same label once more.
    """
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, NEVER)}
    said: dict[tuple[int, ...], float] = {(): 0.0}
    for moment in scores.tolist():
        likely = [n for n in range(1, len(moment)) if moment[n] > NEVER and moment[n] >= least]
        likely = sorted(likely, key=lambda n: (-moment[n], n))[:BRANCHES]
        nexts: dict[tuple[int, ...], tuple[float, float]] = {}
        for prefix, (blank, label) in beams.items():
            total = added(blank, label)
            _add(nexts, prefix, total + moment[BLANK], NEVER)
            if prefix:
                _add(nexts, prefix, NEVER, label + moment[prefix[-1]])
            for new in likely:
                before = blank if prefix and new == prefix[-1] else total
                if before == NEVER:
                    continue
                longer = (*prefix, new)
                if longer not in said:
                    told = weight * judge(prefix, new) if judge else 0.0
                    said[longer] = said[prefix] + told
                _add(nexts, longer, NEVER, before + moment[new])
        ranked = sorted(nexts, key=lambda p: (-added(*nexts[p]) - said[p], p))
        beams = {prefix: nexts[prefix] for prefix in ranked[:width]}
    ends = {p: weight * judge(p, BLANK) if judge else 0.0 for p in beams}
    best = min(beams, key=lambda p: (-added(*beams[p]) - said[p] - ends[p], p))
    return Answer(best, added(*beams[best]))


@dataclass(frozen=True)
class Search:
    """How an answer is read from scores: the beginnings kept, 1 for the most probable path alone,
    and how much a language counts.
    """

    width: int = 1
    weight: float = 0.0

    def words(self) -> str:
        """For a reader."""
        if self.width <= 1:
            return "the most probable path"
        language = f" and a language at {self.weight:.1f}" if self.weight else ""
        return f"a beam of {self.width}{language}"


def searched(
    scores: Float[Tensor, "B T V"],
    length: Int[Tensor, " B"],
    search: Search,
    judge: Judge | None = None,
) -> tuple[Int[Tensor, "B L"], Float[Tensor, " B"]]:
    """The answer to each example, padded with the blank, and the log-probability of its paths."""
    if search.width <= 1:
        return greedy(scores, length)
    found = [
        prefix_beam(one[:real], search.width, judge, search.weight, LEAST)
        for one, real in zip(scores.cpu(), length.tolist(), strict=True)
    ]
    longest = max(1, *(len(answer.labels) for answer in found)) if found else 1
    rows = [answer.labels + (BLANK,) * (longest - len(answer.labels)) for answer in found]
    score = torch.tensor([answer.score for answer in found], dtype=torch.float32)
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, longest), score


def edits(one: Sequence[int], other: Sequence[int]) -> int:
    """The fewest labels to put in, take out or exchange (Levenshtein 1966)."""
    before = list(range(len(other) + 1))
    for place, label in enumerate(one, 1):
        now = [place]
        for at, found in enumerate(other, 1):
            now.append(min(before[at] + 1, now[-1] + 1, before[at - 1] + (label != found)))
        before = now
    return before[-1]


def added(one: float, other: float) -> float:
    """log(e^one + e^other)."""
    high, low = max(one, other), min(one, other)
    return high if low == NEVER else high + math.log1p(math.exp(low - high))


def _add(
    beams: dict[tuple[int, ...], tuple[float, float]],
    prefix: tuple[int, ...],
    blank: float,
    label: float,
) -> None:
    """More paths to a beginning, those that end in the blank and those that do not."""
    known = beams.get(prefix, (NEVER, NEVER))
    beams[prefix] = (added(known[0], blank), added(known[1], label))


def aligned(scores: Float[Tensor, "T V"], labels: Sequence[int]) -> list[tuple[int, int]]:
    """The moments (start, stop) at which each label sounds on the most probable path that means
    `labels` (Viterbi 1967, over the states of Graves et al. 2006, figure 3); nothing where no path
    of so few moments means them.
    """
    states = [BLANK]
    for label in labels:
        states += [label, BLANK]
    table = scores[:, states]  # (T, S)
    moments, count = table.shape
    skips = torch.tensor(
        [s >= 2 and states[s] != BLANK and states[s] != states[s - 2] for s in range(count)]
    )
    reached = torch.full((count,), NEVER)
    reached[:2] = table[0, :2]
    came = torch.zeros((moments, count), dtype=torch.int64)
    for moment in range(1, moments):
        stay = reached
        one = torch.cat([torch.full((1,), NEVER), reached])[:count]
        two = torch.cat([torch.full((2,), NEVER), reached])[:count].masked_fill(~skips, NEVER)
        reached, came[moment] = torch.stack([stay, one, two]).max(dim=0)
        reached = reached + table[moment]
    last = count - 1 if count == 1 or reached[-1] >= reached[-2] else count - 2
    if reached[last] == NEVER:
        return []
    path = [last]
    for moment in range(moments - 1, 0, -1):
        path.append(path[-1] - int(came[moment, path[-1]]))
    path.reverse()
    spans = []
    for place in range(len(labels)):
        inside = [moment for moment, state in enumerate(path) if state == 2 * place + 1]
        spans.append((inside[0], inside[-1] + 1))
    return spans
