"""Series to features by attention: short stretches of time that look at each other.

A stretch of 16 values, taken every 8, is to a series what a word is to a text (PatchTST, Nie et al.
2023, arXiv:2211.14730); the layers are those of the transformer for texts. What the stretches hold
together is their mean and, of each feature, the largest value.
"""

from collections.abc import Mapping

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Group, Head, Kind, Plan
from fathom.networks.attention import Rotary, Sight, padding
from fathom.networks.positions import Linear, mean_and_largest, normalised, real_positions
from fathom.networks.scaling import EMBEDDING_RATE
from fathom.networks.series_reader import SeriesReader
from fathom.networks.transformer import Layer, Size
from fathom.spec import Spec

PATCH, STRIDE = 16, 8
WIDTH, LAYERS, HEADS = 96, 3, 3


class SeriesTransformer(SeriesReader):
    """(B, T, C) -> one position of `width` features."""

    head = Head(group=Group((), "adamw", EMBEDDING_RATE))

    def __init__(self, channels: int, size: Size, *, patch: int, stride: int) -> None:
        super().__init__()
        self.patch, self.stride = patch, stride
        self.width = 2 * size.width
        self.look = Linear(patch * channels, size.width)
        self.rotary = Rotary(size.width // size.heads)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.decay = size.decay

    def read(
        self, seen: Float[Tensor, "B T C"], length: Int[Tensor, " B"] | None
    ) -> Float[Tensor, "B 1 D"]:
        """Cut into stretches, let them look at each other, gather over the real ones."""
        missing = max(0, self.patch - seen.shape[1])
        missing += -(seen.shape[1] + missing - self.patch) % self.stride
        seen = F.pad(seen, (0, 0, 0, missing))
        patches = seen.unfold(1, self.patch, self.stride).flatten(2)  # (B, P, C patch)
        count = None if length is None else self.patches_of(length)
        values = self.look(patches)
        mask = None if count is None else padding(values.shape[1], count, self.dtype)
        sight = Sight(self.rotary.table(0, values.shape[1], values), mask)
        for layer in self.layers:
            values = layer(values, sight, None)
        return mean_and_largest(normalised(values).float(), real_positions(values, count))

    def patches_of(self, length: Int[Tensor, " B"]) -> Int[Tensor, " B"]:
        """How many stretches hold anything of each series."""
        return ((length - self.patch + self.stride - 1) // self.stride).clamp_min(0) + 1


def plan(spec: Spec, facts: Facts) -> Plan:
    """Three narrow layers; short series are cut finer."""
    patch = max(2, min(PATCH, spec.shape[0] // 4))
    stride = max(1, patch * STRIDE // PATCH)
    size: dict[str, int | float | str | bool] = {
        "width": WIDTH, "layers": LAYERS, "heads": HEADS, "patch": patch,
        "stride": stride, "dropout": 0.2,
    }  # fmt: skip
    stretches = max(1, spec.shape[0] // stride)
    weights = LAYERS * 12 * WIDTH**2 + patch * spec.shape[1] * WIDTH
    flops = 6.0 * weights * stretches
    return Plan(size, batch=32, epochs=200.0, flops=flops, warmup=0.1, decay=0.7)


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size."""
    width = int(size["width"])
    shape = Size(
        width, int(size["layers"]), int(size["heads"]), 4 * width, spec.shape[0],
        dropout=float(size["dropout"]), matrix_rate=0.0, decay=1e-5,
    )  # fmt: skip
    return SeriesTransformer(
        spec.shape[1], shape, patch=int(size["patch"]), stride=int(size["stride"])
    )


BACKBONES: Mapping[str, Kind] = {"series": Kind(plan, build)}
