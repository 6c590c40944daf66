"""Noisy rows (B, F) with their noise level and class to one value for every number.

A residual network of fully connected blocks; the noise level and the class scale and shift what
flows through each of them (Peebles and Xie 2023, section 3.2, arXiv:2212.09748: adaptive layer
norm whose gates start at zero). Networks that draw rows are usually plain ones (Kotelnikov et al.
2023, section 4.1, arXiv:2209.15421); these have residual branches.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Features, Kind, Plan
from fathom.networks.denoiser import Denoiser
from fathom.networks.drawing_plan import FEW, dropout, usual_plan
from fathom.spec import Spec

WIDTHS = (512, 384, 256, 128)
BLOCKS = 4
EXPANSION = 2
BATCH = 512
PASSES = 4e6  # rows seen, beyond which a network of few rows learns them by heart


@dataclass(frozen=True)
class Size:
    """All numbers that define the network.

    width: of what flows; blocks: how many; classes: K, 0 for none; dropout: of the features inside
    each block.
    """

    width: int
    blocks: int
    classes: int
    dropout: float

    def flops(self, features: int) -> float:
        """Multiplications and additions of one row, forward and backward."""
        inside = self.blocks * (2 * EXPANSION + 3) * self.width**2
        return 6.0 * (inside + 2 * features * self.width + 2 * self.width**2)


class Block(nn.Module):
    """x + gate f(x): two layers; the condition scales and shifts what they see, and gates them."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.modulation = nn.Linear(width, 3 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)
        self.rise = nn.Linear(width, EXPANSION * width)
        self.fall = nn.Linear(EXPANSION * width, width)
        self.dropout = dropout

    def forward(
        self, x: Float[Tensor, "B D"], condition: Float[Tensor, "B D"]
    ) -> Float[Tensor, "B D"]:
        """x + gate fall(silu(rise((1 + scale) norm(x) + shift)))."""
        scale, shift, gate = linear(self.modulation, condition).to(x.dtype).chunk(3, dim=1)
        seen = F.layer_norm(x, x.shape[1:]) * (1 + scale) + shift
        hidden = F.dropout(F.silu(linear(self.rise, seen)), self.dropout, self.training)
        return x + gate * linear(self.fall, hidden)


def linear(layer: nn.Linear, x: Tensor) -> Tensor:
    """A layer in the type of what flows in."""
    return F.linear(x, layer.weight.to(x.dtype), layer.bias.to(x.dtype))


class FlowRow(Denoiser):
    """Rows of F numbers to as many values, each of them a position."""

    def __init__(self, features: int, size: Size) -> None:
        super().__init__(1, classes=size.classes, embedded=size.width)
        self.size = size
        self.stem = nn.Linear(features, size.width)
        self.blocks = nn.ModuleList(Block(size.width, size.dropout) for _ in range(size.blocks))
        self.out = nn.Linear(size.width, features)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self,
        x: Float[Tensor, "B F"],
        length: Int[Tensor, " B"] | None = None,
        condition: Tensor | None = None,
    ) -> Features:
        """One position a number. condition: (B, 2), noise level and class number."""
        told = self.told(x, condition)
        values = linear(self.stem, x.to(self.dtype))
        for block in self.blocks:
            values = block(values, told)
        values = linear(self.out, F.layer_norm(values, values.shape[1:]))
        return Features(values.float()[:, :, None])

    def inside(self, name: str, parameter: nn.Parameter) -> bool:
        """The matrices of the blocks."""
        return name.endswith(("rise.weight", "fall.weight"))


def plan(spec: Spec, facts: Facts) -> Plan:
    """The widest network that still sees enough rows in the time there is; fewer rows ask for a
    narrower one.
    """
    work = facts.seconds * facts.gflops * 1e9
    most = 128 if facts.examples < 1_000 else 256 if facts.examples < FEW else WIDTHS[0]
    for width in (width for width in WIDTHS if width <= most):
        size = Size(width, BLOCKS, facts.outputs, dropout(facts))
        if work / size.flops(spec.shape[0]) >= 1e6:
            break
    return usual_plan(
        asdict(size),
        flops=size.flops(spec.shape[0]),
        batch=int(max(1, min(BATCH, facts.examples))),
        epochs=max(100.0, PASSES / max(1, facts.examples)),
        augment={},
    )


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> nn.Module:
    """The network of a plan's size."""
    return FlowRow(math.prod(spec.shape), Size(**size))  # type: ignore[arg-type]


BACKBONES = {"row": Kind(plan, build)}
