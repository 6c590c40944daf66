"""A step function and prompts to tokens, one position at a time, so that a caller can show each
as it comes.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from fathom.decoding import S, Step
from fathom.decoding.tokens import WINDOW, Sampling, sample, uniforms
from fathom.spec import END, PADDING

Allowed = Callable[[Int[Tensor, "N K"]], Bool[Tensor, "N V"] | None]
"""What each sequence has been given so far to which token may come next; None from where on all
may.
"""


class Sequences(NamedTuple):
    """Tokens (N, L) without END, padded with PADDING, and how many of each are real (N,)."""

    tokens: Int[Tensor, "N L"]
    length: Int[Tensor, " N"]


def generate(
    step: Step[S],
    state: S,
    *,
    prompt: Int[Tensor, "N P"],
    options: Sampling,
    limit: int,
    seed: int = 0,
    samples: Int[Tensor, " N"] | None = None,
    allowed: Allowed | None = None,
) -> Iterator[Int[Tensor, " N"]]:
    """Continue each prompt by at most `limit` tokens; yields one token of each sequence at a time.

    prompt: at least one token, for instance BEGIN; the state has seen all but the last of them.
    samples: the number of each sample, by default 0 to N - 1: equal seed, number and prompt give
    the same text in any batch. allowed: of the first tokens of each, what may follow. A sequence
    that has ended yields END once, then PADDING. A step that is to keep no gradients sees to that
    itself: a mode entered here would be the caller's as well between two tokens.
    """
    samples = torch.arange(len(prompt), device=prompt.device) if samples is None else samples
    rows = torch.arange(len(prompt), device=prompt.device)  # which sequences are still stepped
    ended = torch.zeros(len(prompt), dtype=torch.bool, device=prompt.device)
    recent, said = prompt[:, -WINDOW:], prompt[:, :0]
    for position in range(limit):
        scores = step(recent[:, -1], state)
        mask = allowed(said) if allowed else None
        if mask is None:
            allowed = None  # nothing is asked of what follows
        else:
            scores = scores.masked_fill(~mask, -torch.inf)
        token = sample(scores, options, uniforms(seed, samples[rows], position), recent)
        token = token.masked_fill(ended, PADDING)
        yield torch.full_like(samples, PADDING).scatter(0, rows, token)
        ended = ended | (token == END)
        recent = torch.cat([recent, token[:, None]], dim=1)[:, -WINDOW:]
        if allowed:
            said = torch.cat([said, token[:, None]], dim=1)
        if ended.all():
            return
        # Leaving rows out copies the state: only when that halves the work.
        if 2 * int(ended.sum()) >= len(ended):
            kept = (~ended).nonzero()[:, 0]
            state = state.take(kept)
            rows, ended, recent, said = (part[kept] for part in (rows, ended, recent, said))


def gather(stream: Iterable[Int[Tensor, " N"]]) -> Sequences:
    """All tokens of what `generate` yields, which must be at least one position."""
    tokens = torch.stack(list(stream), dim=1)
    going = (tokens == END).cumsum(1) == 0
    length = going.sum(1)
    longest = int(length.max()) if len(length) else 0
    return Sequences(tokens.masked_fill(~going, PADDING)[:, :longest], length)
