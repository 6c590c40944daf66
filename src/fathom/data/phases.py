"""Magnitudes of short-time spectra to samples whose spectra have them: phases are found again.

A spectrogram that was drawn says how strong each frequency is at each moment, and not where in its
swing. Griffin and Lim 1984 (equation 6): go back and forth between samples and spectra, keeping the
magnitudes that are known and the phases that samples can have.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

ROUNDS = 32
MOMENTUM = 0.99
TINY = 1e-8
FITTED = 40


@dataclass(frozen=True)
class Frames:
    """Windows of `window` samples every `hop`, their spectra of `points` places."""

    window: int
    hop: int
    points: int

    @property
    def hann(self) -> Float[Tensor, " window"]:
        """The window that each frame is weighed by, before and after."""
        return torch.hann_window(self.window, periodic=True)

    def spectra(self, samples: Float[Tensor, " n"]) -> Tensor:
        """Complex (T, points // 2 + 1)."""
        cut = samples.unfold(0, self.window, self.hop)
        spectra: Tensor = torch.fft.rfft(cut * self.hann, n=self.points)
        return spectra

    def samples(self, spectra: Tensor) -> Float[Tensor, " n"]:
        """The samples whose spectra are nearest to these (Griffin and Lim 1984, equation 6)."""
        frames = torch.fft.irfft(spectra, n=self.points)[:, : self.window] * self.hann
        weights = self.added((self.hann**2).expand_as(frames))
        return self.added(frames) / weights.clamp_min(1e-3)

    def added(self, frames: Float[Tensor, "T window"]) -> Float[Tensor, " n"]:
        """Overlapping frames, added up."""
        starts = self.hop * torch.arange(len(frames))
        places = starts[:, None] + torch.arange(self.window)
        total = frames.new_zeros(self.window + self.hop * (len(frames) - 1))
        return total.index_add_(0, places.flatten(), frames.flatten())


def found(
    magnitudes: Float[Tensor, "T bins"], frames: Frames, rounds: int = ROUNDS
) -> Float[Tensor, " n"]:
    """Samples with these magnitudes, as nearly as `rounds` rounds find them.

    The fast form of Perraudin et al. 2013 (Algorithm 2): each projection goes a little further in
    the direction of the last step. It begins with phases drawn from a fixed seed, so that equal
    magnitudes are equal samples.
    """
    source = torch.Generator().manual_seed(0)
    angles = 2 * torch.pi * torch.rand(magnitudes.shape, generator=source)
    ahead = torch.polar(magnitudes, angles)
    before = torch.zeros_like(ahead)
    for _ in range(rounds):
        kept = magnitudes * ahead / ahead.abs().clamp_min(TINY)
        now = frames.spectra(frames.samples(kept))
        ahead = now + MOMENTUM * (now - before)
        before = now
    return frames.samples(magnitudes * ahead / ahead.abs().clamp_min(TINY))


def spread_out(
    heard: Float[Tensor, "T bands"], filters: Float[Tensor, "bins bands"]
) -> Float[Tensor, "T bins"]:
    """Powers, none below 0, of which the filters hear what was heard.

    Multiplicative updates of least squares (Lee and Seung 2001, theorem 1): x <- x (y A') / (x A
    A'), which never leave the positive numbers.
    """
    weights = filters / filters.sum(dim=0).clamp_min(TINY)
    powers = heard @ weights.T + TINY
    wanted, gram = heard @ filters.T, filters @ filters.T
    for _ in range(FITTED):
        powers = powers * wanted / (powers @ gram).clamp_min(TINY)
    return powers
