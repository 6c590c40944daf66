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


def drawn_anew(values: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
    """Pixels 0 or 1 by torch's global generator, each 1 with probability `values`, to 2^-16.

    One 64-bit draw serves four pixels: `torch.bernoulli`, which draws for each on one core, took a
    tenth of an update of a small network.
    """
    count = values.numel()
    words = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None)
    drawn = words.view(torch.int16)[:count].view(values.shape).to(values.device, torch.float32)
    return (drawn.add_(2.0**15 + 0.5).mul_(2.0**-16) < values).to(values.dtype)


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
