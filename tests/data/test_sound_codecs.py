"""Samples to log-mel features, transcripts to labels, and random changes of samples."""

import numpy as np
import polars as pl
import pytest
import torch

from fathom.data.augment_sound import AugmentSound, played
from fathom.data.batches import Examples
from fathom.data.codecs import Stored, to_json
from fathom.data.codecs.audio import AudioCodec
from fathom.data.codecs.registry import codec_from_json
from fathom.data.codecs.transcript import UNKNOWN, TranscriptCodec
from fathom.data.ragged import Ragged
from fathom.data.sounds import FULL, Sounds
from fathom.data.units import UNITS
from fathom.spec import Spec
from fathom.tasks.transcription import fitting_hop, needed, too_long

RATE = 8_000


def clips(*seconds: float, rate: int = RATE, seed: int = 0) -> Sounds:
    source = np.random.default_rng(seed)
    made = [
        (source.normal(size=round(s * rate)) * 2_000).astype(np.int16) if s else np.zeros(0, "i2")
        for s in seconds
    ]
    return Sounds.of(made, [rate] * len(made))


def ragged(stored: Stored) -> Ragged:
    assert isinstance(stored, Ragged)
    return stored


def prepared(codec: AudioCodec, sounds: Sounds) -> dict[str, torch.Tensor]:
    examples = Examples({"x": codec.encode(sounds)["value"]}, {}, {"x": codec})
    batch = examples.batch(np.arange(len(sounds)), torch.device("cpu"))
    return dict(batch.inputs)


