"""Series to features by recurrence: stretches of time, one after another, into a state.

Read value by value a state forgets a long series; read in stretches it takes a tenth of the steps
(SegRNN, Lin et al. 2023, arXiv:2308.11200). The cells are those for texts, in both directions;
beside the mean over all stretches stands the largest value of each feature.
"""

from collections.abc import Mapping

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Group, Head, Kind, Plan
from fathom.networks.positions import Linear, mean_and_largest, real_positions, turning
from fathom.networks.rnn import Block, Layer, Size, known
from fathom.networks.scaling import EMBEDDING_RATE
from fathom.networks.series_reader import SeriesReader
from fathom.spec import Spec

SEGMENTS = 30
WIDTH = 128


class SeriesRecurrence(SeriesReader):
    """(B, T, C) -> one position of `width` features."""

    head = Head(group=Group((), "adamw", EMBEDDING_RATE))
    decay = 1e-5

    def __init__(self, channels: int, size: Size, *, segment: int) -> None:
        super().__init__()
        self.segment = segment
        self.width = 2 * size.width
        self.look = Linear(segment * channels, size.embedding)
        inputs = (size.embedding, *(size.width,) * (size.depth - 1))
        self.layers = nn.ModuleList(
            Block(size, 2) if size.cell == "mingru" else Layer(size, n, 2) for n in inputs
        )

    def read(
        self, seen: Float[Tensor, "B T C"], length: Int[Tensor, " B"] | None
    ) -> Float[Tensor, "B 1 D"]:
        """Cut into stretches, carry a state through them in both directions, gather."""
        seen = F.pad(seen, (0, 0, 0, -seen.shape[1] % self.segment))
        values = F.gelu(self.look(seen.reshape(len(seen), -1, self.segment * seen.shape[2])))
        count = None if length is None else (length + self.segment - 1) // self.segment
        order = turning(values, count)
        for layer in self.layers:
            values, _ = layer(values, layer.cells.begin(len(seen)), order)  # type: ignore[operator, union-attr]
        return mean_and_largest(values.float(), real_positions(values, count))


def plan(spec: Spec, facts: Facts) -> Plan:
    """One layer in both directions over about thirty stretches."""
    cell = known(facts.cell or "gru")
    segment = max(1, round(spec.shape[0] / SEGMENTS))
    size: dict[str, int | float | str | bool] = {
        "cell": cell, "width": WIDTH, "segment": segment, "dropout": 0.1,
    }  # fmt: skip
    shape = sized(size)
    stretches = -(-spec.shape[0] // segment)
    weights = shape.weights(directions=2) + segment * spec.shape[1] * WIDTH
    flops = 6.0 * weights * stretches
    return Plan(size, batch=32, epochs=200.0, flops=flops, warmup=0.05, decay=0.7)


def sized(size: Mapping[str, int | float | str | bool]) -> Size:
    """The recurrent network of a plan."""
    width, dropout = int(size["width"]), float(size["dropout"])
    return Size(str(size["cell"]), width, width, depth=1, dropout=dropout)


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size."""
    return SeriesRecurrence(spec.shape[1], sized(size), segment=int(size["segment"]))


BACKBONES: Mapping[str, Kind] = {"series": Kind(plan, build)}
