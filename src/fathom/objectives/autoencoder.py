"""Examples to a short code and back: a network learns to keep what matters (autoencoder).

An encoder f reads an example x (P values: pixels, or the columns of a row) and says it in K
numbers, the code z = f(x); a synthesis g writes the example again, g(z). Both learn together to
lose little,

    loss = 1/P |x - g(f(x))|^2,                          (Goodfellow et al. 2016, equation 14.1)

and as K is much smaller than P, the code must hold what examples have in common. With linear f and
g the best code is the one of principal components (Baldi and Hornik 1989), hence that rival.

A denoising autoencoder reads a damaged x~ and must write the whole x (Vincent et al. 2008, section
2.3): it learns where examples lie, not how to copy, which makes its error a good sign of what does
not belong.
"""

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from fathom.data.batches import Batch
from fathom.networks import Group
from fathom.networks.coders import Coder
from fathom.networks.mlp import Linear
from fathom.objectives import UNSET, Loss, Objective, Tensors

UNUSUAL = 0.99  # of validation examples lose less than what is called unlike them
HEARD, ALIKE = 0.98, 1e-9  # error by the own code over another's; of examples that do not differ
REMEDY = (
    "The synthesis ignores its code (posterior collapse): all it writes is alike. Train longer, "
    "with a larger --code, or with --family autoencoder."
)


class Coding(Objective):
    """What autoencoder and VAE share: a coder, the read-out of its code, and an alarm.

    field: the input that is kept; heads: numbers that the read-out gives for each one of the code.
    limit: the error that 99 of 100 validation examples stay below; lost: the mean validation error
    by an example's own code, and by another example's; both set by `calibrate`.
    """

    limit: Tensor
    lost: Tensor

    def __init__(self, coder: Coder, *, field: str, heads: int = 1) -> None:
        super().__init__()
        self.coder = coder
        self.field = field
        self.head = Linear(coder.width, heads * coder.code)
        self.register_buffer("limit", torch.full((), UNSET))
        self.register_buffer("lost", torch.zeros(2))

    def initialise(self, batch: Batch) -> None:
        """Learn the mean example and the scale."""
        self.coder.initialise(batch.inputs[self.field])

    def groups(self) -> tuple[Group, ...]:
        """The coder's rules; AdamW for the read-out."""
        head = Group(("head.weight", "head.bias"), "adamw", self.coder.rate, 0.9, 0.99)
        return (*(group.prefixed("coder") for group in self.coder.groups()), head)

    def code(self, values: Float[Tensor, "B P"]) -> Float[Tensor, "B K"]:
        """The code of examples."""
        raise NotImplementedError

    def written(self, code: Float[Tensor, "B K"]) -> Float[Tensor, "B P"]:
        """The values that a code stands for, as they are measured."""
        raise NotImplementedError

    def measured(self, inputs: Tensors) -> Float[Tensor, "B P"]:
        """The values that are measured."""
        return self.coder.values(inputs[self.field])

    def error(
        self, values: Float[Tensor, "B P"], code: Float[Tensor, "B K"]
    ) -> Float[Tensor, " B"]:
        """1/P |x - g(z)|^2 of each example."""
        return (values - self.written(code)).square().mean(dim=1)

    def reconstruct(self, inputs: Tensors) -> Float[Tensor, "B ..."]:
        """The prepared field as its code tells it."""
        values = self.coder.values(inputs[self.field])
        return self.coder.whole(self.written(self.code(values)))

    def between(self, ends: Tensors, steps: int) -> Float[Tensor, "S ..."]:
        """The way from one example's code to another's, in equal steps, both ends included."""
        first, last = self.code(self.measured(ends))
        shares = torch.linspace(0, 1, steps)[:, None]
        return self.coder.whole(self.written(first + shares * (last - first)))

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`code` (B, K), `error` (B,) of a value, and whether that is `unlike` the usual."""
        values = self.coder.values(inputs[self.field])
        code = self.code(values)
        error = self.error(values, code)
        return {"code": code, "error": error, "unlike": error > self.limit}

    def calibrate(self, batches: Iterable[Batch]) -> None:
        """Set the alarm's limit from validation errors; see whether codes tell examples apart."""
        every = list(batches)
        self.eval()
        found = [self.predict(dict(batch.inputs))["error"] for batch in every]
        if found:
            self.limit.copy_(torch.quantile(torch.cat(found), UNUSUAL))
        self.compare(self.measured(dict(batch.inputs)) for batch in every)

    def compare(self, batches: Iterable[Float[Tensor, "B P"]]) -> None:
        """Write examples by their own codes, and by those of the next one in the batch."""
        own, other, count = torch.zeros(()), torch.zeros(()), 0
        for values in batches:
            if len(values) > 1:
                code = self.code(values)
                own += self.error(values, code).sum()
                other += self.error(values, code.roll(1, dims=0)).sum()
                count += len(values)
        if count:
            self.lost.copy_(torch.stack([own, other]) / count)

    @property
    def ignored(self) -> bool:
        """Whether the synthesis writes the same whatever the code, though examples differ."""
        own, other = self.lost.tolist()
        return bool(other > ALIKE and own > HEARD * other)

    def found(self) -> dict[str, Any]:
        """Whether the synthesis looks at its code, as a self-check."""
        return {"checks": [self.checked(not self.ignored, self.told())]}

    def told(self) -> str:
        """How much worse another example's code tells an example than its own."""
        own, other = self.lost.tolist()
        if other <= ALIKE:
            return "Examples are all alike, so that there is nothing for a code to tell."
        times = other / max(own, ALIKE)
        return f"Written by another example's code, an example loses {times:.2g} times as much."

    def checked(self, passed: bool, words: str) -> dict[str, Any]:
        """The self-check in words."""
        said = words if passed else f"{words} {REMEDY}"
        return {"name": "the code is used", "passed": passed, "sentence": said}


class Autoencoder(Coding):
    """bounded: values lie between 0 and 1, as pixels do: nothing beyond is written.

    damage: share of the values that are hidden, set to their mean, while learning; 0 is the plain
    autoencoder.
    """

    def __init__(
        self, coder: Coder, *, field: str, bounded: bool = False, damage: float = 0.0
    ) -> None:
        super().__init__(coder, field=field)
        self.bounded = bounded
        self.damage = damage

    def loss(self, batch: Batch) -> Loss:
        """1/P |x - g(f(x~))|^2, at the scale of the data, summed over examples."""
        values = self.coder.values(batch.inputs[self.field])  # x
        seen = self.damaged(values)  # x~
        # Divided by the data's variance, so that answering the mean example costs 1.
        scaled = (self.coder.write(self.code(seen)) - values) / self.coder.spread
        terms = scaled.square().mean(dim=1)
        weight = torch.ones_like(terms) if batch.weight is None else batch.weight
        return Loss((terms * weight).sum(), weight.sum())

    def damaged(self, values: Float[Tensor, "B P"]) -> Float[Tensor, "B P"]:
        """x~: some values replaced by their mean (masking noise of Vincent et al. 2008)."""
        if not (self.training and self.damage):
            return values
        hidden = torch.rand_like(values) < self.damage
        return torch.where(hidden, self.coder.centre, values)

    def code(self, values: Float[Tensor, "B P"]) -> Float[Tensor, "B K"]:
        """z = f(x)."""
        code: Tensor = self.head(self.coder.read(values))
        return code

    def written(self, code: Float[Tensor, "B K"]) -> Float[Tensor, "B P"]:
        """g(z), no value outside its range."""
        values = self.coder.write(code)
        return values.clamp(0.0, 1.0) if self.bounded else values
