"""A seed and the place where it is used to an independent generator, so that no draw depends on
history.
"""

import hashlib

import torch
from jaxtyping import Float, Int
from torch import Tensor


def derived(seed: int, *place: int | str) -> int:
    """A 63-bit seed for a place such as ("order", epoch); equal places give equal seeds."""
    text = "/".join(map(str, (seed, *place)))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def generator(seed: int, *place: int | str) -> torch.Generator:
    """A CPU generator seeded for that place."""
    return torch.Generator().manual_seed(derived(seed, *place))


def noise(seed: int, numbers: Int[Tensor, " B"], shape: tuple[int, ...]) -> Float[Tensor, "B ..."]:
    """Standard normal noise of a shape for each sample number, whatever the batch it is in."""
    places = (generator(seed, "sample", int(number)) for number in numbers)
    return torch.stack([torch.randn(shape, generator=place) for place in places])
