"""An untrained objective and a weights file to the trained one: compared first, then filled."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from fathom.errors import RunError
from fathom.objectives import Tensors

CHANGED = "The folder was changed or made by other means; restore it from a copy or train again."


class WithoutDraws(TorchFunctionMode):
    """Leaves out random initial weights: on the meta device they import torch's compiler, for 1.6
    s.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Return the tensor as it is instead of drawing into it."""
        kwargs = kwargs or {}
        drawing = getattr(func, "__module__", "") == "torch.nn.init"
        if drawing or func in (Tensor.normal_, Tensor.uniform_):
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def fill(objective: nn.Module, path: Path) -> nn.Module:
    """Give what is on the meta device the tensors of a file that fits it exactly."""
    shared = aliases(objective)
    expected = {n: t for n, t in objective.state_dict().items() if n not in shared}
    try:
        with safe_open(path, framework="pt") as file:
            compare_header(path, file, expected)
            tensors = {name: file.get_tensor(name) for name in expected}
    except (SafetensorError, OSError) as error:
        raise RunError(
            "The weights do not read.", where=str(path), found=str(error)[:200], remedy=CHANGED
        ) from error
    check_finite(path, tensors, {name for name, _ in objective.named_parameters()})
    tensors |= {alias: tensors[name] for alias, name in shared.items()}
    objective.load_state_dict(tensors, strict=True, assign=True)
    return objective.eval()


def aliases(objective: nn.Module) -> dict[str, str]:
    """Other names of parameters that several modules share, to the name they are stored under."""
    first: dict[int, str] = {}
    every = objective.named_parameters(remove_duplicate=False)
    named = [(name, first.setdefault(id(parameter), name)) for name, parameter in every]
    return {name: stored for name, stored in named if name != stored}


def compare_header(path: Path, file: Any, expected: Mapping[str, Tensor]) -> None:
    """Names, shapes and types in the file must be exactly those of the built objective."""
    names = set(file.keys())
    odd = sorted(names ^ set(expected))
    if odd:
        raise RunError(
            "The weights do not fit the recipe.", where=str(path), found=odd[0], remedy=CHANGED
        )
    types = {torch.float32: "F32", torch.int64: "I64", torch.bool: "BOOL", torch.uint8: "U8"}
    for name, tensor in expected.items():
        part = file.get_slice(name)
        found = (tuple(part.get_shape()), part.get_dtype())
        wanted = (tuple(tensor.shape), types.get(tensor.dtype))
        if found != wanted:
            raise RunError(
                f"The tensor {name!r} does not fit the recipe.",
                where=str(path),
                found=f"{found}, expected {wanted}",
                remedy=CHANGED,
            )


def check_finite(path: Path, tensors: Tensors, learnt: set[str]) -> None:
    """Learnt weights must be finite; buffers may be infinite where that means "not set"."""
    for name, tensor in tensors.items():
        odd = torch.isnan(tensor) if name not in learnt else ~torch.isfinite(tensor)
        if tensor.is_floating_point() and bool(odd.any()):
            raise RunError(
                f"The tensor {name!r} holds values that are no finite numbers.",
                where=str(path),
                remedy=CHANGED,
            )


def save_weights(path: Path, objective: nn.Module) -> None:
    """Write all parameters and buffers, in a stable order; whoever may read the folder may read
    them (the library's own writer lets the owner alone).
    """
    shared = aliases(objective)
    state = {name: t for name, t in objective.state_dict().items() if name not in shared}
    tensors = {name: state[name].detach().cpu().contiguous() for name in sorted(state)}
    path.write_bytes(save(tensors))
