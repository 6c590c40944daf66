"""Grey pictures to pixels that are on or off, each on with its grey value as probability.

Salakhutdinov and Murray 2008, section 4. While a network learns, pixels are drawn anew each time;
what is measured is drawn once, from the seed and the picture alone, so that network and rivals see
the same pixels in batches of any size.
"""

import hashlib

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from fathom.data.seeds import derived, generator


def drawn_once(pixels: UInt8[np.ndarray, "B ..."], seed: int = 0) -> Float[np.ndarray, "B ..."]:
    """Pixels 0 or 1, float32."""
    shares = pixels.astype(np.float32) / 255
    for place, picture in enumerate(pixels):
        source = np.random.default_rng(derived(seed, "pixels", mark(picture.tobytes())))
        shares[place] = source.random(picture.shape, dtype=np.float32) < shares[place]
    return shares


def own_noise(
    values: Float[Tensor, "B P"], shape: tuple[int, ...], seed: int = 0
) -> Float[Tensor, "B ..."]:
    """Standard normal noise for each example, from the seed and the example alone."""
    rows = values.detach().cpu().contiguous().numpy()
    places = (generator(seed, "noise", mark(row.tobytes())) for row in rows)
    return torch.stack([torch.randn(shape, generator=place) for place in places])


def mark(content: bytes) -> str:
    """A short hash of an example."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()
