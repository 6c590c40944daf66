"""Sounds to labels in order, of which nobody said when they sound: connectionist temporal
classification.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.decoding.ctc import greedy, prefix_beam
from fathom.networks import Backbone, Group
from fathom.networks.hearing import MOMENT_RATE, SoundNetwork
from fathom.objectives import Loss, Objective, Tensors
from fathom.spec import BLANK

TARGET = "target"
# How much likelier than all labels together the blank is at first, as a logarithm. With labels
# likelier than the blank a network of spoken yes and no learnt how many words there are and then,
# in 260 updates, nothing more; with this, all of them in 100.
BLANK_AHEAD = 1.0


class Ctc(Objective):
    """p(labels | sound) = the sum over all paths that mean the labels of the product over moments
    t of p_t(path_t | sound) (Graves et al. 2006, equations 2 and 3).

    A path names a label or the blank at every moment; repeats joined and blanks taken out, it means
    the labels. The sum is made by going forward through the labels with blanks around each:
    alpha_t(s) = p_t(l_s) (alpha_{t-1}(s) + alpha_{t-1}(s - 1) + alpha_{t-1}(s - 2)), the last
    term only where l_s is no blank and differs from l_{s - 2} (equations 6 to 8); torch does it.
    field: the sound among the inputs; labels: how many there are, the blank included; beam:
    beginnings kept when it answers, 1: the most probable path alone.
    """

    slow = True  # the loss falls long before the first answer is right

    def __init__(self, network: SoundNetwork, labels: int, *, field: str, beam: int = 1) -> None:
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

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`answer` (B, L) labels, padded with the blank; `score` (B,): log-probability of the
        followed paths, per moment.
        """
        scores, moments = self.scores(inputs)
        if self.beam <= 1:
            labels, score = greedy(scores, moments)
            return {"answer": labels, "score": score / moments}
        found = [
            prefix_beam(one[:real], self.beam)
            for one, real in zip(scores.cpu(), moments.tolist(), strict=True)
        ]
        longest = max(1, *(len(answer.labels) for answer in found))
        rows = [answer.labels + (BLANK,) * (longest - len(answer.labels)) for answer in found]
        score = torch.tensor([answer.score for answer in found]) / moments.cpu()
        return {"answer": torch.tensor(rows, dtype=torch.int64), "score": score}


def is_heard(network: Backbone | nn.Module) -> SoundNetwork:
    """The network of an answer at every moment; raises TypeError for another."""
    if not isinstance(network, SoundNetwork):
        raise TypeError("a network that answers at every moment is needed")
    return network
