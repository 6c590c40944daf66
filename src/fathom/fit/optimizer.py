"""Groups of parameters with gradients to updated parameters: Muon, AdamW and Nesterov momentum.

Every rule keeps its state in plain named tensors, so that a checkpoint is a flat dictionary and
loading it continues bit for bit. Weight decay is decoupled from the gradient in all three.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from fathom.networks import Group

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
STEPS = 5


class _Rule(Protocol):
    """One group's update rule and its state."""

    def step(self, factor: float) -> None: ...

    def state(self) -> dict[str, Tensor]: ...


class Optimizer:
    """Updates the parameters of `module` that the groups name, each by its group's rule."""

    def __init__(self, module: nn.Module, groups: tuple[Group, ...]) -> None:
        parameters = dict(module.named_parameters())
        _check_names(parameters.keys(), groups)
        self.groups = groups
        self.members = [[parameters[name] for name in group.names] for group in groups]
        self.rules = [_rule(group, parameters) for group in groups]
        self.frozen = torch.zeros(len(groups), dtype=torch.uint8)

    def step(self, factor: float = 1.0, share: float = 0.0) -> None:
        """Move the parameters: rates times `factor`, at `share` (0 to 1) of the run's updates.

        Groups past their `until` are frozen: no gradient is computed for them any more.
        """
        with torch.no_grad():
            for place, (group, rule) in enumerate(zip(self.groups, self.rules, strict=True)):
                if share < group.until:
                    rule.step(factor)
                elif not self.frozen[place]:
                    self._freeze(place, frozen=True)

    def zero_grad(self) -> None:
        """Drop all gradients."""
        for members in self.members:
            for parameter in members:
                parameter.grad = None

    def gradients(self) -> list[Tensor]:
        """The gradients as they lie in memory, for norms and clipping in place."""
        parameters = (parameter for members in self.members for parameter in members)
        return [parameter.grad for parameter in parameters if parameter.grad is not None]

    def state(self) -> dict[str, Tensor]:
        """All there is to continue from, by name; the tensors are live, copy them to keep them."""
        tensors = {"frozen": self.frozen}
        for rule in self.rules:
            tensors.update(rule.state())
        return tensors

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Continue exactly where `state` was taken; names and shapes must agree."""
        own = self.state()
        if own.keys() != state.keys():
            raise ValueError(f"optimizer state differs in {sorted(own.keys() ^ state.keys())}")
        for name, tensor in own.items():
            tensor.copy_(state[name])
        for place in range(len(self.groups)):
            self._freeze(place, frozen=bool(self.frozen[place]))

    def _freeze(self, place: int, *, frozen: bool) -> None:
        self.frozen[place] = int(frozen)
        for parameter in self.members[place]:
            parameter.requires_grad_(not frozen)
            if frozen:
                parameter.grad = None


class _AdamW:
    """Loshchilov and Hutter 2019, Algorithm 2, arXiv:1711.05101, in torch's fused kernel."""

    def __init__(self, group: Group, parameters: Mapping[str, nn.Parameter]) -> None:
        self.group = group
        self.parameters = parameters
        self.mean = {name: torch.zeros_like(p) for name, p in parameters.items()}
        self.square = {name: torch.zeros_like(p) for name, p in parameters.items()}
        self.updates = {name: torch.zeros((), device=p.device) for name, p in parameters.items()}

    def step(self, factor: float) -> None:
        live = _with_gradient(self.parameters)
        if not live:
            return
        updates = [self.updates[name] for name in live]
        torch._foreach_add_(updates, 1.0)
        # torch.optim.AdamW calls this kernel too, but its constructor costs 1.2 s of imports.
        torch._fused_adamw_(
            list(live.values()),
            [_gradient(parameter) for parameter in live.values()],
            [self.mean[name] for name in live],
            [self.square[name] for name in live],
            [],
            updates,
            lr=self.group.rate * factor,
            beta1=self.group.momentum,
            beta2=self.group.second,
            weight_decay=self.group.weight_decay,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )

    def state(self) -> dict[str, Tensor]:
        kinds = {"mean": self.mean, "square": self.square, "updates": self.updates}
        return {f"{n}.{kind}": t for kind, named in kinds.items() for n, t in named.items()}


class _Nesterov:
    """Momentum with look-ahead: m <- mu m + g; p <- p - rate (g + mu m)."""

    def __init__(self, group: Group, parameters: Mapping[str, nn.Parameter]) -> None:
        self.group = group
        self.parameters = parameters
        self.momentum = {name: torch.zeros_like(p) for name, p in parameters.items()}

    def step(self, factor: float) -> None:
        rate = self.group.rate * factor
        for name, parameter in _with_gradient(self.parameters).items():
            gradient = _gradient(parameter)
            momentum = self.momentum[name].mul_(self.group.momentum).add_(gradient)
            parameter.mul_(1 - rate * self.group.weight_decay)
            parameter.add_(gradient, alpha=-rate)
            parameter.add_(momentum, alpha=-rate * self.group.momentum)

    def state(self) -> dict[str, Tensor]:
        return {f"{name}.momentum": tensor for name, tensor in self.momentum.items()}


