"""Clips to pictures of what sounds when, and back."""

import numpy as np
import torch

from fathom.data.codecs import to_json
from fathom.data.codecs.drawn import Drawable
from fathom.data.codecs.registry import codec_from_json
from fathom.data.codecs.spectrum import SpectrumCodec
from fathom.data.phases import Frames, found, spread_out
from fathom.data.sounds import Sounds

RATE = 8_000


def tone(hertz: float, seconds: float) -> np.ndarray:
    time = np.arange(round(RATE * seconds)) / RATE
    wave = np.sin(2 * np.pi * hertz * time) * np.hanning(len(time))
    return np.rint(20_000 * wave).astype(np.int16)


CLIPS = Sounds.of([tone(400, 0.3), tone(1_500, 0.2), tone(700, 0.01)], [RATE] * 3)
CODEC = SpectrumCodec.fit(CLIPS)


def loudest_hertz(clip: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(clip.astype(float)))
    return float(power.argmax() * RATE / len(clip))


def test_samples_and_their_spectra_are_the_same() -> None:
    frames = Frames(256, 64, 512)
    samples = torch.randn(256 + 64 * 20, generator=torch.Generator().manual_seed(1))
    again = frames.samples(frames.spectra(samples))
    inner = slice(256, -256)
    assert torch.allclose(again[inner], samples[inner], atol=1e-5)


def test_spectra_are_those_of_torch() -> None:
    frames = Frames(256, 64, 256)
    samples = torch.randn(256 + 64 * 9, generator=torch.Generator().manual_seed(2))
    theirs = torch.stft(samples, 256, 64, window=frames.hann, center=False, return_complex=True)
    assert torch.allclose(frames.spectra(samples), theirs.T, atol=1e-4)


def test_more_rounds_find_samples_of_nearer_magnitudes() -> None:
    frames = Frames(256, 64, 256)
    magnitudes = frames.spectra(torch.from_numpy(tone(440, 0.3).astype(np.float32))).abs()

    def missed(rounds: int) -> float:
        told = frames.spectra(found(magnitudes, frames, rounds)).abs()
        return float((told - magnitudes).norm() / magnitudes.norm())

    assert missed(30) < 0.5 * missed(0)


def test_powers_are_found_that_the_filters_hear_alike() -> None:
    powers = torch.rand(4, CODEC.filters.shape[0], generator=torch.Generator().manual_seed(3))
    heard = powers @ CODEC.filters
    told = spread_out(heard, CODEC.filters)
    assert float(told.min()) >= 0
    assert float(((told @ CODEC.filters - heard) / heard).abs().mean()) < 0.05


def test_a_clip_keeps_pitch_and_length() -> None:
    pictures = CODEC.encode(CLIPS)["value"].numpy()
    assert pictures.shape == (3, CODEC.bands, CODEC.columns, 1)
    for row, hertz, seconds in ((0, 400, 0.3), (1, 1_500, 0.2)):
        clip = CODEC.clip(pictures[row])
        assert abs(loudest_hertz(clip) - hertz) < 60
        assert abs(len(clip) / RATE - seconds) < 0.06
    played = CODEC.written(pictures[:2])
    assert np.corrcoef(played.ravel(), pictures[:2].ravel())[0, 1] > 0.9


def test_a_sound_does_not_depend_on_those_beside_it() -> None:
    pictures = CODEC.encode(CLIPS)["value"].numpy()
    assert np.array_equal(CODEC.written(pictures)[1:2], CODEC.written(pictures[1:2]))


def test_silence_and_missing_clips_stay_silent() -> None:
    nothing = Sounds.of([np.zeros(0, np.int16), np.zeros(900, np.int16)], [0, RATE])
    pictures = CODEC.encode(nothing)["value"].numpy()
    assert (pictures == 0).all()
    assert len(CODEC.clip(pictures[0])) == CODEC.window
    assert SpectrumCodec.fit(nothing.take(np.array([0]))).columns >= 8


def test_it_is_saved_and_prepared() -> None:
    assert codec_from_json(to_json(CODEC)) == CODEC
    assert isinstance(CODEC, Drawable)
    stored = CODEC.encode(CLIPS)
    assert np.array_equal(CODEC.decode(CODEC.prepare(stored)), stored["value"].numpy())
