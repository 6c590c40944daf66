"""A text to another text: an encoder reads, a decoder writes one token after another."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.decoding.beam import Beam, search
from fathom.networks import Backbone, Cache, Decoder, Group, Memory
from fathom.networks.token_head import TokenHead
from fathom.objectives import Loss, Objective, Tensors
from fathom.spec import BEGIN, PADDING

TARGET = "target"
LONGER, MORE = 1.5, 10  # an answer has at most 1.5 times the tokens of the question, and 10


class Sequence(Objective):
    """p(answer | question) = product over t of p(token t | tokens before t, question).

    While it learns, the decoder sees the true tokens before each (teacher forcing, Williams and
    Zipser 1989); when it answers, its own. field: the question among the inputs; longest: tokens
    of an answer, marks included. smoothing e: the target is 1 - e on the true token plus e / V on
    all (Szegedy et al. 2016, section 7). unread: share of question tokens hidden in training.
    """

    slow = True

    def __init__(
        self,
        encoder: Backbone,
        decoder: Decoder,
        vocabulary: int,
        *,
        field: str,
        longest: int,
        smoothing: float = 0.1,
        unread: float = 0.1,
        beam: Beam = Beam(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        asked: nn.Embedding = encoder.embedding  # type: ignore[attr-defined]
        if asked.weight.shape == decoder.embedding.weight.shape:
            self.decoder.embedding = asked
        self.head = TokenHead(decoder.width, vocabulary, decoder.head)
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
        return tuple(group for g in every if (group := g.kept(own)).names)

    def read(self, inputs: Mapping[str, Tensor]) -> Memory:
        """The question's features."""
        question, length = inputs[self.field], inputs[f"{self.field}_length"]
        if self.training and self.unread:
            hidden = torch.rand(question.shape, device=question.device) < self.unread
            question = question.masked_fill(hidden, PADDING)
        return Memory(self.encoder(question, length).values, length)

    def loss(self, batch: Batch) -> Loss:
        """-log p of every token of the answers but BEGIN, smoothed, summed."""
        answer = batch.targets[TARGET][:, : self.longest]
        length = batch.targets[f"{TARGET}_length"].clamp_max(self.longest)
        features = self.decoder(answer[:, :-1], memory=self.read(batch.inputs)).values
        known = torch.arange(1, answer.shape[1], device=answer.device) < length[:, None]
        terms = F.cross_entropy(
            self.head(features[known]),
            answer[:, 1:][known],
            reduction="none",
            label_smoothing=self.smoothing if self.training else 0.0,
        )
        return Loss(terms.sum(), known.sum().float())

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`answer` (B, L) tokens, padded; `score` (B,): log-probability over the length penalty."""
        memory = self.read(inputs)
        most = (memory.length * LONGER).long() + MORE
        found = search(
            self.step,
            self.decoder.begin(len(memory.length), memory),
            first=torch.full_like(memory.length, BEGIN),
            options=options or self.beam,
            limit=most.clamp_max(self.longest - 2),
        )
        return {"answer": found.tokens, "score": found.score}

    def step(self, token: Int[Tensor, " N"], cache: Cache) -> Float[Tensor, "N V"]:
        """Scores of what follows one more token of each answer."""
        scores: Tensor = self.head(self.decoder(token[:, None], cache=cache).values[:, -1])
        return scores