class _Muon:
    """Momentum, orthogonalised (Jordan et al. 2024, kellerjordan.github.io/posts/muon).

    A kernel (out, in, height, width) is the matrix (out, in x height x width); a parameter with
    three axes is a stack of matrices. Equal shapes are orthogonalised together: torch's own loop
    over matrices takes ten times as long on small ones.
    """

    def __init__(self, group: Group, parameters: Mapping[str, nn.Parameter]) -> None:
        self.group = group
        self.stacks: list[tuple[dict[str, nn.Parameter], Tensor]] = []
        by_shape: dict[torch.Size, dict[str, nn.Parameter]] = defaultdict(dict)
        for name, parameter in parameters.items():
            by_shape[parameter.shape][name] = parameter
        for named in by_shape.values():
            stack = torch.stack([_matrices(p) for p in named.values()])
            self.stacks.append((named, torch.zeros_like(stack)))

    def step(self, factor: float) -> None:
        for named, momentum in self.stacks:
            live = _with_gradient(named)
            if len(live) < len(named):
                places = [place for place, name in enumerate(named) if name in live]
                part = momentum[places]
                self._move(live, part, factor)
                momentum[places] = part
            else:
                self._move(live, momentum, factor)

    def _move(self, live: Mapping[str, nn.Parameter], momentum: Tensor, factor: float) -> None:
        if not live:
            return
        group, rate = self.group, self.group.rate * factor
        gradients = torch.stack([_matrices(_gradient(p)) for p in live.values()])
        momentum.lerp_(gradients, 1 - group.momentum)
        updates = orthogonalised(gradients.lerp_(momentum, group.momentum))
        rows, columns = updates.shape[-2:]
        step = rate * max(1.0, rows / columns) ** 0.5
        for parameter, update in zip(live.values(), updates, strict=True):
            if group.normalise:
                parameter.mul_(len(parameter) ** 0.5 / parameter.norm().clamp_min(1e-7))
            parameter.mul_(1 - rate * group.weight_decay)
            parameter.add_(update.reshape(parameter.shape).to(parameter.dtype), alpha=-step)

    def state(self) -> dict[str, Tensor]:
        return {
            f"{name}.momentum": momentum[place]
            for named, momentum in self.stacks
            for place, name in enumerate(named)
        }


def orthogonalised(matrices: Tensor) -> Tensor:
    """The nearest half-orthogonal matrices, roughly: singular values end between 0.7 and 1.2.

    Five Newton-Schulz steps over any leading axes, in bfloat16 where the processor multiplies it.
    """
    a, b, c = NEWTON_SCHULZ
    x = matrices.to(torch.bfloat16 if _multiplies_bfloat16(matrices.device) else torch.float32)
    tall = x.shape[-2] > x.shape[-1]
    x = (x.mT if tall else x).reshape(-1, *sorted(x.shape[-2:]))
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-7)
    for _ in range(STEPS):
        gram = x @ x.mT
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    return (x.mT if tall else x).reshape(matrices.shape)


def _multiplies_bfloat16(device: torch.device) -> bool:
    capabilities = torch.cpu.get_capabilities()
    return device.type != "cpu" or any(capabilities.get(name) for name in ("avx512_bf16", "bf16"))


def _matrices(tensor: Tensor) -> Tensor:
    return tensor.flatten(1) if tensor.ndim == 4 else tensor


def _with_gradient(parameters: Mapping[str, nn.Parameter]) -> dict[str, nn.Parameter]:
    return {name: p for name, p in parameters.items() if p.grad is not None}


def _gradient(parameter: nn.Parameter) -> Tensor:
    """The gradient in the parameter's own memory order, which the fused kernel relies on."""
    gradient = parameter.grad
    if gradient is None:
        raise ValueError("the parameter has no gradient")
    if gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


def _rule(group: Group, parameters: Mapping[str, nn.Parameter]) -> _Rule:
    rules: dict[str, type[_AdamW] | type[_Nesterov] | type[_Muon]] = {
        "adamw": _AdamW,
        "nesterov": _Nesterov,
        "muon": _Muon,
    }
    return rules[group.rule](group, {name: parameters[name] for name in group.names})


def _check_names(known: Collection[str], groups: tuple[Group, ...]) -> None:
    named = Counter(name for group in groups for name in group.names)
    wrong = [name for name, times in named.items() if times > 1 or name not in known]
    if wrong:
        raise ValueError(f"named twice or not a parameter: {', '.join(sorted(wrong))}")
