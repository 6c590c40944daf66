"""A step function to the most probable whole answer of each example: batched beam search.

Taking the best token each time can miss the best sentence: its first word may be the second best.
A beam keeps the `width` best beginnings of every example and extends them side by side. Sums of
log-probabilities favour short answers, so finished ones are compared after division by a power of
their length.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fathom.decoding import S, Step
from fathom.decoding.options import require
from fathom.decoding.tokens import without
from fathom.spec import BEGIN, END, PADDING


@dataclass(frozen=True)
class Beam:
    """How an answer is searched.

    width: beginnings kept of each example; 1 is greedy. alpha: exponent of the length penalty; 0
    compares sums of log-probabilities. block: no run of so many tokens occurs twice in an answer
    (0: may). forbidden: tokens that are never in an answer.

    Raises OptionError for a value outside its range.
    """

    width: int = 5
    alpha: float = 0.6
    block: int = 0
    forbidden: tuple[int, ...] = (PADDING, BEGIN)

    def __post_init__(self) -> None:
        ranges = {
            "width": (self.width >= 1, "a number of 1 or more"),
            "alpha": (0 <= self.alpha < math.inf, "a number of 0 or more"),
            "block": (self.block >= 0, "a number of tokens, or 0 for none"),
        }
        require(self, ranges)

    def penalty(self, length: Int[Tensor, "..."]) -> Float[Tensor, "..."]:
        """((5 + length) / 6)^alpha, END counted (Wu et al. 2016, equation 14, arXiv:1609.08144)."""
        return ((5 + length) / 6) ** self.alpha


class Found(NamedTuple):
    """The best answer of each example: tokens without END, how many, and its score.

    score: log-probability, END included, over the length penalty; -inf where no answer is possible.
    """

    tokens: Int[Tensor, "B L"]
    length: Int[Tensor, " B"]
    score: Float[Tensor, " B"]


class _Alive(NamedTuple):
    """The beginnings of the A examples still searched, K of each, and their log-probabilities."""

    example: Int[Tensor, " A"]
    tokens: Int[Tensor, "A K T"]
    score: Float[Tensor, "A K"]
    finished: Int[Tensor, " A"]  # answers so far


class _Candidates(NamedTuple):
    """Extensions of beginnings by one token, best first, (A, C) each."""

    score: Float[Tensor, "A C"]
    parent: Int[Tensor, "A C"]
    token: Int[Tensor, "A C"]


@torch.no_grad()
def search(
    step: Step[S],
    state: S,
    *,
    first: Int[Tensor, " B"],
    options: Beam,
    limit: int | Int[Tensor, " B"],
) -> Found:
    """Search the most probable answer of each of B examples.

    first: the token before the answer, usually BEGIN; the state has seen all before it. limit: most
    tokens of an answer, END not counted; at the limit only END may follow.

    An answer is finished when END is among the `width` best extensions. An example is done when it
    has `width` finished answers and the best beginning is no better than the best of them, or when
    no beginning can overtake it any more. It then leaves the batch.
    """
    limit = torch.as_tensor(limit, device=first.device).expand(len(first))
    found = _nothing(first, limit)
    alive = _Alive(
        example=torch.arange(len(first), device=first.device),
        tokens=first.new_empty(len(first), 1, 0),
        score=torch.zeros(len(first), 1, device=first.device),
        finished=torch.zeros_like(first),
    )
    last = first
    while len(alive.example):
        scores = _allowed(step(last, state), alive, limit, options)  # (A * K, V)
        candidates = _best(alive.score, scores, 2 * options.width)
        finished = _finish(found, alive, candidates, options)
        alive, rows = _extended(alive, candidates, options.width)
        alive = alive._replace(finished=alive.finished + finished)
        kept = _undecided(found, alive, limit, options)
        alive, rows = _Alive(*(part[kept] for part in alive)), rows[kept]
        state = state.take(rows.flatten())
        last = alive.tokens[..., -1].flatten()
    longest = int(found.length.max()) if len(first) else 0
    return found._replace(tokens=found.tokens[:, :longest])


def _nothing(first: Int[Tensor, " B"], limit: Int[Tensor, " B"]) -> Found:
    longest = int(limit.max()) if len(limit) else 0
    return Found(
        tokens=first.new_full((len(first), longest), PADDING),
        length=torch.zeros_like(first),
        score=torch.full((len(first),), -torch.inf, device=first.device),
    )


def _allowed(
    scores: Float[Tensor, "N V"], alive: _Alive, limit: Int[Tensor, " B"], options: Beam
) -> Float[Tensor, "N V"]:
    """Log-probabilities of the next token, -inf where it may not be."""
    scores = without(scores.float().log_softmax(-1), options.forbidden)
    tokens = alive.tokens.flatten(0, 1)  # (N, T)
    if 0 < options.block <= tokens.shape[1]:
        scores = _blocked(scores, tokens, options.block)
    full = limit[alive.example] <= tokens.shape[1]
    full = full.repeat_interleave(alive.tokens.shape[1])  # (N,)
    if full.any():
        over = full[:, None].expand_as(scores).clone()
        over[:, END] = False
        scores = scores.masked_fill(over, -torch.inf)
    return scores


def _blocked(
    scores: Float[Tensor, "N V"], tokens: Int[Tensor, "N T"], size: int
) -> Float[Tensor, "N V"]:
    """-inf for each token that would complete a run of `size` tokens which has occurred."""
    runs = tokens.unfold(1, size, 1)  # (N, T - size + 1, size)
    begun = tokens[:, tokens.shape[1] - size + 1 :]  # (N, size - 1)
    row, place = (runs[..., :-1] == begun[:, None]).all(-1).nonzero(as_tuple=True)
    return scores.index_put((row, runs[row, place, -1]), scores.new_tensor(-torch.inf))


def _best(score: Float[Tensor, "A K"], following: Float[Tensor, "N V"], count: int) -> _Candidates:
    """The `count` best extensions of each example's beginnings."""
    vocabulary = following.shape[1]
    total = (score.flatten()[:, None] + following).view(len(score), -1)  # (A, K * V)
    values, places = total.topk(min(count, total.shape[1]))
    return _Candidates(values, places // vocabulary, places % vocabulary)


def _finish(
    found: Found, alive: _Alive, candidates: _Candidates, options: Beam
) -> Int[Tensor, " A"]:
    """Keep the best answer that ends here, if it beats what was found; returns how many end.

    What ends later is longer, so that it covers what it replaces.
    """
    length = alive.tokens.shape[2]
    near = slice(0, options.width)
    ends = (candidates.token[:, near] == END) & candidates.score[:, near].isfinite()
    score = candidates.score[:, near].masked_fill(~ends, -torch.inf)
    score, place = (score / options.penalty(torch.tensor(length + 1))).max(1)  # (A,)
    better = score > found.score[alive.example]
    example, parent = alive.example[better], candidates.parent[better, place[better]]
    found.tokens[example, :length] = alive.tokens[better, parent]
    found.length[example] = length
    found.score[example] = score[better]
    return ends.sum(1)


def _extended(
    alive: _Alive, candidates: _Candidates, width: int
) -> tuple[_Alive, Int[Tensor, "A K"]]:
    """The best beginnings that go on, and which rows of the state they come from.

    At most one extension of each beginning ends, so that 2 `width` candidates hold enough others.
    """
    going = candidates.score.masked_fill(candidates.token == END, -torch.inf)
    score, place = going.topk(min(width, going.shape[1]))
    parent = candidates.parent.gather(1, place)  # (A, K)
    count = alive.tokens.shape[1]
    rows = torch.arange(len(parent), device=parent.device)[:, None] * count + parent
    tokens = torch.cat(
        [alive.tokens.flatten(0, 1)[rows], candidates.token.gather(1, place)[..., None]], dim=2
    )
    return alive._replace(tokens=tokens, score=score), rows


def _undecided(
    found: Found, alive: _Alive, limit: Int[Tensor, " B"], options: Beam
) -> Int[Tensor, " M"]:
    """The examples for which a better answer may still come.

    Log-probabilities only fall, and the longest answer is penalised least: the best beginning over
    the penalty at the limit bounds everything that can grow from it.
    """
    best, found_best = alive.score.amax(1), found.score[alive.example]
    bound = best / options.penalty(limit[alive.example] + 1)
    ahead = best / options.penalty(torch.tensor(alive.tokens.shape[2] + 1)) > found_best
    going = (alive.finished < options.width) | ahead
    return ((bound > found_best) & going).nonzero()[:, 0]
