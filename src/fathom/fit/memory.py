"""What to do when memory runs out: smaller parts, then activation checkpointing, then an honest
end.
"""

import torch

from fathom.errors import ResourceError
from fathom.objectives import Objective

MESSAGES = ("can't allocate memory", "not enough memory", "out of memory")


def is_exhausted(error: BaseException) -> bool:
    """Whether an error of torch or Python says that memory ran out."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return any(words in str(error).lower() for words in MESSAGES)


def save_memory(
    objective: Objective, batch: int, parts: int, saving: bool
) -> tuple[int, bool, str]:
    """The next rung of the ladder: (parts, activations recomputed, what was done in words).

    Halving is exact for sums and counts; where examples couple it would change the result, so there
    checkpointing comes first and is the last rung. Raises ResourceError below it.
    """
    if not objective.couples and parts < batch:
        return parts * 2, saving, f"memory ran out: batches are now scored in {parts * 2} parts"
    able = [module for module in objective.modules() if hasattr(module, "recompute")]
    if able and not saving:
        for module in able:
            module.recompute = True  # type: ignore[assignment]
        return parts, True, "memory ran out: activations are now recomputed in the backward pass"
    raise ResourceError(
        f"Memory ran out with a batch of {batch} examples in {parts} parts.",
        remedy="Close other programs, choose a smaller --size, or use a machine with more memory.",
    )
