"""Clips of any rate and length to pictures of what sounds when, and such pictures back to clips."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from fathom.data.codecs import Tensors
from fathom.data.codecs.audio import LOWEST_HZ, NARROW_RATE, USUAL, from_mel, to_mel
from fathom.data.codecs.drawn import Pictorial, Tones
from fathom.data.phases import Frames, found, spread_out
from fathom.data.sounds import FULL, Sounds, resampled, to_int16
from fathom.spec import Spec

BANDS = 64
WINDOW_S = 0.032
HOPS_S = (0.008, 0.012)  # the hop that makes the usual clip as wide as high, within these
WIDE, MULTIPLE = 256, 8  # columns: at most, and what their number is a multiple of
RANGE_DB = 70.0  # below the loudest band of a clip is silence
LOUDNESS = 0.5  # of full scale: the peak of what is played
SILENT = 12  # of 255, on the mean of a column
SEEN = 2000
LEVELS = Tones("levels", "loudness", "range", "silence and the loudest", "too loud, faint or even")


@dataclass(frozen=True)
class SpectrumCodec(Pictorial):
    """Clips as grey pictures (bands, columns, 1): how loud each mel band is at each moment,
    the highest band in the first row.

    A level is 70 / 255 dB; 255 is the loudest band of the clip, so that every clip is as loud; 0 is
    silence, which fills what is left of a shorter clip. Of a longer one the beginning is kept.
    rate: samples a second; window, hop: samples of a column and from one to the next; mean and std:
    of all levels in the training rows.
    """

    kind: ClassVar[str] = "spectrum"
    items: ClassVar[str] = "clips"
    like: ClassVar[str] = "sounds like"
    mirrors: ClassVar[bool] = False  # time runs one way
    tones: ClassVar[Tones | None] = LEVELS

    rate: int
    bands: int
    window: int
    hop: int
    columns: int
    mean: float = 127.5
    std: float = 64.0

    @classmethod
    def fit(cls, values: Sounds) -> Self:
        """Take the rate of most clips and room for the length of nearly all."""
        present = values.take(np.flatnonzero(~values.missing()))
        rates, counts = np.unique(present.rates, return_counts=True)
        rate = int(rates[counts.argmax()]) if len(rates) else NARROW_RATE
        usual_s = float(np.quantile(present.seconds(), USUAL)) if len(present) else 1.0
        hop = round(rate * float(np.clip(usual_s / BANDS, *HOPS_S)))
        columns = -(-round(usual_s * rate) // hop // MULTIPLE) * MULTIPLE
        columns = int(np.clip(columns, MULTIPLE, WIDE))
        plain = cls(rate, BANDS, round(rate * WINDOW_S), hop, columns)
        some = present.take(np.arange(0, len(present), max(1, -(-len(present) // SEEN))))
        levels = plain.encode(some)["value"].double()
        if not levels.numel():
            return plain
        deviation = max(1.0, float(levels.std(correction=0)))
        return cls(rate, BANDS, plain.window, hop, columns, float(levels.mean()), deviation)

    @property
    def frames(self) -> Frames:
        """How samples are cut into columns; spectra are twice as fine as the window tells, so that
        the lowest bands hear something.
        """
        return Frames(self.window, self.hop, 2 << (self.window - 1).bit_length())

    @property
    def samples(self) -> int:
        """Of a clip that fills the picture."""
        return self.window + self.hop * (self.columns - 1)

    @cached_property
    def filters(self) -> Float[Tensor, "bins bands"]:
        """The share of each frequency that each band hears: triangles, evenly spaced in mel, at
        least as wide as two places of the spectrum.
        """
        points = self.frames.points
        middles = np.linspace(to_mel(LOWEST_HZ), to_mel(self.rate / 2), self.bands + 2)
        edges, heard = from_mel(middles), np.arange(points // 2 + 1) * self.rate / points
        least = 2 * self.rate / points
        rise = np.maximum(np.diff(edges)[:-1], least)
        fall = np.maximum(np.diff(edges)[1:], least)
        far = heard[:, None] - edges[1:-1]
        shares = np.maximum(0, 1 - np.where(far < 0, -far / rise, far / fall))
        return torch.from_numpy(shares.astype(np.float32))

    def encode(self, values: Sounds) -> Tensors:
        """uint8 (N, bands, columns, 1); a missing clip is silence."""
        pictures = torch.zeros(len(values), self.bands, self.columns, 1, dtype=torch.uint8)
        for row in range(len(values)):
            clip = resampled(values[row], int(values.rates[row]), self.rate)
            pictures[row, :, :, 0] = self.picture(torch.from_numpy(clip.astype(np.float32) / FULL))
        return {"value": pictures}

    def picture(self, samples: Float[Tensor, " n"]) -> UInt8[Tensor, "bands columns"]:
        """One clip; columns that begin after its end are silence."""
        kept = samples[: self.samples]
        heard = torch.nn.functional.pad(kept, (0, self.samples - len(kept)))
        spectra = self.frames.spectra(heard)
        power = spectra.real.square() + spectra.imag.square()
        bands = (power @ self.filters).clamp_min(1e-12)  # (columns, bands)
        decibels = 10 * torch.log10(bands / bands.max().clamp_min(1e-4))
        levels = (255 * (1 + decibels / RANGE_DB)).round().clamp(0, 255)
        return levels.to(torch.uint8).T.flip(0)

    def strange(self, values: Sounds) -> dict[int, list[str]]:
        """Nothing: it is not asked for an answer."""
        return {}

    def prepare(self, tensors: Tensors) -> Tensors:
        """Zero mean and unit variance, float32."""
        return {"value": (tensors["value"].to(torch.float32) - self.mean) / self.std}

    def decode(self, tensors: Tensors) -> UInt8[np.ndarray, "N bands columns 1"]:
        """Levels from prepared pictures."""
        levels = tensors["value"].detach().cpu().float().numpy() * self.std + self.mean
        whole: np.ndarray = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
        return whole

    def clip(self, picture: UInt8[np.ndarray, "bands columns 1"]) -> np.ndarray:
        """The sound of one picture, int16 samples; silence at its end is cut off."""
        levels = torch.from_numpy(picture[::-1, :, 0].T.astype(np.float32))  # (columns, bands)
        sounding = torch.nonzero(levels.mean(dim=1) >= SILENT)
        levels = levels[: int(sounding.max()) + 1] if len(sounding) else levels[:1]
        heard = torch.where(levels > 0, 10 ** ((levels / 255 - 1) * RANGE_DB / 10), 0.0)
        magnitudes = spread_out(heard, self.filters).sqrt()
        samples = found(magnitudes, self.frames)
        loudest = float(samples.abs().max())
        return to_int16((samples * (LOUDNESS / max(loudest, 1e-6))).numpy())

    def told(self) -> tuple[str, ...]:
        """How long they are at most."""
        return (
            f"clips are drawn as {self.bands} mel bands at {self.columns} moments: up to "
            f"{self.samples / self.rate:.2f} s at {self.rate:,} Hz; what is longer is cut there",
        )

    def written(self, values: UInt8[np.ndarray, "N bands columns 1"]) -> np.ndarray:
        """The pictures of what is heard of pictures when they are played."""
        clips = [self.clip(picture) for picture in values]
        if not clips:
            return values
        return self.encode(Sounds.of(clips, [self.rate] * len(clips)))["value"].numpy()

    def spec(self) -> Spec:
        """Pictures of this size, of one channel."""
        return Spec(kind="image", shape=(self.bands, self.columns, 1))
