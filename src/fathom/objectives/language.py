"""A decoder that says what comes next: next-token loss, surprise of a text, generation."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.decoding.generate import Allowed, generate
from fathom.decoding.tokens import Sampling
from fathom.networks import Cache, Decoder, Group
from fathom.networks.token_head import TokenHead
from fathom.objectives import Loss, Objective, Tensors
from fathom.spec import CHARACTERS, UNKNOWN

AT_ONCE = 16_384  # tokens scored together when a text is judged


class Language(Objective):
    """p(text) = product over t of p(token t | tokens before t).

    field: the text among the inputs. context: positions the decoder sees; a longer text is judged
    in windows that overlap by half, each token once.
    """

    def __init__(self, decoder: Decoder, vocabulary: int, *, field: str, context: int) -> None:
        super().__init__()
        self.decoder = decoder
        self.head = TokenHead(decoder.width, vocabulary, decoder.head)
        self.field = field
        self.context = context

    def groups(self) -> tuple[Group, ...]:
        """The decoder's rules and the head's."""
        return (
            *(group.prefixed("decoder") for group in self.decoder.groups()),
            *(group.prefixed("head") for group in self.head.groups()),
        )

    def loss(self, batch: Batch) -> Loss:
        """-log p of every token but the first of each window, summed."""
        text, length = batch.inputs[self.field], batch.inputs[f"{self.field}_length"]
        surprise = self.surprise(text)
        known = torch.arange(1, text.shape[1], device=text.device) < length[:, None]
        return Loss((surprise * known).sum(), known.sum().float())

    def surprise(self, text: Int[Tensor, "B T"]) -> Float[Tensor, "B t"]:
        """-log p in nats of tokens 1..T-1, each given those before it."""
        scores = self.head(self.decoder(text[:, :-1]).values)  # (B, T - 1, V)
        target = text[:, 1:]
        return F.cross_entropy(scores.flatten(0, 1), target.flatten(), reduction="none").view_as(
            target
        )

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`nll` (B,): nats of each row's own tokens, those of its history not counted;
        `surprise` (B, T): of each token, nan where there is none."""
        text, length = inputs[self.field], inputs[f"{self.field}_length"]
        history = inputs.get(f"{self.field}_history", torch.zeros_like(length))
        surprise = torch.full(text.shape, torch.nan, device=text.device)
        for begin, first, end in strides(text.shape[1], self.context):
            rows = ((length > first) & (history < end)).nonzero()[:, 0]
            for some in torch.split(rows, max(1, AT_ONCE // self.context)):
                found = self.surprise(text[some, begin:end])
                surprise[some, first:end] = found[:, first - begin - 1 :]
        places = torch.arange(text.shape[1], device=text.device)
        own = (places >= history[:, None]) & (places < length[:, None])
        surprise = surprise + (text == UNKNOWN) * math.log(CHARACTERS)
        surprise = surprise.masked_fill(~own, torch.nan)
        return {"nll": surprise.double().nansum(dim=1), "surprise": surprise}

    def generate(
        self,
        prompt: Int[Tensor, "N P"],
        options: Sampling,
        *,
        limit: int,
        seed: int = 0,
        samples: Int[Tensor, " N"] | None = None,
        allowed: Allowed | None = None,
    ) -> Iterator[Int[Tensor, " N"]]:
        """Continue prompts of at least one token, one token of each at a time.

        As `decoding.generate`: equal seed, sample number and prompt give the same text.
        """
        # A mode that is entered around a `yield` would be the caller's as well.
        with torch.inference_mode():
            cache = self.decoder.begin(len(prompt))
            if prompt.shape[1] > 1:
                self.decoder(prompt[:, :-1], cache=cache)

        def step(token: Int[Tensor, " N"], cache: Cache) -> Float[Tensor, "N V"]:
            with torch.inference_mode():
                scores: Tensor = self.head(self.decoder(token[:, None], cache=cache).values[:, -1])
            return scores

        yield from generate(
            step,
            cache,
            prompt=prompt,
            options=options,
            limit=limit,
            seed=seed,
            samples=samples,
            allowed=allowed,
        )


def strides(total: int, context: int) -> Iterable[tuple[int, int, int]]:
    """(begin, first, end) of windows over tokens 0..total-1: tokens first..end-1 are judged, given
    those from `begin` on; every token but 0 once, with half a context before it where there is.
    """
    first = 1
    while first < total:
        begin = max(0, first - context // 2) if first > 1 else 0
        end = min(total, begin + context + 1)
        yield begin, first, end
        first = end