def test_energies_are_those_of_the_formula() -> None:
    codec = AudioCodec.fit(clips(0.5))
    clip = clips(0.5)[0].astype(np.float64) / FULL
    found = codec.energies(torch.from_numpy(clips(0.5)[0].astype(np.int64))[None])[0]
    frame = 7
    cut = clip[frame * codec.hop : frame * codec.hop + codec.window]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(codec.window) / codec.window)
    bins = np.arange(codec.points // 2 + 1)
    turns = np.exp(-2j * np.pi * np.outer(bins, np.arange(codec.window)) / codec.points)
    power = np.abs(turns @ (cut * window)) ** 2
    expected = np.log(power @ codec.filters.numpy().astype(np.float64) + 1e-6)
    np.testing.assert_allclose(found[frame].numpy(), expected, atol=1e-3)


def test_every_band_hears_something_and_all_stay_below_half_the_rate() -> None:
    for rate in (8_000, 11_025, 16_000):
        codec = AudioCodec.fit(clips(0.5, rate=rate))
        assert codec.rate == rate
        assert (codec.filters.sum(dim=0) > 0).all()
        assert codec.filters.shape == (codec.points // 2 + 1, codec.bands)


def test_neither_padding_nor_loudness_matters() -> None:
    sounds = clips(0.3, 0.8)
    codec = AudioCodec.fit(sounds)
    both = prepared(codec, sounds)
    alone = prepared(codec, sounds.take(np.array([0])))
    count = int(both["x_length"][0])
    assert alone["x"].shape[1] == count
    torch.testing.assert_close(both["x"][0, :count], alone["x"][0], atol=1e-5, rtol=1e-4)
    assert not both["x"][0, count:].any()
    louder = Sounds.of([sounds[0] * 2], [RATE])
    torch.testing.assert_close(prepared(codec, louder)["x"], alone["x"], atol=0.02, rtol=0.02)
    means = alone["x"].mean(dim=1)
    torch.testing.assert_close(means, torch.zeros_like(means), atol=1e-4, rtol=0)


def test_silence_nothing_and_one_sample_are_finite() -> None:
    sounds = Sounds.of([np.zeros(4_000, "i2"), np.zeros(0, "i2"), np.ones(1, "i2")], [RATE] * 3)
    codec = AudioCodec.fit(clips(0.5))
    found = prepared(codec, sounds)
    assert torch.isfinite(found["x"]).all()
    assert found["x_length"].tolist() == [48, 1, 1]
    alone = prepared(codec, sounds.take(np.array([1])))
    assert alone["x"].shape == (1, 1, codec.bands)


def test_rates_are_brought_to_that_of_most_clips() -> None:
    mixed = Sounds.of(
        [clips(0.5)[0], clips(0.5)[0], clips(0.5, rate=16_000)[0]], [RATE] * 2 + [16_000]
    )
    codec = AudioCodec.fit(mixed)
    assert codec.rate == RATE
    lengths = np.diff(ragged(codec.encode(mixed)["value"]).offsets)
    assert lengths.tolist() == [4_000] * 3
    assert "16,000 Hz resampled to 8,000" in codec.strange(mixed)[2]


def test_long_clips_are_cut_unless_all_counts() -> None:
    long = clips(14.0, 4.0, 4.0)
    codec, whole = AudioCodec.fit(long), AudioCodec.fit(long, whole=True)
    assert np.diff(ragged(codec.encode(long)["value"]).offsets)[0] == 10 * RATE
    assert np.diff(ragged(whole.encode(long)["value"]).offsets)[0] == 14 * RATE
    assert (codec.hop, whole.hop) == (160, 80)
    assert "middle 10 s of 14" in codec.strange(long)[0][0]


def test_the_codecs_are_json() -> None:
    for codec in (AudioCodec.fit(clips(0.5)), TranscriptCodec.fit(pl.Series(["a b"]))):
        assert codec_from_json(to_json(codec)) == codec


def test_dense_speech_is_looked_at_more_often() -> None:
    seconds = np.full(10, 3.0)
    assert fitting_hop(seconds, np.full(10, 5)) == 0.02
    assert fitting_hop(seconds, np.full(10, 20)) == 0.01
    assert fitting_hop(seconds, np.full(10, 60)) == 0.005
    assert fitting_hop(seconds, np.zeros(10)) == 0.005


def test_few_words_are_labels_and_many_are_spelled() -> None:
    words = TranscriptCodec.fit(pl.Series(["yes no", "no no", "yes yes no"] * 3))
    assert words.unit == "words"
    assert words.labels("no  yes maybe") == [2, 3, UNKNOWN]
    spelled = TranscriptCodec.fit(pl.Series(["a cat", "sat"]))
    assert spelled.unit == "characters"
    assert spelled.text(spelled.labels("sat at")) == "sat at"
    assert spelled.strange(pl.Series(["cat!"])) == {
        0: ["characters that training did not see: '!'"]
    }


def test_equal_neighbours_need_a_blank_between() -> None:
    assert [needed([]), needed([2]), needed([2, 2]), needed([2, 3, 3, 3])] == [0, 1, 3, 6]


def test_labels_that_do_not_fit_into_a_clip_are_named() -> None:
    sounds, spoken = clips(0.05, 1.0, 0.0), pl.Series(["a b c d", "a b c d", "a"])
    codec, texts = AudioCodec.fit(sounds, whole=True), TranscriptCodec.fit(spoken)
    examples = Examples(
        {"sound": codec.encode(sounds)["value"]},
        {"target": texts.encode(spoken)["value"]},
        {"sound": codec, "target": texts},
    )
    assert too_long(examples) == {0: "7 labels do not fit into 1 moments"}


def test_transcripts_come_back_as_truth() -> None:
    codec = TranscriptCodec.fit(pl.Series(["yes no", "no no", None, "yes yes no"] * 3))
    stored = ragged(codec.encode(pl.Series(["yes  no", None, "no perhaps"]))["value"])
    units = UNITS["transcript"]
    assert units.truth(codec, stored).tolist() == ["yes no", "", "no \ufffd"]
    assert units.known(stored).tolist() == [True, False, True]


def test_speed_changes_length_and_pitch() -> None:
    time = torch.arange(4_000) / RATE
    wave = (10_000 * torch.sin(2 * torch.pi * 400 * time)).long().repeat(6, 1)
    length = torch.tensor([4_000] * 5 + [0])
    found, new = played(wave, length, 0.2, torch.Generator().manual_seed(0))
    for clip, count in zip(found[:5], new[:5].tolist(), strict=True):
        spectrum = torch.fft.rfft(clip[:count]).abs()
        pitch = float(spectrum.argmax()) * RATE / count
        assert pitch == pytest.approx(400 * 4_000 / count, rel=0.03)
    assert new[:5].unique().numel() > 1
    assert not found[5].any()


def test_mixed_clips_have_mixed_targets() -> None:
    specs = {"x": Spec("audio", (10, 4)), "target": Spec("category", (), ("a", "b", "c"))}
    augment = AugmentSound.of({"sound_mixup": 1.0}, specs)
    sounds = torch.randint(-9_000, 9_000, (6, 500))
    inputs = {"x": sounds.clone(), "x_length": torch.full((6,), 500)}
    targets = {"target": torch.tensor([0, 1, 2, 0, 1, 2])}
    found, soft = augment(inputs, targets, torch.Generator().manual_seed(0))
    assert soft["target"].shape == (6, 3)
    torch.testing.assert_close(soft["target"].sum(dim=1), torch.ones(6))
    assert soft["target"].argmax(dim=1).tolist() == [0, 1, 2, 0, 1, 2]
    assert torch.equal(inputs["x"], sounds)
    assert not torch.equal(found["x"], sounds.float())


def test_an_unknown_change_is_an_error() -> None:
    with pytest.raises(ValueError, match="reverb"):
        AugmentSound.of({"sound_reverb": 1.0}, {})


def test_silent_and_clipped_clips_are_told_at_prediction() -> None:
    time = np.arange(800)
    clips = [
        np.zeros(800),
        20_000 * np.sin(time / 5),
        np.clip(90_000 * np.sin(time / 5), -FULL, FULL),
    ]
    sounds = Sounds.of([clip.astype(np.int16) for clip in clips], [8_000] * 3)
    told = AudioCodec.fit(sounds).strange(sounds)
    assert sorted(told) == [0, 2]
    assert "silence" in told[0][0]
    assert "clipping" in told[2][0]
