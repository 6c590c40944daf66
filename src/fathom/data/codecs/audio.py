"""Clips of any rate and length to compact int16 samples at one rate, and on to log-mel features."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from fathom.data.codecs import Stored, Tensors
from fathom.data.ragged import Ragged
from fathom.data.sounds import FULL, Sounds, doubts, resampled
from fathom.spec import Spec

WINDOW_S = 0.025
HOP_S = 0.010
LONG_S = 3.0  # clips longer than this, on average, are looked at half as often
BANDS, NARROW_BANDS, NARROW_RATE = 64, 40, 8_000
FLOOR = 1e-6
QUIET = 0.1  # variance of a band that is not made louder
LOWEST_HZ = 20.0
USUAL = 0.95
MOST_S, WHOLE_S = 10.0, 30.0


@dataclass(frozen=True)
class AudioCodec:
    """Clips as `bands` log-mel energies every `hop` samples, in windows of `window` samples.

    A mel filter bank (Davis and Mermelstein 1980) spaced by mel = 2595 log10(1 + f / 700). Each
    clip's bands are brought to mean 0 and deviation 1 over its own time, so that loudness,
    microphone and voice matter less. longest: frames of the longest clip that a network is planned
    for; most: samples of a clip that are kept, the middle ones.
    """

    kind: ClassVar[str] = "audio"

    rate: int
    bands: int
    window: int
    hop: int
    longest: int
    most: int

    @classmethod
    def fit(cls, values: Sounds, *, whole: bool = False, hop_s: float = HOP_S) -> Self:
        """Take the rate of most clips and the length of nearly all.

        whole: every frame counts and half a minute is kept, as transcription needs; else the
        middle ten seconds of a long clip stand for it, looked at half as often. hop_s: from frame
        to frame.
        """
        present = values.take(np.flatnonzero(~values.missing()))
        rates, counts = np.unique(present.rates, return_counts=True)
        rate = int(rates[counts.argmax()]) if len(rates) else NARROW_RATE
        seconds = present.seconds() if len(present) else np.ones(1)
        coarse = not whole and float(np.median(seconds)) > LONG_S
        hop = round(rate * (2 * hop_s if coarse else hop_s))
        most_s = WHOLE_S if whole else MOST_S
        usual_s = float(seconds.max() if whole else np.quantile(seconds, USUAL))
        return cls(
            rate=rate,
            bands=NARROW_BANDS if rate <= NARROW_RATE else BANDS,
            window=round(rate * WINDOW_S),
            hop=hop,
            longest=max(1, int(min(usual_s, most_s) * rate) // hop),
            most=round(rate * most_s),
        )

    @cached_property
    def filters(self) -> Float[Tensor, "bins bands"]:
        """The share of each frequency that each band hears: triangles, evenly spaced in mel."""
        top = self.rate / 2
        edges = from_mel(np.linspace(to_mel(LOWEST_HZ), to_mel(top), self.bands + 2))
        heard = np.arange(self.points // 2 + 1) * self.rate / self.points
        rising = (heard[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
        falling = (edges[2:] - heard[:, None]) / (edges[2:] - edges[1:-1])
        return torch.from_numpy(np.maximum(0, np.minimum(rising, falling)).astype(np.float32))

    @property
    def points(self) -> int:
        """Of the Fourier transform: the power of 2 that holds a window."""
        return 1 << (self.window - 1).bit_length()

    def encode(self, values: Sounds) -> dict[str, Stored]:
        """A ragged row of int16 samples a clip, all at one rate; a missing clip is an empty one."""
        clips = [self.kept(values, row) for row in range(len(values))]
        lengths = [len(clip) for clip in clips]
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        flat = np.concatenate([np.zeros(0, dtype=np.int16), *clips])
        return {"value": Ragged(torch.from_numpy(flat), offsets)}

    def kept(self, values: Sounds, row: int) -> np.ndarray:
        """One clip at the codec's rate, its middle if it is too long."""
        clip = resampled(values[row], int(values.rates[row]), self.rate)
        start = max(0, (len(clip) - self.most) // 2)
        return clip[start : start + self.most]

    def strange(self, values: Sounds) -> dict[int, list[str]]:
        """Clips of another rate than those of training, longer ones than are looked at, silent and
        clipped ones.
        """
        reasons: dict[int, list[str]] = {}
        for row in range(len(values)):
            rate, seconds = int(values.rates[row]), float(values.seconds()[row])
            if rate and rate != self.rate:
                reasons.setdefault(row, []).append(f"{rate:,} Hz resampled to {self.rate:,}")
            if seconds > self.most / self.rate:
                told = f"only the middle {self.most / self.rate:g} s of {seconds:.0f} are heard"
                reasons.setdefault(row, []).append(told)
            doubtful = doubts(values[row] / FULL) if len(values[row]) else ()
            if doubtful:
                reasons.setdefault(row, []).extend(doubtful)
        return reasons

    def frames(self, length: Int[Tensor, "..."]) -> Int[Tensor, "..."]:
        """How many frames clips of so many samples have; at least one."""
        return (length - self.window).clamp_min(0) // self.hop + 1

    def prepare(self, tensors: Tensors) -> Tensors:
        """Normalised log-mel energies (B, frames, bands) float32, 0 beyond a clip's own frames."""
        samples, length = tensors["value"], tensors["length"]
        frames = self.frames(length)
        energies = self.energies(samples)
        real = torch.arange(energies.shape[1], device=samples.device) < frames[:, None]
        return {"value": self.normalised(energies, real), "length": frames}

    def energies(self, samples: Tensor) -> Float[Tensor, "B T bands"]:
        """log(mel energy + 1e-6) of every frame of samples (B, n)."""
        wave = samples.to(torch.float32) / FULL
        short = self.window - wave.shape[1]
        if short > 0:
            wave = torch.nn.functional.pad(wave, (0, short))
        hann = torch.hann_window(self.window, periodic=True, device=wave.device)
        cut = wave.unfold(1, self.window, self.hop)  # (B, T, window)
        spectrum = torch.fft.rfft(cut * hann, n=self.points)
        power = spectrum.real.square() + spectrum.imag.square()
        return torch.log(power @ self.filters.to(wave.device) + FLOOR)

    def normalised(self, energies: Float[Tensor, "B T F"], real: Tensor) -> Float[Tensor, "B T F"]:
        """Zero mean and, in bands that sound at all, unit deviation over a clip's own frames."""
        weight = real[..., None].to(energies.dtype)
        count = weight.sum(dim=1, keepdim=True)
        mean = (energies * weight).sum(dim=1, keepdim=True) / count
        centred = (energies - mean) * weight
        variance = centred.square().sum(dim=1, keepdim=True) / count
        return centred / (variance + QUIET).sqrt()

    def decode(self, tensors: Tensors) -> list[np.ndarray]:
        """Not done: features do not tell the samples."""
        raise NotImplementedError("log-mel features cannot be turned back into sound")

    def spec(self) -> Spec:
        """Up to `longest` frames of `bands` energies."""
        return Spec(kind="audio", shape=(self.longest, self.bands))


def to_mel(hertz: float) -> float:
    """The mel scale (O'Shaughnessy 1987): 1,000 Hz are 1,000 mel."""
    return float(2595.0 * np.log10(1.0 + hertz / 700.0))


def from_mel(mel: np.ndarray) -> np.ndarray:
    """Its inverse."""
    return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))
