"""A text of marked units to those of them that stand for it: each unit gets a score.

Wide and deep: a few facts about a unit (where it stands, how long it is, how much of the rest it
shares) that tell most where examples are few, and what a backbone makes of it as a text of its own.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.networks import Backbone, Group
from fathom.networks.pooled import pool_real
from fathom.objectives import Loss, Objective, Tensors
from fathom.spec import BEGIN, END, PADDING

TARGET = "target"
FACTS, HIDDEN = 12, 32
DROPPED, DROPPED_DEEP = 0.2, 0.5
RATE, DECAY = 3e-3, 0.1
READ_AT_ONCE = 256  # units
CELLS = 2**23  # of bags of tokens, a unit and token each, that are in memory together
LENGTHS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)  # times the usual length of a summary


@dataclass(frozen=True)
class Units:
    """The U units of each of B texts.

    place: the unit of each token, -1 for marks and padding; start: of each unit's tokens; size: how
    many they are; real: which units there are.
    """

    place: Int[Tensor, "B T"]
    start: Int[Tensor, "B U"]
    size: Float[Tensor, "B U"]
    real: Bool[Tensor, "B U"]

    @classmethod
    def of(cls, tokens: Int[Tensor, "B T"], length: Int[Tensor, " B"]) -> "Units":
        """Units as their marks part them."""
        inside = torch.arange(tokens.shape[1], device=tokens.device) < length[:, None]
        marks = (tokens == BEGIN) & inside
        place = marks.cumsum(1) - 1
        count = marks.sum(1)
        most = max(1, int(count.max()))
        row, column = marks.nonzero(as_tuple=True)
        start = torch.zeros(len(tokens), most, dtype=torch.int64, device=tokens.device)
        start[row, place[row, column]] = column + 1
        place = place.masked_fill(~inside | marks, -1)
        sizes = torch.zeros(len(tokens), most + 1, device=tokens.device)
        size = sizes.scatter_add(1, place + 1, torch.ones_like(place, dtype=torch.float32))[:, 1:]
        real = torch.arange(most, device=tokens.device) < count[:, None]
        return cls(place, start, size, real)

    def texts(self, tokens: Int[Tensor, "B T"]) -> tuple[Int[Tensor, "N L"], Int[Tensor, " N"]]:
        """All units of all texts, one after another, as texts of their own, and their lengths."""
        length = self.size[self.real].long().clamp_min(1)
        places = torch.arange(int(length.max()) if len(length) else 1, device=tokens.device)
        column = (self.start[self.real][:, None] + places).clamp_max(tokens.shape[1] - 1)
        row = self.real.nonzero()[:, :1]
        return tokens[row, column].masked_fill(places >= length[:, None], PADDING), length


class Extraction(Objective):
    """p(unit is taken | text) for each unit; the most probable make the answer, in their order.

    The targets are a greedy choice that looks at the summary (Nallapati et al. 2017, section 2.2,
    arXiv:1611.04230). How many tokens are taken is chosen on validation by the tokens shared with
    the true summaries, in `calibrate`. field: the text among the inputs; vocabulary: tokens.
    """

    slow = True
    untrained = 1.0  # all units are scored, whatever was learnt

    def __init__(self, encoder: Backbone, vocabulary: int, *, field: str) -> None:
        super().__init__()
        self.encoder = encoder
        self.field = field
        last_wide = nn.Linear(HIDDEN, 1)
        self.wide = nn.Sequential(
            nn.Linear(FACTS, HIDDEN), nn.Tanh(), nn.Dropout(DROPPED), last_wide
        )
        self.deep = nn.Linear(encoder.width, 1)
        for last in (last_wide, self.deep):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        self.register_buffer("rarity", torch.ones(vocabulary))
        self.register_buffer("budget", torch.tensor(30.0))

    rarity: Tensor
    budget: Tensor

    def groups(self) -> tuple[Group, ...]:
        """The backbone's rules, and AdamW for what scores units."""
        own = tuple(n for n, _ in self.named_parameters() if n.startswith(("wide.", "deep.")))
        backbone = tuple(group.prefixed("encoder") for group in self.encoder.groups())
        return (*backbone, Group(own, "adamw", RATE, weight_decay=DECAY))

    def initialise(self, batch: Batch) -> None:
        """How rare each token is: log of texts over texts that hold it (Spärck Jones 1972)."""
        tokens = batch.inputs[self.field]
        self.encoder.initialise(tokens)
        holds = torch.zeros(len(self.rarity))
        for row in tokens:
            holds[row.unique()] += 1
        self.rarity.copy_(torch.log((1 + len(tokens)) / (1 + holds)))
        self.rarity[PADDING] = 0.0

    def loss(self, batch: Batch) -> Loss:
        """Binary cross-entropy of every unit, summed."""
        units, scores = self.scores(batch.inputs)
        label = batch.targets[f"{TARGET}_label"].float()
        label = F.pad(label, (0, max(0, scores.shape[1] - label.shape[1])))[:, : scores.shape[1]]
        terms = F.binary_cross_entropy_with_logits(scores, label, reduction="none")
        return Loss(terms[units.real].sum(), units.real.sum().float())

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`answer` (B, L) tokens of the units taken, padded; `score` (B,): log-probability
        of taking them and no others.
        """
        units, scores = self.scores(inputs)
        taken = chosen(units, scores, float(self.budget))
        signed = torch.where(taken, scores, -scores)
        score = F.logsigmoid(signed).masked_fill(~units.real, 0.0).sum(1)
        return {"answer": kept(inputs[self.field], units, taken), "score": score}

    def calibrate(self, batches: Iterable[Batch]) -> None:
        """Choose how many tokens are taken, where the mean F of shared tokens is highest."""
        found = [(batch, *self.scores(batch.inputs)) for batch in batches]
        truths = [
            first_reference(row) for batch, *_ in found for row in batch.targets[TARGET].tolist()
        ]
        if not truths:
            return
        usual = float(torch.tensor([sum(true.values()) for true in truths]).float().median())

        def reached(budget: float) -> float:
            answers = (
                Counter(token for token in row if token != PADDING)
                for batch, units, scores in found
                for row in kept(
                    batch.inputs[self.field], units, chosen(units, scores, budget)
                ).tolist()
            )
            return sum(map(shared, answers, truths))

        self.budget.fill_(max((max(1.0, usual * share) for share in LENGTHS), key=reached))

    def scores(self, inputs: Mapping[str, Tensor]) -> tuple[Units, Float[Tensor, "B U"]]:
        """The units of texts and the logit of taking each."""
        tokens, length = inputs[self.field], inputs[f"{self.field}_length"]
        units = Units.of(tokens, length)
        scores = self.wide(self.facts(tokens, units))[..., 0]
        if units.real.any():
            features = self.read(*units.texts(tokens))
            deep = self.deep(F.dropout(features, DROPPED_DEEP, self.training))[:, 0]
            scores = scores.masked_scatter(units.real, scores[units.real] + deep)
        return units, scores

    def read(self, texts: Int[Tensor, "N L"], length: Int[Tensor, " N"]) -> Float[Tensor, "N D"]:
        """What the backbone makes of texts, of few at a time, padded to the longest of them."""
        parts = []
        for some, sizes in zip(
            torch.split(texts, READ_AT_ONCE), torch.split(length, READ_AT_ONCE), strict=True
        ):
            values = self.encoder(some[:, : int(sizes.max())], sizes).values
            parts.append(pool_real(values.float(), sizes, "mean")[:, 0])
        return torch.cat(parts)

    def facts(self, tokens: Int[Tensor, "B T"], units: Units) -> Float[Tensor, "B U F"]:
        """Place, length and resemblance of units, each of about unit size."""
        size, count = units.size, units.real.sum(1, keepdim=True).float()
        place = torch.arange(size.shape[1], device=size.device).expand_as(size).float()
        after = (count - 1 - place).clamp_min(0)
        longest = size.amax(1, keepdim=True).clamp_min(1)
        usual = (size.sum(1, keepdim=True) / count.clamp_min(1)).clamp_min(1)
        rest, opening, rare = self.resemblance(tokens, units)
        told = (
            place == 0,
            place == 1,
            place == 2,
            after == 0,
            place.log1p() - 1.5,
            after.log1p() - 1.5,
            size.log1p() - 2.5,
            count.log() - 2,
            size / longest - 0.5,
            (size / usual).clamp_max(5.0) - 1,
            4 * rest - 1,
            opening + rare,
        )
        return torch.stack([fact.expand_as(size).float() for fact in told], dim=-1)

    def resemblance(
        self, tokens: Int[Tensor, "B T"], units: Units
    ) -> tuple[Float[Tensor, "B U"], Float[Tensor, "B U"], Float[Tensor, "B U"]]:
        """Cosines of each unit's tokens with all others' and with the first unit's, weighted by
        rarity; and the mean rarity itself.
        """
        count, vocabulary = units.size.shape[1], len(self.rarity)
        at_once = max(1, CELLS // (count * vocabulary))
        parts = []
        for some, place in zip(
            torch.split(tokens, at_once), torch.split(units.place, at_once), strict=True
        ):
            row = torch.arange(len(some), device=some.device)[:, None]
            cell = ((row * count + place) * vocabulary + some)[place >= 0]
            bag = self.rarity.new_zeros(len(some) * count * vocabulary)
            bag = bag.index_add(0, cell, self.rarity[some[place >= 0]])
            bag = bag.view(len(some), count, vocabulary)
            rest = bag.sum(1, keepdim=True) - bag
            parts.append(
                torch.stack([cosine(bag, rest), cosine(bag, bag[:, :1]), bag.sum(-1)], dim=0)
            )
        rest, opening, sums = torch.cat(parts, dim=1)
        return rest, opening, sums / units.size.clamp_min(1) / 4


def cosine(first: Float[Tensor, "B U V"], second: Float[Tensor, "B W V"]) -> Float[Tensor, "B U"]:
    """Of the angle between vectors; 0 where one is empty."""
    norms = first.norm(dim=-1) * second.norm(dim=-1)
    found: Tensor = (first * second).sum(-1) / norms.clamp_min(1e-6)
    return found


def chosen(units: Units, scores: Float[Tensor, "B U"], budget: float) -> Bool[Tensor, "B U"]:
    """The units to take: from the highest score on, until there are `budget` tokens.

    One that is too long by more than half is passed over; at least one is taken.
    """
    order = scores.masked_fill(~units.real, -torch.inf).argsort(dim=1, descending=True, stable=True)
    taken = torch.zeros_like(units.real)
    total = torch.zeros_like(scores[:, :1])
    for rank in range(order.shape[1]):
        place = order[:, rank : rank + 1]
        size = units.size.gather(1, place)
        fits = (total == 0) | ((total < budget) & (total + size / 2 <= budget))
        fits &= units.real.gather(1, place)
        taken.scatter_(1, place, fits)
        total = total + size * fits
    return taken


def kept(
    tokens: Int[Tensor, "B T"], units: Units, taken: Bool[Tensor, "B U"]
) -> Int[Tensor, "B L"]:
    """The tokens of the units that were taken, in their order, padded to the longest."""
    keep = taken.gather(1, units.place.clamp_min(0)) & (units.place >= 0)
    order = (~keep).to(torch.uint8).argsort(dim=1, stable=True)
    length = max(1, int(keep.sum(1).max()))
    answer = tokens.gather(1, order)[:, :length]
    return answer.masked_fill(~keep.gather(1, order)[:, :length], PADDING)


def first_reference(tokens: list[int]) -> Counter[int]:
    """The tokens of the first of the references."""
    end = tokens.index(END) if END in tokens else len(tokens)
    return Counter(token for token in tokens[:end] if token not in (BEGIN, PADDING))


def shared(answer: Counter[int], truth: Counter[int]) -> float:
    """Twice what both hold, of what they hold together."""
    return 2 * (answer & truth).total() / max(1, answer.total() + truth.total())
