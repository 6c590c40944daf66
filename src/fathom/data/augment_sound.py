"""Stored clips and prepared targets of a batch to randomly changed ones; training only.

Everything works on whole batches of int16 samples and draws from the generator it is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.codecs import Tensors
from fathom.spec import Spec

TARGET = "target"
PREFIX = "sound_"
LOUDEST = 32_767.0


@dataclass(frozen=True)
class AugmentSound:
    """Random changes of the sound fields of a batch, and of the targets mixed with them.

    sounds: the fields' names. classes: K of a class target, 0 of any other. speed: largest share by
    which a clip is played faster or slower, its pitch with it (Ko et al. 2015). mixup: share of the
    clips into which another is mixed (between-class learning, Tokozume et al. 2018,
    arXiv:1711.10282), where a class is asked for.
    """

    sounds: tuple[str, ...]
    classes: int = 0
    speed: float = 0.0
    mixup: float = 0.0

    @classmethod
    def of(cls, strengths: Mapping[str, float], specs: Mapping[str, Spec]) -> Self:
        """The strengths of a recipe that begin with "sound_", for fields of these specs."""
        named = {n.removeprefix(PREFIX): v for n, v in strengths.items() if n.startswith(PREFIX)}
        unknown = sorted(named.keys() - {"speed", "mixup"})
        if unknown:
            raise ValueError(f"no such augmentation of sounds: {', '.join(unknown)}")
        target = specs.get(TARGET)
        classes = len(target.classes) if target and target.kind == "category" else 0
        sounds = tuple(name for name, spec in specs.items() if spec.kind == "audio")
        return cls(sounds, classes, **named)

    def __call__(
        self, inputs: Tensors, targets: Tensors, generator: torch.Generator
    ) -> tuple[Tensors, Tensors]:
        """Change a batch; soft class targets (B, K) come back where clips were mixed."""
        if not self.sounds:
            return inputs, targets
        inputs, targets = dict(inputs), dict(targets)
        for name in self.sounds:
            samples, length = inputs[name], inputs[f"{name}_length"]
            if self.speed:
                samples, length = played(samples, length, self.speed, generator)
            inputs[name], inputs[f"{name}_length"] = samples, length
        if self.mixup and self.classes and len(inputs) == 2:  # one sound, and its length
            name = self.sounds[0]
            inputs[name], targets[TARGET] = self.mixed(
                inputs[name], inputs[f"{name}_length"], targets[TARGET], generator
            )
        return inputs, targets

    def mixed(
        self,
        samples: Tensor,
        length: Int[Tensor, " B"],
        target: Tensor,
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, "B n"], Float[Tensor, "B K"]]:
        """A share of the clips with the one before in the batch, and their targets likewise.

        The own clip is the louder one; both are brought to equal loudness first.
        """
        count = len(samples)
        soft = F.one_hot(target, self.classes).float() if target.ndim == 1 else target.float()
        chosen = torch.rand(count, generator=generator) < self.mixup
        share = torch.where(chosen, 0.5 + 0.5 * torch.rand(count, generator=generator), 1.0)
        wave = samples.float()
        power = wave.square().sum(dim=1) / length.clamp_min(1)
        loud = power.sqrt().clamp_min(1.0)[:, None]
        other = wave.roll(1, dims=0) / loud.roll(1, dims=0) * loud
        blend = share[:, None] * wave + (1 - share[:, None]) * other
        real = torch.arange(samples.shape[1]) < length[:, None]
        blend = blend.clamp(-LOUDEST, LOUDEST) * real
        return blend, share[:, None] * soft + (1 - share[:, None]) * soft.roll(1, dims=0)


def played(
    samples: Tensor, length: Int[Tensor, " B"], most: float, generator: torch.Generator
) -> tuple[Float[Tensor, "B m"], Int[Tensor, " B"]]:
    """Clips read at another speed, linearly between samples; their new lengths come with them."""
    factor = 1 + most * (2 * torch.rand(len(samples), generator=generator) - 1)
    new = (length / factor).long().clamp_min(1).minimum(length.clamp_min(1) * 2)
    place = torch.arange(int(new.max())) * factor[:, None]  # (B, m)
    last = (length[:, None] - 1).clamp_min(0)
    below = place.long().minimum(last)
    above = (below + 1).minimum(last)
    share = (place - below).clamp(0.0, 1.0)
    wave = samples.float()
    found = wave.gather(1, below) * (1 - share) + wave.gather(1, above) * share
    return found * (torch.arange(found.shape[1]) < new[:, None]), new
