"""Scores of the next token to one drawn token for each sequence.

A network's distribution has a long tail of tokens, each improbable and together not: drawn from as
it is, a text goes astray sooner or later; the best token alone makes it repeat itself. Hence
temperature and truncation, and a penalty for what was just said.

Chance comes from a counter: the number drawn for (seed, sample, position) is a hash of the three,
so that a sample is the same whatever was drawn before it or beside it.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from fathom.decoding.options import require
from fathom.spec import BEGIN, PADDING

WINDOW = 64  # tokens that the repetition penalty looks back on


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn; the steps are taken in this order.

    penalty: positive scores of tokens among the last 64 are divided by it and negative ones
    multiplied (after Keskar et al. 2019, section 4.1, arXiv:1909.05858, who divide all; 1: none).
    forbidden: tokens that are never drawn. temperature: divides the scores; 0 takes the best token.
    top_k: only the k best (0: all). top_p: only the fewest best that hold this probability together
    (nucleus; Holtzman et al. 2020, section 3.1, arXiv:1904.09751; 1: all). min_p: only those at
    least so probable as this share of the best (Nguyen et al. 2024, arXiv:2407.01082; 0: all).

    Raises OptionError for a value outside its range.
    """

    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.05
    penalty: float = 1.0
    forbidden: tuple[int, ...] = (PADDING, BEGIN)

    def __post_init__(self) -> None:
        ranges = {
            "temperature": (0 <= self.temperature < math.inf, "a number of 0 or more"),
            "top_k": (self.top_k >= 0, "how many tokens to keep, or 0 for all"),
            "top_p": (0 < self.top_p <= 1, "a number above 0, at most 1"),
            "min_p": (0 <= self.min_p <= 1, "a number from 0 to 1"),
            "penalty": (0 < self.penalty < math.inf, "a number above 0, for instance 1 for none"),
        }
        require(self, ranges)


def sample(
    scores: Float[Tensor, "N V"],
    options: Sampling,
    uniform: Float[Tensor, " N"],
    recent: Int[Tensor, "N R"] | None = None,
) -> Int[Tensor, " N"]:
    """Draw the next token of each sequence from the softmax of its scores.

    uniform: a number in [0, 1) for each sequence, the chance that decides. recent: the tokens that
    the repetition penalty applies to. The inverse of the distribution function, summed in the
    order of the tokens, is read at `uniform`.
    """
    scores = scores.float()
    if recent is not None and options.penalty != 1:
        scores = penalised(scores, recent, options.penalty)
    scores = without(scores, options.forbidden)
    if options.temperature == 0:
        return scores.argmax(-1)
    # The best score is taken off first, so that the smallest temperature overflows nothing.
    scores = (scores - scores.amax(-1, keepdim=True)) / options.temperature
    scores = truncated(scores, options)
    reached = scores.softmax(-1).cumsum(-1)  # (N, V)
    target = uniform.double() * reached[:, -1]
    return (reached <= target[:, None]).sum(-1)


def truncated(scores: Float[Tensor, "N V"], options: Sampling) -> Float[Tensor, "N V"]:
    """The scores with -inf for what top-k, top-p and min-p leave out, one after the other."""
    if 0 < options.top_k < scores.shape[-1]:
        last = scores.topk(options.top_k).values[:, -1:]
        scores = scores.masked_fill(scores < last, -torch.inf)
    if options.top_p < 1:
        scores = scores.masked_fill(~nucleus(scores, options.top_p), -torch.inf)
    if options.min_p > 0:
        least = scores.amax(-1, keepdim=True) + math.log(options.min_p)
        scores = scores.masked_fill(scores < least, -torch.inf)
    return scores


def nucleus(scores: Float[Tensor, "N V"], mass: float) -> Bool[Tensor, "N V"]:
    """The fewest best tokens whose probabilities reach `mass` together."""
    ranked, order = scores.sort(dim=-1, descending=True, stable=True)
    probability = ranked.softmax(-1)
    better = probability.cumsum(-1) - probability  # of all before it
    return torch.zeros_like(scores, dtype=torch.bool).scatter(1, order, better < mass)


def penalised(
    scores: Float[Tensor, "N V"], recent: Int[Tensor, "N R"], penalty: float
) -> Float[Tensor, "N V"]:
    """Lower scores for the tokens that occur in `recent`."""
    said = torch.zeros_like(scores, dtype=torch.bool).scatter(1, recent, True)
    lowered = torch.where(scores > 0, scores / penalty, scores * penalty)
    return torch.where(said, lowered, scores)


def without(scores: Float[Tensor, "N V"], tokens: tuple[int, ...]) -> Float[Tensor, "N V"]:
    """The scores with -inf for the given tokens."""
    return scores.index_fill(1, torch.tensor(tokens, device=scores.device).long(), -torch.inf)


def uniforms(seed: int, samples: Int[Tensor, " N"], position: int) -> Float[Tensor, " N"]:
    """A float64 in [0, 1) for each sample number: of (seed, sample, position) and nothing else."""
    mixed = _mixed(torch.full_like(samples, _signed(seed)))
    mixed = _mixed(_mixed(mixed ^ samples) ^ position)
    return _shifted(mixed, 11).double() * 2.0**-53


def _mixed(state: Int[Tensor, " N"]) -> Int[Tensor, " N"]:
    """The output of splitmix64 in each state (Steele et al. 2014); int64 wraps."""
    z = state + _signed(0x9E3779B97F4A7C15)
    z = (z ^ _shifted(z, 30)) * _signed(0xBF58476D1CE4E5B9)
    z = (z ^ _shifted(z, 27)) * _signed(0x94D049BB133111EB)
    return z ^ _shifted(z, 31)


def _shifted(bits: Int[Tensor, " N"], places: int) -> Int[Tensor, " N"]:
    """The 64 bits moved right; torch's own shift would fill with the sign."""
    return (bits >> places) & ((1 << (64 - places)) - 1)


def _signed(bits: int) -> int:
    """The int64 with the same lowest 64 bits."""
    return (bits + 2**63) % 2**64 - 2**63
