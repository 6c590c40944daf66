"""Raw picture files, bytes or arrays to decoded pictures in one compact buffer."""

import os
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from fathom.data.jpeg import plain_jpeg
from fathom.data.media import Media

# Nothing else is ever handed to a decoder; the first bytes decide, not the name.
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"P4", "PPM"),
    (b"P5", "PPM"),
    (b"P6", "PPM"),
)
EXTENSIONS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    **dict.fromkeys((".ppm", ".pgm", ".pbm", ".pnm"), "PPM"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    ".png": "PNG",
    ".gif": "GIF",
    ".bmp": "BMP",
    ".webp": "WEBP",
}
SIDE = 320
PIXELS = 89_000_000
FILE_BYTES = 256 * 2**20
CHUNK = 256
ORIENTATION = 0x0112

# All that Pillow's decoders were seen to raise on damaged files.
BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)

Item = bytes | Path | None
NOTHING = np.zeros((0, 0, 0), dtype=np.uint8)


@dataclass(frozen=True)
class Pictures(Media):
    """N decoded pictures of any sizes, uint8, back to back in one buffer (may be memory-mapped).

    offsets: (N,) int64, first byte of each picture; shapes: (N, 3) int32, H W C with C 1 or 3;
    a picture that is missing or could not be decoded has shape (0, 0, 0).
    """

    noun: ClassVar[str] = "picture"

    buffer: np.ndarray
    offsets: np.ndarray
    shapes: np.ndarray

    @classmethod
    def of_array(cls, pixels: np.ndarray) -> "Pictures":
        """Take equal-sized pictures (N, H, W, C) uint8; the memory is shared."""
        count, height, width, channels = pixels.shape
        offsets = np.arange(count, dtype=np.int64) * (height * width * channels)
        shapes = np.broadcast_to(np.array([[height, width, channels]], dtype=np.int32), (count, 3))
        return cls(np.ascontiguousarray(pixels).reshape(-1), offsets, shapes.copy())

    @classmethod
    def joined(cls, several: Sequence["Pictures"]) -> "Pictures":
        """The pictures of all, one after another."""
        starts = np.cumsum([0, *(len(one.buffer) for one in several)])
        return cls(
            np.concatenate([one.buffer for one in several]),
            np.concatenate(
                [one.offsets + start for one, start in zip(several, starts, strict=False)]
            ),
            np.concatenate([one.shapes for one in several]),
        )

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, row: int) -> np.ndarray:
        """One picture, (H, W, C) uint8, a view."""
        height, width, channels = (int(side) for side in self.shapes[row])
        start = int(self.offsets[row])
        flat: np.ndarray = self.buffer[start : start + height * width * channels]
        return flat.reshape(height, width, channels)

    def take(self, rows: np.ndarray) -> "Pictures":
        """The same pictures for the given rows; the buffer is shared."""
        return Pictures(self.buffer, self.offsets[rows], self.shapes[rows])

    def stacks(self, rows: np.ndarray, most: int = 1024) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Places in `rows` and their pictures (n, H, W, C): equal sizes, at most `most` at once."""
        sizes, which = np.unique(self.shapes[rows], axis=0, return_inverse=True)
        for number, shape in enumerate(sizes.tolist()):
            members = np.flatnonzero(which.reshape(-1) == number)
            for start in range(0, len(members), most):
                places = members[start : start + most]
                yield places, self._stack(rows[places], shape)

    def _stack(self, rows: np.ndarray, shape: list[int]) -> np.ndarray:
        """Equal-sized pictures; a view where they lie back to back."""
        offsets = self.offsets[rows]
        size = shape[0] * shape[1] * shape[2]
        if (np.diff(offsets) == size).all():
            flat: np.ndarray = self.buffer[int(offsets[0]) : int(offsets[0]) + size * len(rows)]
            return flat.reshape(len(rows), *shape)
        return np.stack([self[int(row)] for row in rows])

    def missing(self) -> np.ndarray:
        """Which pictures are missing or could not be decoded, (N,) bool."""
        return np.asarray(self.shapes[:, 0] == 0)

    def sizes(self) -> dict[str, Any]:
        """The least and the largest sides, and the channels."""
        present = self.shapes[~self.missing()]
        if not len(present):
            return {"sizes": None, "channels": []}
        low, high = present.min(axis=0), present.max(axis=0)
        return {
            "sizes": {
                "height": [int(low[0]), int(high[0])],
                "width": [int(low[1]), int(high[1])],
            },
            "channels": sorted({int(channels) for channels in present[:, 2]}),
        }

    def told(self, row: int) -> str | None:
        """Size and colour."""
        height, width, channels = self.shapes[row].tolist()
        return (
            f"{width} x {height} {'colour' if channels == 3 else 'grey'} picture"
            if height
            else None
        )


@dataclass(frozen=True)
class Decoded:
    """Pictures, why some rows could not be decoded, and which rows were converted and how."""

    pictures: Pictures
    problems: dict[int, str]
    notes: dict[str, list[int]]


class Broken(Exception):  # noqa: N818 - a reason, caught in this file
    """A picture that cannot be used, with the reason as its text."""


def picture_format(head: bytes) -> str | None:
    """Name the picture format that the first 16 bytes announce, None when there is none."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    for magic, name in MAGIC:
        if head.startswith(magic):
            return name
    return None


