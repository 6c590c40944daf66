"""A picture or a row to features that a code is read from, and a code back to the same values.

A coder is an encoder and a synthesis (`decoders.py`) of like size. What it keeps are `values`
(B, P): all pixels of a picture; all numbers of a row, then an indicator of each level of each of
its categories. Both networks see and write them around their mean, at unit scale.
"""

import math
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks import Facts, Group, Kind, Plan
from fathom.networks.decoders import FlatSynthesis, Perceptron
from fathom.spec import Spec

MOST_CODE, LEAST_CODE = 128, 2
SHORT_S = 100.0
ENOUGH_UPDATES, ENOUGH_PICTURES = 20_000, 10_000_000
FLAT, FEW_VALUES = 1024, 64
MANY = 20_000  # examples
# More updates of fewer pictures: of digits cut at .5 a VAE lost 112.1 nats after 300 of 200 (4.4 s
# of a core) and 92.6 after 1,000 of 128 (8.6 s).
BATCH, ROWS = 128, 200
RATE = 3e-3


class Coder(nn.Module):
    """An encoder of flat values to its `width` features, and a synthesis from a code of `code`
    numbers.

    dtype: what the encoder computes in, set by the recipe; features and values are float32.
    """

    couples = False
    centre: Tensor
    spread: Tensor

    def __init__(
        self, spec: Spec, code: int, encoder: nn.Module, synthesis: nn.Module, *, rate: float
    ) -> None:
        super().__init__()
        self.levels = spec.levels
        self.shape = spec.shape
        self.code, self.rate = code, rate
        self.width = int(encoder.width)  # type: ignore[arg-type]
        self.count = values_of(spec)
        self.dtype = torch.float32
        self.encoder, self.synthesis = encoder, synthesis
        self.register_buffer("centre", torch.zeros(self.count))
        self.register_buffer("spread", torch.ones(()))

    def values(self, x: Float[Tensor, "B ..."]) -> Float[Tensor, "B P"]:
        """What is kept of prepared examples."""
        return values(x, self.levels)

    def read(self, values: Float[Tensor, "B P"]) -> Float[Tensor, "B D"]:
        """Features of an example's values."""
        features: Tensor = self.encoder(((values - self.centre) / self.spread).to(self.dtype))
        return features.float()

    def write(self, code: Float[Tensor, "B K"]) -> Float[Tensor, "B P"]:
        """The values that a code stands for."""
        return self.centre + self.spread * self.raw(code)

    def raw(self, code: Float[Tensor, "B K"]) -> Float[Tensor, "B P"]:
        """What the synthesis writes, before centre and spread: near 0 at the start."""
        written: Tensor = self.synthesis(code)
        return written.flatten(1)

    def whole(self, values: Float[Tensor, "B P"]) -> Float[Tensor, "B ..."]:
        """Values in the form of the prepared field; of a category the likeliest level."""
        if not self.levels:
            return values.view(len(values), *self.shape)
        numbers = self.count - sum(self.levels)
        marks = torch.split(values[:, numbers:], list(self.levels), dim=1)
        chosen = [part.argmax(1, keepdim=True).float() for part in marks]
        return torch.cat([values[:, :numbers], *chosen], dim=1)

    def initialise(self, x: Float[Tensor, "B ..."]) -> None:
        """Learn the mean example and the scale of what differs from it."""
        values = self.values(x)
        self.centre.copy_(values.mean(0))
        self.spread.copy_((values - self.centre).square().mean().sqrt().clamp_min(1e-3))

    def groups(self) -> tuple[Group, ...]:
        """AdamW for everything.

        Muon's products cost four times the gradients here (110 and 26 ms of one core): in equal
        time AdamW loses less of digits.
        """
        names = tuple(name for name, _ in self.named_parameters())
        return (Group(names, "adamw", self.rate, 0.9, 0.99),)


def values(x: Float[Tensor, "B ..."], levels: tuple[int, ...]) -> Float[Tensor, "B P"]:
    """All pixels, or the numbers of rows and an indicator of each level of their categories."""
    if not levels:
        return x.flatten(1)
    numbers = x.shape[1] - len(levels)
    chosen = x[:, numbers:].long().unbind(1)
    marks = [F.one_hot(c, n).float() for c, n in zip(chosen, levels, strict=True)]
    return torch.cat([x[:, :numbers], *marks], dim=1)


def values_of(spec: Spec) -> int:
    """How many values an example has: pixels times channels, or numbers and indicators."""
    return math.prod(spec.shape) - len(spec.levels) + sum(spec.levels)


def usual_code(spec: Spec, examples: int) -> int:
    """Numbers of a code that nobody chose: more examples can fill more of them, and a code as long
    as the example keeps everything and learns nothing.
    """
    most = min(MOST_CODE, values_of(spec) // 2)
    return max(LEAST_CODE, min(most, round(8 * math.log2(max(2, examples)))))


def plan(spec: Spec, facts: Facts) -> Plan:
    """As wide as the examples and the time can fill."""
    count, code = values_of(spec), facts.code
    many, picture = facts.examples >= MANY, spec.kind == "image"
    width = 256 if count <= FEW_VALUES else 1024 if many and facts.seconds >= SHORT_S else 512
    batch = max(16, min(BATCH if picture else ROWS, facts.examples // 20))
    enough = ENOUGH_PICTURES if picture and many else ENOUGH_UPDATES * batch
    size: dict[str, int | float | str | bool] = {
        "code": code,
        "width": width,
        "depth": 2,
        "rate": RATE,
    }
    return Plan(
        size,
        batch=batch,
        epochs=enough / max(1, facts.examples),
        flops=12.0 * width * (count + width + code),
        warmup=0.02,
        decay=0.7,
        floor=0.0,
        averaging=0.02,
        clip=0.0,
        objective={"free_nats": 0.02},
    )


def build(spec: Spec, size: Mapping[str, int | float | str | bool]) -> Coder:
    """The coder of a plan's size."""
    code, width, depth = (int(size[name]) for name in ("code", "width", "depth"))
    count = values_of(spec)
    shape = (count,) if spec.levels else spec.shape
    encoder = Perceptron(count, width, depth)
    synthesis = FlatSynthesis(code, shape, width=width, depth=depth)
    return Coder(spec, code, encoder, synthesis, rate=float(size["rate"]))


def small(spec: Spec) -> bool:
    """Whether a picture has so few pixels that each may have its own weights."""
    return values_of(spec) <= FLAT


CODERS: Mapping[str, Kind] = {"image": Kind(plan, build, small), "row": Kind(plan, build)}
