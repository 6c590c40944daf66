"""Raw sound files or bytes to decoded clips: one channel of int16 samples in one compact buffer."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import soundfile
import soxr

from fathom.data.media import Media

# Nothing else is ever handed to a decoder; the first bytes decide, not the name.
EXTENSIONS = {
    ".wav": "WAV",
    ".wave": "WAV",
    ".flac": "FLAC",
    ".ogg": "OGG",
    ".oga": "OGG",
    ".mp3": "MP3",
}
HEAD = 16
HIGHEST_RATE = 16_000  # of what is kept: little of a voice or a noise lies above 8 kHz
RATES = (2_000, 384_000)
MOST_SECONDS = 600
CHANNELS = 32
FILE_BYTES = 256 * 2**20
SHORTEST_S = 0.01
FULL = 32_767
CLIPPED_SHARE = 0.002
CHUNK = 64

Item = bytes | Path | None
NOTHING = np.zeros(0, dtype=np.int16)


@dataclass(frozen=True)
class Sounds(Media):
    """N clips of any lengths, int16, back to back in one buffer (may be memory-mapped).

    offsets: (N,) int64, first sample of each clip; lengths: (N,) int64 samples, 0 for a clip that
    is missing or could not be decoded; rates: (N,) int64 samples a second.
    """

    noun: ClassVar[str] = "sound"

    buffer: np.ndarray
    offsets: np.ndarray
    lengths: np.ndarray
    rates: np.ndarray

    @classmethod
    def of(cls, clips: Sequence[np.ndarray], rates: Sequence[int]) -> "Sounds":
        """From clips of int16 samples."""
        lengths = np.array([len(clip) for clip in clips], dtype=np.int64)
        buffer = np.concatenate([NOTHING, *clips])
        return cls(buffer, np.cumsum(lengths) - lengths, lengths, np.array(rates, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, row: int) -> np.ndarray:
        """One clip, int16 (samples,), a view."""
        start = int(self.offsets[row])
        clip: np.ndarray = self.buffer[start : start + int(self.lengths[row])]
        return clip

    def take(self, rows: np.ndarray) -> "Sounds":
        """The same clips for the given rows; the buffer is shared."""
        return Sounds(self.buffer, self.offsets[rows], self.lengths[rows], self.rates[rows])

    def missing(self) -> np.ndarray:
        """Which clips are missing or could not be decoded, (N,) bool."""
        return np.asarray(self.lengths == 0)

    def seconds(self) -> np.ndarray:
        """How long each clip is, float64 (N,)."""
        return np.asarray(self.lengths / np.maximum(self.rates, 1))

    def sizes(self) -> dict[str, Any]:
        """Shortest, middle and longest clip in seconds, their sum, and the rates."""
        seconds = self.seconds()[~self.missing()]
        if not len(seconds):
            return {"seconds": None, "rates": []}
        middle = [float(seconds.min()), float(np.median(seconds)), float(seconds.max())]
        return {
            "seconds": [round(value, 3) for value in middle],
            "total_seconds": round(float(seconds.sum()), 1),
            "rates": np.unique(self.rates[~self.missing()]).tolist(),
        }

    def told(self, row: int) -> str | None:
        """Length and rate."""
        if not self.lengths[row]:
            return None
        return f"{self.seconds()[row]:.2f} s of sound at {self.rates[row]:,} Hz"


@dataclass(frozen=True)
class Heard:
    """Sounds, why some rows could not be decoded, which were converted and how, and which are
    doubtful and why.
    """

    sounds: Sounds
    problems: dict[int, str]
    notes: dict[str, list[int]]
    doubts: dict[str, list[int]]


class Broken(Exception):  # noqa: N818 - a reason, caught in this file
    """A sound that cannot be used, with the reason as its text."""


class _Attempt(NamedTuple):
    """One clip, empty when there is none, and its rate; why it broke; what was done; doubts."""

    clip: np.ndarray
    rate: int
    problem: str = ""
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def sound_format(head: bytes) -> str | None:
    """Name the sound format that the first 16 bytes announce, None when there is none."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "WAV"
    if head.startswith(b"fLaC"):
        return "FLAC"
    if head.startswith(b"OggS"):
        return "OGG"
    # a frame of MPEG audio, layer III, begins with eleven set bits
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "MP3"
    return None


