"""A row of numbers and categories, or a flat picture, to features: perceptrons in many members.

A row goes through piecewise-linear embeddings of its numbers (Gorishniy et al. 2022, Section 3.2,
arXiv:2203.05556) and a perceptron whose weights M members share; members differ by one vector that
scales the embedded row, and by their read-outs (TabM-mini: Gorishniy et al. 2025, Section 3.3,
arXiv:2410.24210).
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Features, Group, Head, Kind, Plan
from fathom.spec import Spec

FEW_LEVELS = 50
LEVEL_WIDTH = 8
SMALL = 3000
DECAY_FREE = ("bias", "scales")


class Linear(nn.Linear):
    """A linear map whose weights stay float32 and which computes in the type of what flows in."""

    def forward(self, x: Float[Tensor, "... I"]) -> Float[Tensor, "... D"]:
        """Map the last axis."""
        return F.linear(x, self.weight.to(x.dtype), self.bias.to(x.dtype))


class PiecewiseLinear(nn.Module):
    """Each number as a linear map and a sum of ramps between the quantiles, (B, N) -> (B, N, E).

    Ramp t of a number rises from 0 to 1 between its edges t and t + 1. The ramps' weights start at
    zero: the network begins linear in the number and bends where data ask for it.
    """

    start: Tensor
    slope: Tensor

    def __init__(self, numbers: int, bins: int, width: int) -> None:
        super().__init__()
        self.bins = bins
        self.register_buffer("start", torch.zeros(numbers, bins))
        self.register_buffer("slope", torch.zeros(numbers, bins))
        self.ramps = nn.Parameter(torch.zeros(numbers, bins, width))
        bound = width**-0.5
        self.line = nn.Parameter(torch.empty(numbers, width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(numbers, width).uniform_(-bound, bound))

    def forward(self, x: Float[Tensor, "B N"]) -> Float[Tensor, "B N E"]:
        """Embed each number."""
        ramps = ((x[..., None] - self.start) * self.slope).clamp(0.0, 1.0)  # (B, N, bins)
        bent = torch.einsum("bnt,nte->bne", ramps, self.ramps)
        return torch.addcmul(self.bias, x[..., None], self.line) + bent

    def initialise(self, x: Float[Tensor, "B N"]) -> None:
        """Lay the ramps between `edges_of`; a number with few values has fewer of them."""
        self.start.zero_()
        self.slope.zero_()
        for place, values in enumerate(x.double().unbind(1)):
            edges = edges_of(values, self.bins)
            count = len(edges) - 1
            self.start[place, :count] = edges[:-1]
            self.slope[place, :count] = 1.0 / edges.diff()


def edges_of(values: Float[Tensor, " B"], bins: int) -> Float[Tensor, " E"]:
    """At most bins + 1 rising edges: quantiles of values of which none counts for over one bin.

    Plain quantiles give a column that is mostly 0 (money gained on the side) hardly any edge where
    it is not, though that is where it tells most.
    """
    distinct, counts = torch.unique(values, return_counts=True)
    mass = counts.clamp(max=max(1, len(values) // bins)).cumsum(0).double()
    shares = torch.linspace(0.0, 1.0, bins + 1, dtype=torch.float64)
    places = torch.searchsorted(mass, shares * mass[-1]).clamp(max=len(distinct) - 1)
    edges = distinct[places]
    apart = torch.cat([edges.new_ones(1) > 0, edges.diff() > 1e-6])
    return torch.masked_select(edges, apart)


class Levels(nn.Module):
    """Level numbers to indicators (up to nine levels) or to learnt vectors, (B, C) -> (B, D).

    Level 0, unknown or missing, is all zeros in the first case, and starts so in the other.
    """

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = levels
        self.tables = nn.ModuleDict()
        for place, count in enumerate(levels):
            if count - 1 > FEW_LEVELS:
                table = nn.Embedding(count, LEVEL_WIDTH)
                nn.init.normal_(table.weight, std=LEVEL_WIDTH**-0.5)
                nn.init.zeros_(table.weight[0])
                self.tables[str(place)] = table
        self.widths = tuple(
            LEVEL_WIDTH if str(place) in self.tables else count - 1
            for place, count in enumerate(levels)
        )

    def forward(self, x: Float[Tensor, "B C"]) -> Float[Tensor, "B D"]:
        """Indicators and vectors of all columns, side by side."""
        parts = []
        for place, count in enumerate(self.levels):
            numbers = x[:, place].long()
            if str(place) in self.tables:
                parts.append(self.tables[str(place)](numbers))
            else:
                known = torch.arange(1, count, device=x.device)
                parts.append((numbers[:, None] == known).float())
        return torch.cat(parts, dim=1)


class Rows(nn.Module):
    """A row (B, F) to features of M members (B, M, D)."""

    couples = False
    pooling: Literal["members"] = "members"

    def __init__(
        self,
        spec: Spec,
        *,
        members: int,
        width: int,
        depth: int,
        bins: int,
        embedding: int,
        dropout: float,
        rate: float,
        ramp_rate: float,
        matrix_rate: float,
        decay: float,
    ) -> None:
        super().__init__()
        self.members, self.width = members, width
        self.dropout, self.rate, self.decay = dropout, rate, decay
        self.ramp_rate, self.matrix_rate = ramp_rate, matrix_rate
        self.dtype = torch.float32
        self.categories = len(spec.levels)
        numbers = spec.shape[0] - self.categories
        self.numbers = PiecewiseLinear(numbers, bins, embedding)
        self.levels = Levels(spec.levels) if spec.levels else None
        chunks = [embedding] * numbers + list(self.levels.widths if self.levels else ())
        inputs = sum(chunks)
        # one draw a column: a member weighs whole columns, not parts of them
        scales = nn.init.normal_(torch.empty(members, len(chunks)))
        repeats = torch.tensor(chunks)
        self.scales = nn.Parameter(scales.repeat_interleave(repeats, dim=1, output_size=inputs))
        self.layers = nn.ModuleList(Linear(n, width) for n in (inputs, *[width] * (depth - 1)))
        self.head = Head(std=3**-0.5, group=self.group(()))

    def forward(
        self,
        x: Float[Tensor, "B F"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Embed the row once, then let every member read it in its own scale."""
        split = x.shape[1] - self.categories
        embedded = self.numbers(x[:, :split]).flatten(1)
        if self.levels is not None:
            embedded = torch.cat([embedded, self.levels(x[:, split:])], dim=1)
        scaled = embedded.to(self.dtype)[:, None] * self.scales.to(self.dtype)  # (B, M, inputs)
        return Features(self.perceptron(scaled))

    def perceptron(self, x: Float[Tensor, "B M I"]) -> Float[Tensor, "B M D"]:
        """The layers that all members share."""
        for layer in self.layers:
            x = layer(x).relu_()
            if self.training and self.dropout:
                x = x * thinning(self.members, self.width, self.dropout).to(x)
        return x

    def initialise(self, x: Float[Tensor, "B F"]) -> None:
        """Put the bins of each number at its quantiles."""
        self.numbers.initialise(x[:, : x.shape[1] - self.categories])

    def groups(self) -> tuple[Group, ...]:
        """AdamW, faster for the ramps; Muon for the matrices if it has a rate; biases never decay.

        An update moves an AdamW weight by at most its rate. A ramp starts at zero and few examples
        reach it, so that at the others' rate the network stays almost linear in each number.
        """
        names = [name for name, p in self.named_parameters() if p.requires_grad]
        ramps = ("numbers.ramps",)
        matrices = tuple(n for n in names if n.startswith("layers") and n.endswith("weight"))
        free = tuple(n for n in names if n.split(".")[-1] in DECAY_FREE)
        rest = tuple(n for n in names if n not in (*ramps, *matrices, *free))
        muon = Group(matrices, "muon", self.matrix_rate, 0.95)
        groups = (
            replace(self.group(ramps), rate=self.ramp_rate),
            muon if self.matrix_rate else self.group(matrices),
            replace(self.group(free), weight_decay=0.0),
            self.group(rest),
        )
        return tuple(group for group in groups if group.names)

    def group(self, names: tuple[str, ...]) -> Group:
        """The update rule of most parameters."""
        return Group(names, "adamw", self.rate, 0.9, 0.999, weight_decay=self.decay)