def decode(items: Sequence[Item], side: int = SIDE) -> Decoded:
    """Decode files or encoded bytes in threads (Pillow's decoders run outside Python's lock).

    Pictures with a side above `side` are reduced to it. None is a missing picture, not a problem.
    """
    buffer = np.empty(0, dtype=np.uint8)
    shapes = np.zeros((len(items), 3), dtype=np.int32)
    problems: dict[int, str] = {}
    notes: dict[str, list[int]] = {}
    starts = range(0, len(items), CHUNK)

    def chunk(start: int) -> tuple[np.ndarray, list[_Attempt]]:
        attempts = [_attempt(item, side) for item in items[start : start + CHUNK]]
        return np.concatenate([attempt.pixels.reshape(-1) for attempt in attempts]), attempts

    # Set for all threads at once: Pillow only warns of pictures between one and two times its cap.
    with warnings.catch_warnings(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            for start, (flat, attempts) in zip(starts, pool.map(chunk, starts), strict=True):
                filled = len(buffer)
                buffer.resize(filled + len(flat), refcheck=False)
                buffer[filled:] = flat
                for row, attempt in enumerate(attempts, start):
                    shapes[row] = attempt.pixels.shape
                    if attempt.problem:
                        problems[row] = attempt.problem
                    for note in attempt.notes:
                        notes.setdefault(note, []).append(row)
        finally:
            pool.shutdown(cancel_futures=True)  # so that Ctrl-C does not wait for the rest
    sizes = shapes.astype(np.int64).prod(axis=1)
    return Decoded(Pictures(buffer, np.cumsum(sizes) - sizes, shapes), problems, notes)


class _Attempt(NamedTuple):
    """One picture, (0, 0, 0) when there is none; why it broke; how it was converted."""

    pixels: np.ndarray
    problem: str = ""
    notes: tuple[str, ...] = ()


def _attempt(item: Item, side: int) -> _Attempt:
    if item is None:
        return _Attempt(NOTHING)
    try:
        pixels, notes = _decode_one(item, side)
    except Broken as problem:
        return _Attempt(NOTHING, str(problem))
    return _Attempt(pixels, "", notes)


def _decode_one(item: bytes | Path, side: int) -> tuple[np.ndarray, tuple[str, ...]]:
    data = item if isinstance(item, bytes) else _content(item)
    if not data:
        raise Broken("the file is empty (zero bytes)")
    name = picture_format(data[:16])
    if name is None:
        raise Broken("the content is no picture of a known format")
    notes = []
    if isinstance(item, Path) and EXTENSIONS.get(item.suffix.lower(), name) != name:
        notes.append(f"a {name} file with another extension")
    small = plain_jpeg(data, side) if name == "JPEG" else None
    if small is not None:
        return small, tuple(notes)
    try:
        with Image.open(BytesIO(data), formats=(name,)) as picture:
            pixels = _pixels(picture, side, notes)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise Broken(f"more than {PIXELS:,} pixels") from problem
    except BROKEN as problem:
        reason = str(problem).split("<")[0].strip() or type(problem).__name__
        raise Broken(f"the {name} data are damaged or cut off ({reason})") from problem
    return pixels, tuple(notes)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_BYTES:
            raise Broken(f"the file has more than {FILE_BYTES // 2**20} MiB")
        return path.read_bytes()
    except OSError as problem:
        raise Broken(f"the file cannot be read ({problem.strerror})") from problem


def _pixels(picture: Image.Image, side: int, notes: list[str]) -> np.ndarray:
    """Orient, reduce and convert one opened picture to (H, W, C) uint8."""
    width, height = picture.size
    if width * height > PIXELS:
        raise Broken(f"{width} x {height} is more than {PIXELS:,} pixels")
    if width * height == 0:
        raise Broken("the picture has no pixels")
    if getattr(picture, "is_animated", False):
        notes.append("animated or of several pages: the first picture is used")
    scale = side / max(width, height)
    if scale < 1:
        notes.append(f"reduced to {side} pixels on the longer side")
        picture.draft(None, (int(width * scale) + 1, int(height * scale) + 1))
    rotated = "exif" in picture.info and picture.getexif().get(ORIENTATION, 1) != 1
    plain = _plain(picture, notes)
    if scale < 1:
        target = (max(1, round(width * scale)), max(1, round(height * scale)))
        plain = plain.resize(target, Image.Resampling.BILINEAR, reducing_gap=3.0)
    if rotated:
        notes.append("turned as its EXIF entry says")
        plain.info["exif"] = picture.info["exif"]
        plain = ImageOps.exif_transpose(plain)
    array = np.asarray(plain)
    return array[:, :, None] if array.ndim == 2 else array


def _plain(picture: Image.Image, notes: list[str]) -> Image.Image:
    """Turn any colour mode into grey ("L") or colour ("RGB"), transparency over white."""
    mode = picture.mode
    if mode in ("L", "RGB") and "transparency" not in picture.info:
        return picture
    if mode == "1":
        return picture.convert("L")
    if mode.startswith("I") or mode == "F":
        notes.append("16-bit or float grey brought to 8 bits")
        return _eight_bit(picture)
    if mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        notes.append("transparent parts laid over white")
        colour = picture.convert("RGBA")
        white = Image.new("RGBA", colour.size, (255, 255, 255, 255))
        laid = Image.alpha_composite(white, colour)
        return laid.convert("L" if mode in ("L", "LA", "La") else "RGB")
    notes.append(f"{mode} colours brought to RGB" if mode != "P" else "palette brought to RGB")
    return picture.convert("RGB")


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Scale wide grey values by the range their type promises."""
    values = np.asarray(picture).astype(np.float64)
    if not np.isfinite(values).all():
        raise Broken("it holds values that are no numbers")
    if picture.mode == "F" and values.max(initial=0.0) <= 1.0:
        values = values * 255.0
    elif picture.mode.startswith("I;16") or values.max(initial=0.0) > 255.0:
        values = values / 257.0
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
