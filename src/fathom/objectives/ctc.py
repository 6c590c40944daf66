"""Sounds to labels in order, of which nobody said when they sound: connectionist temporal
classification.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.data.codecs.transcript import runs
from fathom.decoding.ctc import Judge, Search, edits, searched
from fathom.decoding.grams import Language, tabled
from fathom.networks import Backbone, Group
from fathom.networks.hearing import MOMENT_RATE, SoundNetwork
from fathom.objectives import Check, Loss, Objective, Tensors
from fathom.spec import BLANK

TARGET = "target"
# How much likelier than all labels together the blank is at first, as a logarithm. With labels
# likelier than the blank a network of spoken yes and no learnt how many words there are and then,
# in 260 updates, nothing more; with this, all of them in 100.
BLANK_AHEAD = 1.0
WEIGHTS = (0.0, 0.3, 0.6)  # of a language
MOST_TRIED = 100  # clips of validation on which searches are compared
MOST_MOMENTS = 4_000  # of these clips together: a beam takes about a millisecond for each


class Ctc(Objective):
    """p(labels | sound) = the sum over all paths that mean the labels of the product over moments
    t of p_t(path_t | sound) (Graves et al. 2006, equations 2 and 3).

    A path names a label or the blank at every moment; repeats joined and blanks taken out, it means
    the labels. The sum is made by going forward through the labels with blanks around each:
    alpha_t(s) = p_t(l_s) (alpha_{t-1}(s) + alpha_{t-1}(s - 1) + alpha_{t-1}(s - 2)), the last
    term only where l_s is no blank and differs from l_{s - 2} (equations 6 to 8); torch does it.
    field: the sound among the inputs; labels: how many there are, the blank included; beam:
    beginnings that may be kept when it answers. runs: (places, order) of the runs of labels that a
    language is learnt of, 0 places for none.

    Whether an answer is the most probable path alone, a beam, or a beam that a language weighs, is
    what made the fewest errors on validation (`remember`): width and weight are kept, and the
    runs of the training rows.
    """

    slow = True  # the loss falls long before the first answer is right
    untrained = 1.0  # a beam has as many moments to go through before training as after it
    grams: Tensor
    width: Tensor
    weight: Tensor

    def __init__(
        self,
        network: SoundNetwork,
        labels: int,
        *,
        field: str,
        beam: int = 1,
        runs: tuple[int, int] = (0, 1),
    ) -> None:
        super().__init__()
        self.network = network
        self.couples = network.couples
        self.read = nn.Linear(network.width, labels)
        nn.init.zeros_(self.read.weight)
        nn.init.zeros_(self.read.bias)
        with torch.no_grad():
            self.read.bias[BLANK] = math.log(labels - 1) + BLANK_AHEAD
        self.field = field
        self.beam = beam
        places, order = runs
        self.register_buffer("grams", torch.zeros(places, order + 1, dtype=torch.int64))
        self.register_buffer("width", torch.full((), max(1, beam), dtype=torch.int64))
        self.register_buffer("weight", torch.zeros(()))
        self.tried: tuple[Tried, ...] = ()

    def initialise(self, batch: Batch) -> None:
        """Show the network up to 5,000 training examples."""
        self.network.initialise(batch.inputs[self.field])

    def groups(self) -> tuple[Group, ...]:
        """The network's rules, and AdamW for the read-out."""
        return (
            *(group.prefixed("network") for group in self.network.groups()),
            Group(("read.weight", "read.bias"), "adamw", MOMENT_RATE),
        )

    def scores(
        self, inputs: Mapping[str, Tensor]
    ) -> tuple[Float[Tensor, "B T V"], Int[Tensor, " B"]]:
        """log p_t of every label at every moment, float32, and how many moments are real."""
        sound, length = inputs[self.field], inputs[f"{self.field}_length"]
        values = self.network(sound, length).values
        scores = self.read(values.float())
        return F.log_softmax(scores, dim=-1), self.network.positions(length)

    def loss(self, batch: Batch) -> Loss:
        """-log p(labels | sound), summed; counted by labels.

        A clip with fewer moments than its labels need has no path: it adds nothing.
        """
        scores, moments = self.scores(batch.inputs)
        labels, length = batch.targets[TARGET], batch.targets[f"{TARGET}_length"]
        terms = F.ctc_loss(
            scores.transpose(0, 1),
            labels,
            moments,
            length,
            blank=BLANK,
            reduction="none",
            zero_infinity=True,
        )
        return Loss(terms.sum(), length.sum().clamp_min(1).float())

    def predict(self, inputs: Tensors, options: Search | None = None) -> Tensors:
        """`answer` (B, L) labels, padded with the blank; `score` (B,): log-probability of the
        followed paths, per moment. options: another search than the one chosen on validation.
        """
        scores, moments = self.scores(inputs)
        search = options or Search(int(self.width), float(self.weight))
        labels, score = searched(scores, moments, search, self.judge(search))
        return {"answer": labels, "score": score / moments.to(score.device)}

    def judge(self, search: Search) -> Judge | None:
        """The language of the training rows, where a search weighs one."""
        if not search.weight or not len(self.grams):
            return None
        return Language.of(self.grams, self.read.out_features).judged

    @torch.no_grad()
    def remember(self, train: Iterable[Batch], valid: Iterable[Batch]) -> None:
        """Count the runs of the training rows and choose the search on validation."""
        if self.beam <= 1:
            return
        if len(self.grams):
            rows = (row for batch in train for row in said(batch))
            places, columns = self.grams.shape
            self.grams.copy_(tabled(runs(rows, columns - 1), places, columns - 1))
        heard: list[tuple[Tensor, Tensor]] = []
        truth: list[list[int]] = []
        left = MOST_MOMENTS
        for batch in valid:
            if len(truth) >= MOST_TRIED or left <= 0:
                break
            some = batch.narrow(0, MOST_TRIED - len(truth))
            scores, moments = self.scores(some.inputs)
            count = max(1, int((moments.cumsum(0) <= left).sum()))
            heard.append((scores[:count], moments[:count]))
            truth += said(some)[:count]
            left -= int(moments.sum())
        self.tried = tuple(self.attempt(search, heard, truth) for search in self.searches())
        best = min(self.tried, key=lambda one: one.errors)  # the first of equals is the plainest
        self.width.fill_(best.search.width)
        self.weight.fill_(best.search.weight)

    def rehearsed(self, rows: int) -> int:
        """Answers that comparing the beams takes on so many rows of validation."""
        return (len(self.searches()) - 1) * min(rows, MOST_TRIED) if self.beam > 1 else 0

    def searches(self) -> tuple[Search, ...]:
        """What may be chosen from, the plainest first."""
        weights = WEIGHTS if len(self.grams) else (0.0,)
        return (Search(), *(Search(self.beam, weight) for weight in weights))

    def attempt(
        self, search: Search, heard: Sequence[tuple[Tensor, Tensor]], truth: Sequence[list[int]]
    ) -> "Tried":
        """How many labels a search gets wrong."""
        judge, answers = self.judge(search), []
        for scores, moments in heard:
            labels, _ = searched(scores, moments, search, judge)
            answers += [[label for label in row if label != BLANK] for row in labels.tolist()]
        errors = sum(edits(own, found) for own, found in zip(truth, answers, strict=True))
        return Tried(search, errors, sum(map(len, truth)))

    def checks(self) -> tuple[Check, ...]:
        """Which search was chosen, and what each of them made on validation."""
        if not self.tried:
            return ()
        chosen = Search(int(self.width), float(self.weight))
        listed = "; ".join(f"{t.search.words()}: {t.errors:,}" for t in self.tried)
        sentence = (
            f"Answers are read by {chosen.words()}. Wrong labels of {self.tried[0].labels:,} on "
            f"validation: {listed}."
        )
        return (Check("how answers are read", True, sentence),)


@dataclass(frozen=True)
class Tried:
    """A search and its errors among so many labels of validation."""

    search: Search
    errors: int
    labels: int


def said(batch: Batch) -> list[list[int]]:
    """The labels of each example."""
    lengths = batch.targets[f"{TARGET}_length"].tolist()
    rows = batch.targets[TARGET].tolist()
    return [row[:length] for row, length in zip(rows, lengths, strict=True)]


def is_heard(network: Backbone | nn.Module) -> SoundNetwork:
    """The network of an answer at every moment; raises TypeError for another."""
    if not isinstance(network, SoundNetwork):
        raise TypeError("a network that answers at every moment is needed")
    return network