def decode(items: Sequence[Item]) -> Heard:
    """Decode files or encoded bytes in threads (libsndfile runs outside Python's lock).

    Channels are averaged; what has more than 16,000 samples a second is resampled to that. None is
    a missing sound, not a problem.
    """
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        try:
            attempts = list(pool.map(_attempt, items, chunksize=CHUNK))
        finally:
            pool.shutdown(cancel_futures=True)  # so that Ctrl-C does not wait for the rest
    problems = {row: one.problem for row, one in enumerate(attempts) if one.problem}
    notes: dict[str, list[int]] = {}
    doubts: dict[str, list[int]] = {}
    for row, attempt in enumerate(attempts):
        for note in attempt.notes:
            notes.setdefault(note, []).append(row)
        for doubt in attempt.doubts:
            doubts.setdefault(doubt, []).append(row)
    sounds = Sounds.of([one.clip for one in attempts], [one.rate for one in attempts])
    return Heard(sounds, problems, notes, doubts)


def resampled(clip: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """int16 samples at another rate, (samples,) int16."""
    if rate == wanted or not len(clip):
        return clip
    return to_int16(soxr.resample(clip.astype(np.float32) / FULL, rate, wanted))


def to_int16(samples: np.ndarray) -> np.ndarray:
    """From -1 .. 1 to whole numbers; what is louder is cut off."""
    return np.asarray(np.clip(np.rint(samples * FULL), -FULL, FULL).astype(np.int16))


def _attempt(item: Item) -> _Attempt:
    if item is None:
        return _Attempt(NOTHING, 0)
    try:
        return _decoded(item)
    except Broken as problem:
        return _Attempt(NOTHING, 0, str(problem))


def _decoded(item: bytes | Path) -> _Attempt:
    data = item if isinstance(item, bytes) else _content(item)
    if not data:
        raise Broken("the file is empty")
    name = sound_format(data[:HEAD])
    if name is None:
        raise Broken("the content is no sound of a known format (WAV, FLAC, OGG or MP3)")
    notes = []
    if isinstance(item, Path) and EXTENSIONS.get(item.suffix.lower(), name) != name:
        notes.append(f"a {name} file with another extension")
    samples, rate = _samples(data, name)
    if samples.shape[1] > 1:
        notes.append(f"{samples.shape[1]} channels averaged to one")
    mono = samples.mean(axis=1)
    if len(mono) < SHORTEST_S * rate:
        raise Broken(
            f"it holds {_plural(len(mono), 'sample')}, less than {1000 * SHORTEST_S:.0f} ms"
        )
    if rate > HIGHEST_RATE:
        notes.append(f"{rate:,} Hz resampled to {HIGHEST_RATE:,}")
        kept = soxr.resample(mono, rate, HIGHEST_RATE)
        return _Attempt(to_int16(kept), HIGHEST_RATE, "", tuple(notes), doubts(samples))
    return _Attempt(to_int16(mono), rate, "", tuple(notes), doubts(samples))


def _samples(data: bytes, name: str) -> tuple[np.ndarray, int]:
    """Samples (n, channels) float32 from -1 to 1, and how many a second."""
    try:
        with soundfile.SoundFile(BytesIO(data)) as file:
            rate, channels, frames = file.samplerate, file.channels, file.frames
            if not RATES[0] <= rate <= RATES[1]:
                raise Broken(f"its header says {rate:,} samples a second")
            if channels > CHANNELS:
                raise Broken(f"its header says {channels} channels")
            if frames > MOST_SECONDS * rate:
                raise Broken(f"it is longer than {MOST_SECONDS // 60} minutes; cut it into clips")
            samples = file.read(dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError, ValueError, OSError) as problem:
        # what the library says of damaged bytes in memory speaks of files and pipes
        raise Broken(f"the {name} data are damaged or cut off") from problem
    promised = _promised(data) if name == "WAV" else 0
    if promised > len(data) or len(samples) < frames:
        raise Broken(f"the {name} data are cut off: the header promises more than there is")
    if not np.isfinite(samples).all():
        raise Broken("it holds values that are no numbers")
    return np.asarray(samples), int(rate)


def _promised(data: bytes) -> int:
    """Bytes up to the end of the samples, as a WAV file's headers say; 0 where they do not."""
    place = 12
    while place + 8 <= len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        if data[place : place + 4] == b"data":
            # a recorder that was streaming did not know the size
            return 0 if size in (0, 0xFFFFFFFF) else place + 8 + size
        place += 8 + size + size % 2
    return 0


def doubts(samples: np.ndarray) -> tuple[str, ...]:
    """Silence and clipping of samples from -1 to 1, in words."""
    loudest = float(np.abs(samples).max())
    if loudest == 0.0:
        return ("silence: all samples are 0",)
    full = np.abs(samples) >= min(loudest, 0.999)
    if loudest >= 0.99 and full.mean() > CLIPPED_SHARE:
        return (f"clipping: more than {100 * CLIPPED_SHARE:g} % of the samples are at the limit",)
    return ()


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_BYTES:
            raise Broken(f"the file has more than {FILE_BYTES // 2**20} MiB")
        return path.read_bytes()
    except OSError as problem:
        raise Broken(f"the file cannot be read ({problem.strerror})") from problem


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
