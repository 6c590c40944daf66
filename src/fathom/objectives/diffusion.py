"""Noise to pictures or rows: a network learns the velocity at which data turn to noise, and back.

Rectified flow (Liu et al. 2022, arXiv:2209.03003; flow matching, Lipman et al. 2022,
arXiv:2210.02747). Data x and noise e are joined by a straight line,

    x_t = (1 - t) x + t e,    0 <= t <= 1,    dx_t / dt = e - x,

and a network v(x_t, t, class) learns the velocity e - x. It cannot know which x and e made x_t, so
it learns their mean, and that mean is exactly the field whose flow turns noise (t = 1) into data
(t = 0): solving dx / dt = v backwards in time draws a sample.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fathom.data.batches import Batch
from fathom.data.seeds import generator, noise
from fathom.decoding.options import require
from fathom.decoding.solvers import Solver, guided, solve
from fathom.networks import Backbone, Group
from fathom.networks.gaussians import Gaussians
from fathom.objectives import Loss, Objective, Tensors
from fathom.objectives.numbered import ANY, alone, in_turn

DROPPED = 0.1
GUIDED = (0.2, 0.8)  # where guidance helps; beyond, it costs variety (arXiv:2404.07724, section 4)
AT_ONCE = 32
FLAT = 512  # rows of a table: each is small
PACES = (1, 2, 3, 5, 18)  # steps that are compared with the usual number


@dataclass(frozen=True)
class Drawing:
    """How samples are drawn.

    seed: equal seed, sample number and class give the same sample. steps: of the solver; guidance:
    how far from what is true of any class, 1 is not at all. wish: the class of all, 0: each in
    turn.
    """

    seed: int = 0
    steps: int = 18
    guidance: float = 1.0
    solver: Solver = "heun"
    wish: int = ANY

    def __post_init__(self) -> None:
        require(
            self,
            {
                "seed": (0 <= self.seed < 2**63, "a whole number from 0"),
                "steps": (1 <= self.steps <= 1000, "1 to 1000"),
                "guidance": (0 <= self.guidance <= 20, "0 to 20"),
            },
        )


class Diffusion(Objective):
    """Learns from pictures (B, H, W, C), or rows (B, F), of the input `field`, of the classes in
    the target.

    shape: of one prepared example. classes: K, 0 draws without classes.
    """

    slow = True

    def __init__(
        self,
        network: Backbone,
        *,
        field: str,
        shape: tuple[int, ...],
        classes: int,
        drawing: Drawing = Drawing(),
    ) -> None:
        super().__init__()
        self.network = network
        self.drawn = field
        self.shape = shape
        self.classes = classes
        self.drawing = drawing
        self.looks = 2 * drawing.steps - 1
        self.at_once = AT_ONCE if len(shape) > 1 else FLAT
        self.gaussians = Gaussians(math.prod(shape), classes)

    def initialise(self, batch: Batch) -> None:
        """Learn means and covariances of the classes."""
        self.gaussians.fit(batch.inputs[self.drawn], batch.targets["target"])

    def groups(self) -> tuple[Group, ...]:
        """The network's own rules."""
        return tuple(group.prefixed("network") for group in self.network.groups())

    def velocity(
        self, x: Float[Tensor, "B ..."], t: Float[Tensor, " B"], wish: Int[Tensor, " B"]
    ) -> Float[Tensor, "B ..."]:
        """v(x_t, t, k) = g(x_t, t, k) + c(t, k) F(x_t / u(t), t, k) for class k and the network F.

        g is the velocity that Gaussian data of the same means and covariances would have, a closed
        form, and c^2 the mean variance of what it misses; x_t / u(t) has unit size, with u^2 =
        (1 - t)^2 + t^2, as data have variance 1. So F takes and gives numbers of unit size at every
        t (the argument of Karras et al. 2022, appendix B.6, arXiv:2206.00364), and learns what the
        data have beyond one Gaussian a class. Without it a small network first learns for a minute
        to pass noise on, and which pixels are always dark.
        """
        condition = torch.stack([t, wish.to(t.dtype)], dim=1)
        at = beside(t, x)
        told, size = self.gaussians.velocity(x, t, wish)
        seen = x * ((1 - at) ** 2 + at**2).rsqrt()
        more = self.network(seen, condition=condition).values.view_as(x)
        return torch.addcmul(told, beside(size, x), more)

    def loss(self, batch: Batch) -> Loss:
        """The mean over pixels of |v(x_t, t) - (e - x)|^2 (Lipman et al. 2022, equation 23),
        summed over pictures.
        """
        x, wish = batch.inputs[self.drawn], batch.targets["target"]
        e, t, wish = self.corruption(x, wish)
        line = beside(t, x)
        noisy = (1 - line) * x + line * e  # x_t
        missed = self.velocity(noisy, t, wish) - (e - x)
        return Loss(missed.square().flatten(1).mean(dim=1).sum(), torch.tensor(float(len(x))))

    def corruption(
        self, x: Float[Tensor, "B ..."], wish: Int[Tensor, " B"]
    ) -> tuple[Float[Tensor, "B ..."], Float[Tensor, " B"], Int[Tensor, " B"]]:
        """Noise, times and classes of a batch.

        In training t = sigmoid(n), n ~ N(0, 1) (Esser et al. 2024, equation 19, arXiv:2403.03206):
        most of it where the velocity is hard to tell. One class in ten is dropped, which is what
        guidance needs. Otherwise times are spread evenly over the same law and all draws are fixed,
        so that two losses differ by the network alone.
        """
        if self.training:
            t = torch.randn(len(x)).sigmoid()
            kept = torch.rand(len(x)) >= DROPPED
            return torch.randn_like(x), t.to(x.device), wish * kept.to(wish.device)
        source = generator(0, "validation")
        places = (torch.arange(len(x)) + 0.5) / len(x)
        t = torch.special.ndtri(places)[torch.randperm(len(x), generator=source)].sigmoid()
        e = torch.randn(x.shape, generator=source)
        return e.to(x), t.to(x), wish

    def draw(
        self, seed: int, numbers: Int[Tensor, " B"], options: Any = None
    ) -> Float[Tensor, "B ..."]:
        """Samples by number; without a class asked for, number n has class n modulo K."""
        asked = replace(options if isinstance(options, Drawing) else self.drawing, seed=seed)
        wish = in_turn(numbers, self.classes, asked.wish)
        return self.predict({"sample": numbers, "wish": wish}, asked)["answer"]

    def paces(self) -> Mapping[int, Drawing]:
        """By the solver's looks, for samples without guidance: the last step takes one, others
        two.
        """
        steps = sorted({*PACES, self.drawing.steps})
        return {2 * few - 1: replace(self.drawing, steps=few) for few in steps}

    def asked(self, words: Mapping[str, Any]) -> Drawing:
        """The usual way to draw but for what is asked for."""
        return replace(self.drawing, **words)

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """Samples (N, H, W, C) as `answer`, prepared as pictures are.

        inputs: `sample`, the number of each, and `wish`, its class or 0. Noise is drawn from (seed,
        sample number), and the network always sees as many pictures at once, so that a sample does
        not depend on those beside it.
        """
        asked = options if isinstance(options, Drawing) else self.drawing
        draw = partial(self.solved, asked=asked)
        return {"answer": alone(draw, inputs["sample"], inputs["wish"], self.at_once)}

    def solved(
        self, numbers: Int[Tensor, " B"], wish: Int[Tensor, " B"], asked: Drawing
    ) -> Float[Tensor, "B ..."]:
        """The way from noise at t = 1 to samples at t = 0, along the learnt velocity."""
        x = noise(asked.seed, numbers, self.shape)

        def field(x: Float[Tensor, "B ..."], t: float) -> Float[Tensor, "B ..."]:
            at = torch.full((len(x),), t)
            known = self.velocity(x, at, wish)
            if asked.guidance == 1 or not GUIDED[0] <= t <= GUIDED[1] or not self.classes:
                return known
            return guided(known, self.velocity(x, at, torch.full_like(wish, ANY)), asked.guidance)

        return solve(field, x, asked.steps, asked.solver)


def beside(t: Float[Tensor, " B"], x: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
    """A number for each example, in the form of its values."""
    return t.view(-1, *(1,) * (x.ndim - 1))
