"""Weights to their exponential moving average, which is what is evaluated and kept."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """Moving average of every floating-point parameter and buffer of a module.

    half_life: updates after which a weight's share has halved; 0 keeps no average and tracks the
    module itself. The first updates use (1 + t) / (10 + t), so that the initial weights are soon
    forgotten.
    """

    def __init__(self, module: nn.Module, half_life: float) -> None:
        self.module = module
        self.decay = 0.5 ** (1.0 / half_life) if half_life > 0 else 0.0
        tensors = self.live() if self.decay else {}
        self.shadow = {name: tensor.clone() for name, tensor in tensors.items()}

    def live(self) -> dict[str, Tensor]:
        """The module's own floating-point tensors, by name."""
        state = self.module.state_dict()
        return {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}

    @torch.no_grad()
    def update(self, updates_done: int) -> None:
        """Move the average towards the weights after an update."""
        if not self.decay:
            return
        decay = min(self.decay, (1 + updates_done) / (10 + updates_done))
        live = self.live()
        torch._foreach_lerp_(
            list(self.shadow.values()), [live[name] for name in self.shadow], 1.0 - decay
        )

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """Put the average in the module's place; the weights come back whatever happens."""
        live = self.live() if self.decay else {}
        kept = {name: tensor.clone() for name, tensor in live.items()}
        try:
            self._copy(self.shadow, live)
            yield
        finally:
            self._copy(kept, live)

    @staticmethod
    @torch.no_grad()
    def _copy(source: dict[str, Tensor], target: dict[str, Tensor]) -> None:
        for name, tensor in source.items():
            target[name].copy_(tensor)
