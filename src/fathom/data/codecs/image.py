"""Pictures of any size to one size of uint8 pixels, and on to scaled numbers, and back."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image

from fathom.data.codecs import Tensors
from fathom.data.codecs.drawn import Pictorial
from fathom.data.pictures import Pictures
from fathom.spec import Spec

SEEN = 5000
LOOKED_AT = 500
MULTIPLE = 16
MOST_CROPPED = 0.25
LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True)
class ImageCodec(Pictorial):
    """Pictures as (height, width, channels); mean and std of each channel on the scale 0 to 255.

    A picture of another size is scaled to cover this one and its overhang cropped evenly; when more
    than a quarter of it would be lost it is scaled to fit instead, and the rest filled with the
    mean colour.
    """

    kind: ClassVar[str] = "image"

    height: int
    width: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def fit(cls, values: Pictures, side_limit: int = 128) -> Self:
        """Learn size, colour and brightness; the longer side is at most `side_limit`.

        Pictures that all have one size within the limit keep it.
        """
        shapes = values.shapes[values.shapes[:, 0] > 0]
        if not len(shapes):
            return cls(8, 8, 1, (127.5,), (64.0,))
        height, width = _side_lengths(shapes, side_limit)
        channels = 1 if _all_grey(values) else 3
        plain = cls(height, width, channels, (0.0,) * channels, (1.0,) * channels)
        pixels = plain.encode(values.take(_spread(np.flatnonzero(values.shapes[:, 0]), SEEN)))
        flat = pixels["value"].numpy().reshape(-1, channels)
        mean = flat.mean(axis=0, dtype=np.float64)
        std = np.maximum(flat.std(axis=0, dtype=np.float64), 1.0)
        return cls(height, width, channels, tuple(map(float, mean)), tuple(map(float, std)))

    def encode(self, values: Pictures) -> Tensors:
        """uint8 (N, H, W, C); the memory is shared where the pictures already have this form.

        A missing picture becomes one of the mean colour.
        """
        shape = (self.height, self.width, self.channels)
        size = self.height * self.width * self.channels
        if len(values) and (values.shapes == shape).all():
            steps = np.diff(values.offsets)
            if (steps == size).all() and values.buffer.flags.writeable:
                start = int(values.offsets[0])
                block = values.buffer[start : start + len(values) * size]
                return {"value": torch.from_numpy(block.reshape(-1, *shape))}
        pixels = np.empty((len(values), *shape), dtype=np.uint8)
        threads = os.cpu_count() or 1
        chunks = np.array_split(np.arange(len(values)), threads * 4)
        with ThreadPoolExecutor(threads) as pool:
            # list: an exception in a thread is raised here
            list(pool.map(lambda rows: self._fill(pixels, values, rows), chunks))
        return {"value": torch.from_numpy(pixels)}

    def told(self) -> tuple[str, ...]:
        """How large they are drawn."""
        colours = "in grey" if self.channels == 1 else "in colour"
        return (f"pictures are drawn {self.width} x {self.height} pixels large, {colours}",)

    def strange(self, values: Pictures) -> dict[int, list[str]]:
        """Nothing: every picture can be read."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """Zero mean and unit variance in each channel, float32; any height and width."""
        value = tensors["value"]
        mean = torch.tensor(self.mean, device=value.device)
        std = torch.tensor(self.std, device=value.device)
        return {"value": value.to(torch.float32) * (1 / std) - mean / std}

    def decode(self, tensors: Tensors) -> UInt8[np.ndarray, "N H W C"]:
        """Pixels from prepared pictures."""
        scaled = tensors["value"].detach().cpu().float().numpy()
        pixels = scaled * np.array(self.std, np.float32) + np.array(self.mean, np.float32)
        whole: np.ndarray = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
        return whole

    def spec(self) -> Spec:
        """Pictures of this size."""
        return Spec(kind="image", shape=(self.height, self.width, self.channels))

    def _fill(self, pixels: np.ndarray, values: Pictures, rows: Iterable[int]) -> None:
        for row in rows:
            pixels[row] = self._fitted(_channels(values[row], self.channels))

    def _fitted(self, picture: np.ndarray) -> np.ndarray:
        """One picture of any size as (height, width, channels)."""
        if picture.shape == (self.height, self.width, self.channels):
            return picture
        fill = np.rint(self.mean).astype(np.uint8)
        canvas = np.broadcast_to(fill, (self.height, self.width, self.channels)).copy()
        height, width = picture.shape[:2]
        if not height:
            return canvas
        image = Image.fromarray(picture[:, :, 0] if self.channels == 1 else picture)
        down, right = self.height / height, self.width / width
        if min(down, right) >= (1 - MOST_CROPPED) * max(down, right):
            scale = max(down, right)
            rows, columns = self.height / scale, self.width / scale
            top, left = (height - rows) / 2, (width - columns) / 2
            box = (
                max(left, 0.0),
                max(top, 0.0),
                min(left + columns, width),
                min(top + rows, height),
            )
            whole = image.resize((self.width, self.height), Image.Resampling.BICUBIC, box)
            return np.asarray(whole).reshape(canvas.shape)
        scale = min(down, right)
        rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
        part = np.asarray(image.resize((columns, rows), Image.Resampling.BICUBIC))
        top, left = (self.height - rows) // 2, (self.width - columns) // 2
        canvas[top : top + rows, left : left + columns] = part.reshape(rows, columns, -1)
        return canvas


def _side_lengths(shapes: np.ndarray, side_limit: int) -> tuple[int, int]:
    """The common size, or one of median area and aspect, rounded to what halves well."""
    heights, widths = shapes[:, 0].astype(float), shapes[:, 1].astype(float)
    longest = float(max(heights[0], widths[0]))
    if np.ptp(heights) == 0 and np.ptp(widths) == 0 and longest <= side_limit:
        return int(heights[0]), int(widths[0])
    aspect = float(np.clip(np.median(widths / heights), 0.5, 2.0))
    side = float(np.median(np.sqrt(heights * widths)))
    height, width = side / aspect**0.5, side * aspect**0.5
    scale = min(1.0, side_limit / max(height, width))
    return _rounded(height * scale, side_limit), _rounded(width * scale, side_limit)


def _rounded(length: float, most: int) -> int:
    """A whole number of pixels; above 64, a multiple of 16."""
    if length <= 4 * MULTIPLE or most < MULTIPLE:
        return max(4, min(round(length), most))
    return min(round(length / MULTIPLE), most // MULTIPLE) * MULTIPLE


def _all_grey(values: Pictures) -> bool:
    """Whether no picture looked at has a colour, whatever form it was stored in."""
    if (values.shapes[:, 2] <= 1).all():
        return True
    looked_at = values.take(_spread(np.flatnonzero(values.shapes[:, 2] == 3), LOOKED_AT))
    return all(bool(np.ptp(looked_at[row], axis=2).max() <= 1) for row in range(len(looked_at)))


def _channels(picture: np.ndarray, channels: int) -> np.ndarray:
    """Grey repeated in three channels, or colours as their luminance."""
    if picture.shape[2] in (0, channels):
        return picture
    if channels == 3:
        return np.repeat(picture, 3, axis=2)
    return np.rint(picture @ LUMINANCE).astype(np.uint8)[:, :, None]


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """At most `most` of the rows, evenly spaced."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
