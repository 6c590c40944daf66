"""A text to another text: an encoder reads, a decoder writes one token after another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.decoding.beam import Beam, search
from fathom.networks import Cache, Decoder, Group, Memory, TextBackbone
from fathom.networks.pointer import Pointed, Pointer
from fathom.networks.token_head import TokenHead
from fathom.objectives import Loss, Objective, Tensors
from fathom.spec import BEGIN, END, PADDING

TARGET = "target"
LONGER, MORE = 1.5, 10  # an answer has at most 1.5 times the tokens of the question, and 10


@dataclass(frozen=True)
class Writing:
    """Answers that are being written: what their decoder keeps, and the questions pointed into."""

    cache: Cache
    pointed: Pointed | None

    def take(self, rows: Int[Tensor, " N"]) -> "Writing":
        """The answers of the given rows."""
        pointed = None if self.pointed is None else self.pointed.take(rows)
        return Writing(self.cache.take(rows), pointed)


class Sequence(Objective):
    """p(answer | question) = product over t of p(token t | tokens before t, question).

    While it learns, the decoder sees the true tokens before each (teacher forcing, Williams and
    Zipser 1989); when it answers, its own. field: the question among the inputs; longest: tokens
    of an answer, marks included. smoothing e: the target is 1 - e on the true token plus e / V on
    all (Szegedy et al. 2016, section 7). unread: share of question tokens hidden in training.
    copies: tokens of the question can be pointed at instead of being written.
    """

    slow = True

    def __init__(
        self,
        encoder: TextBackbone,
        decoder: Decoder,
        vocabulary: int,
        *,
        field: str,
        longest: int,
        smoothing: float = 0.1,
        unread: float = 0.1,
        copies: bool = False,
        beam: Beam = Beam(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        if encoder.embedding.weight.shape == decoder.embedding.weight.shape:
            self.decoder.embedding = encoder.embedding
        self.head = TokenHead(decoder.width, vocabulary, decoder.head)
        width = encoder.embedding.embedding_dim
        self.pointer = Pointer(decoder.width, encoder.width, width) if copies else None
        self.field = field
        self.longest = longest
        self.smoothing = smoothing
        self.unread = unread
        self.beam = beam

    def groups(self) -> tuple[Group, ...]:
        """The networks' rules; what they share is moved once."""
        own = {name for name, _ in self.named_parameters()}
        every = (
            *(group.prefixed("encoder") for group in self.encoder.groups()),
            *(group.prefixed("decoder") for group in self.decoder.groups()),
            *(group.prefixed("head") for group in self.head.groups()),
        )
        if self.pointer is not None:
            every += tuple(group.prefixed("pointer") for group in self.pointer.groups())
        return tuple(group for g in every if (group := g.kept(own)).names)

    def read(self, inputs: Mapping[str, Tensor]) -> tuple[Memory, Pointed | None]:
        """The question's features, and what can be pointed at."""
        question, length = inputs[self.field], inputs[f"{self.field}_length"]
        seen = question
        if self.training and self.unread:
            hidden = torch.rand(question.shape, device=question.device) < self.unread
            seen = question.masked_fill(hidden, PADDING)
        memory = Memory(self.encoder(seen, length).values, length)
        if self.pointer is None:
            return memory, None
        return memory, self.pointer.offered(memory, self.encoder.embedding(seen), question)

    def loss(self, batch: Batch) -> Loss:
        """-log p of every token of the answers but BEGIN, smoothed, summed.

        Of several references in a row the first is learnt.
        """
        answer = batch.targets[TARGET][:, : self.longest]
        length = batch.targets[f"{TARGET}_length"].clamp_max(self.longest)
        memory, pointed = self.read(batch.inputs)
        features = self.decoder(answer[:, :-1], memory=memory).values
        known = torch.arange(1, answer.shape[1], device=answer.device) < length[:, None]
        known &= (answer[:, :-1] == END).cumsum(1) == 0
        terms = F.cross_entropy(
            self.scores(features, known, pointed),
            answer[:, 1:][known],
            reduction="none",
            label_smoothing=self.smoothing if self.training else 0.0,
        )
        return Loss(terms.sum(), known.sum().float())

    def scores(
        self,
        features: Float[Tensor, "B T D"],
        wanted: Bool[Tensor, "B T"],
        pointed: Pointed | None,
    ) -> Float[Tensor, "N V"]:
        """Scores of what follows the wanted ones of all positions."""
        written: Tensor = self.head(features[wanted])
        if self.pointer is None or pointed is None:
            return written
        attention = self.pointer.attention(features, pointed)[wanted]
        tokens = pointed.read(wanted.nonzero()[:, 0])
        mixed: Tensor = self.pointer(written, features[wanted], attention, tokens)
        return mixed

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`answer` (B, L) tokens, padded; `score` (B,): log-probability over the length penalty."""
        memory, pointed = self.read(inputs)
        most = (memory.length * LONGER).long() + MORE
        found = search(
            self.step,
            Writing(self.decoder.begin(len(memory.length), memory), pointed),
            first=torch.full_like(memory.length, BEGIN),
            options=options or self.beam,
            limit=most.clamp_max(self.longest - 2),
        )
        return {"answer": found.tokens, "score": found.score}

    def step(self, token: Int[Tensor, " N"], state: Writing) -> Float[Tensor, "N V"]:
        """Scores of what follows one more token of each answer."""
        features = self.decoder(token[:, None], cache=state.cache).values[:, -1:]
        last = torch.ones(features.shape[:2], dtype=torch.bool, device=features.device)
        return self.scores(features, last, state.pointed)