def thinning(members: int, width: int, dropout: float) -> Float[Tensor, "M D"]:
    """One dropout mask a member, the same for all examples of a batch.

    A mask a example took half of the step's time; the mean over members sees as many masks anyway.
    """
    return (torch.rand(members, width) >= dropout) / (1.0 - dropout)


class Flat(nn.Module):
    """Any fixed shape (B, ...), flattened, to features (B, 1, D)."""

    members = 1
    couples = False
    pooling: Literal["mean"] = "mean"

    def __init__(
        self, spec: Spec, *, width: int, depth: int, dropout: float, rate: float, decay: float
    ) -> None:
        super().__init__()
        self.width, self.dropout, self.rate, self.decay = width, dropout, rate, decay
        self.dtype = torch.float32
        inputs = math.prod(spec.shape)
        self.layers = nn.ModuleList(Linear(n, width) for n in (inputs, *[width] * (depth - 1)))
        self.head = Head(group=Group((), "adamw", rate, 0.9, 0.999))

    def forward(
        self,
        x: Float[Tensor, "B ..."],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """Flatten, then alternate linear maps, rectifiers and dropout."""
        x = x.flatten(1).to(self.dtype)
        for layer in self.layers:
            x = layer(x).relu_()
            x = F.dropout(x, self.dropout, self.training)
        return Features(x[:, None])

    def initialise(self, x: Tensor) -> None:
        """Nothing depends on the data."""

    def groups(self) -> tuple[Group, ...]:
        """Muon for the matrices, AdamW for the biases."""
        names = [name for name, _ in self.named_parameters()]
        weights = tuple(name for name in names if name.endswith("weight"))
        biases = tuple(name for name in names if name.endswith("bias"))
        return (
            Group(weights, "muon", 0.02, 0.95, weight_decay=self.decay),
            Group(biases, "adamw", self.rate, 0.9, 0.999),
        )


def plan_row(spec: Spec, facts: Facts) -> Plan:
    """Small and short for small tables, and by the time there is for others."""
    return plan_small_table(spec, facts) if facts.examples < SMALL else plan_table(spec, facts)


def plan_small_table(spec: Spec, facts: Facts) -> Plan:
    """Under 3,000 rows overfitting is the danger, and time is not."""
    size: dict[str, int | float | str | bool] = {
        "members": 16,
        "width": 128,
        "depth": 2,
        "bins": 16,
        "embedding": 16,
        "dropout": 0.1,
        "rate": 2e-3,
        "ramp_rate": 4e-3,
        "matrix_rate": 0.0,
        "decay": 3e-4,
    }
    batch = 32
    per_epoch = max(1, facts.examples // batch)
    return Plan(
        size,
        batch=batch,
        epochs=max(40.0, 800 / per_epoch),
        flops=row_flops(spec, size),
        decay=0.5,
        floor=0.02,
        averaging=0.02,
        patience=max(16, 200 // per_epoch),
    )


def plan_table(spec: Spec, facts: Facts) -> Plan:
    """More members before more layers; the rates hold for all sizes."""
    long = facts.seconds >= 100
    size: dict[str, int | float | str | bool] = {
        "members": 32 if long else 16,
        "width": 256,
        "depth": 2,
        "bins": 128,
        "embedding": 16,
        "dropout": 0.0 if facts.regression else 0.1,
        "rate": 4e-3 if facts.regression else 2e-3,
        "ramp_rate": 0.04,
        "matrix_rate": 0.02 if facts.regression else 0.0,
        "decay": 3e-4,
    }
    return Plan(
        size,
        batch=256 if facts.examples < 20_000 else 512,
        epochs=60.0,
        flops=row_flops(spec, size),
        warmup=0.02,
        decay=0.5,
        floor=0.02,
        averaging=0.02,
        patience=12,
    )


def row_flops(spec: Spec, size: Mapping[str, int | float | str | bool]) -> float:
    """Of one example, forward and backward: 6 a weight and member."""
    width, depth = int(size["width"]), int(size["depth"])
    inputs = (spec.shape[0] - len(spec.levels)) * int(size["embedding"])
    inputs += sum(LEVEL_WIDTH if n - 1 > FEW_LEVELS else n - 1 for n in spec.levels)
    return 6.0 * int(size["members"]) * width * (inputs + (depth - 1) * width)


def build_row(spec: Spec, size: Mapping[str, int | float | str | bool]) -> Rows:
    """The network of a plan's size."""
    return Rows(
        spec,
        members=int(size["members"]),
        width=int(size["width"]),
        depth=int(size["depth"]),
        bins=int(size["bins"]),
        embedding=int(size["embedding"]),
        dropout=float(size["dropout"]),
        rate=float(size["rate"]),
        ramp_rate=float(size["ramp_rate"]),
        matrix_rate=float(size["matrix_rate"]),
        decay=float(size["decay"]),
    )


def plan_flat(spec: Spec, facts: Facts) -> Plan:
    """A wide perceptron; wider only where there is time for it."""
    width = 512 if facts.seconds < 100 else 1024
    size: dict[str, int | float | str | bool] = {
        "width": width,
        "depth": 3,
        "dropout": 0.2,
        "rate": 1e-3,
        "decay": 0.01,
    }
    flops = 6.0 * width * (math.prod(spec.shape) + 2 * width)
    return Plan(
        size,
        batch=max(16, min(512, facts.examples // 32)),
        epochs=max(30.0, min(200.0, 600_000 / facts.examples)),
        flops=flops,
        warmup=0.05,
        decay=0.8,
        floor=0.0,
        averaging=0.02,
        objective={"label_smoothing": 0.0 if facts.regression else 0.1},
    )


def build_flat(spec: Spec, size: Mapping[str, int | float | str | bool]) -> Flat:
    """The network of a plan's size."""
    return Flat(
        spec,
        width=int(size["width"]),
        depth=int(size["depth"]),
        dropout=float(size["dropout"]),
        rate=float(size["rate"]),
        decay=float(size["decay"]),
    )


BACKBONES: Mapping[str, Kind] = {
    "image": Kind(plan_flat, build_flat),
    "row": Kind(plan_row, build_row),
}
