"""Raw picture files, bytes or arrays to decoded pictures in one compact buffer."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pictures:
    """N decoded pictures of any sizes, uint8, back to back in one flat buffer (may be memory-mapped).

    offsets: (N,) int64, first byte of each picture; shapes: (N, 3) int32, H W C with C 1 or 3;
    a picture that is missing or could not be decoded has shape (0, 0, 0).
    """

    buffer: np.ndarray
    offsets: np.ndarray
    shapes: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, index: int) -> np.ndarray:
        """One picture, (H, W, C) uint8, a view."""
        height, width, channels = (int(side) for side in self.shapes[index])
        start = int(self.offsets[index])
        flat = self.buffer[start : start + height * width * channels]
        return flat.reshape(height, width, channels)

    def take(self, rows: np.ndarray) -> "Pictures":
        """The same pictures for the given rows; the buffer is shared."""
        return Pictures(self.buffer, self.offsets[rows], self.shapes[rows])
