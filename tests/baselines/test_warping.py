"""Time warping against plain loops, and words cut out at silences."""

import numpy as np
import pytest

from fathom.baselines import margin
from fathom.baselines.cepstra import cepstra, standardised
from fathom.baselines.method import Setting
from fathom.baselines.request import RivalRequest
from fathom.baselines.speaking import Cut, nearest_clip, words_at_silences
from fathom.baselines.warping import Known, fit_classes

RATE = 8_000


def plain(a: np.ndarray, b: np.ndarray) -> float:
    """The recursion as it is written."""
    table = np.full((len(a) + 1, len(b) + 1), np.inf)
    table[0, 0] = 0.0
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            own = np.linalg.norm(a[i - 1] - b[j - 1])
            before = min(table[i - 1, j], table[i, j - 1], table[i - 1, j - 1] + own)
            table[i, j] = before + own
    return float(table[-1, -1] / (len(a) + len(b)))


def drawn(lengths: list[int], seed: int = 0) -> list[np.ndarray]:
    source = np.random.default_rng(seed)
    return [source.normal(size=(length, 3)).astype(np.float32) for length in lengths]


@pytest.mark.parametrize("asked", [1, 2, 5, 9])
def test_all_known_clips_at_once_are_as_one_by_one(asked: int) -> None:
    known, clip = drawn([4, 1, 7, 4, 12]), drawn([asked], seed=1)[0]
    expected = [plain(clip, other) for other in known]
    np.testing.assert_allclose(Known(known).distances(clip), expected, rtol=1e-5)


def test_a_slower_clip_is_at_no_distance() -> None:
    clip = drawn([6])[0]
    slow = np.repeat(clip, 3, axis=0)
    assert Known([slow]).distances(clip)[0] == pytest.approx(0.0, abs=1e-3)


def test_the_nearest_class_is_answered() -> None:
    clips = np.empty(6, dtype=object)
    for place, clip in enumerate(drawn([5, 6, 7], seed=2) * 2):
        clips[place] = np.repeat(clip, 1 + place // 3, axis=0)
    classes = np.array([0, 1, 2])
    setting = Setting("category", 3, np.zeros(0, dtype=bool), clips[3:], classes, 0)
    answer = fit_classes(setting, clips[:3], classes)
    assert answer(clips[3:]).argmax(1).tolist() == [0, 1, 2]
    assert answer(clips[:2]).sum(1) == pytest.approx([1.0, 1.0])


def tone(hertz: float, seconds: float = 0.25) -> np.ndarray:
    time = np.arange(round(RATE * seconds)) / RATE
    return 0.5 * np.sin(2 * np.pi * hertz * time) * np.hanning(len(time))


def request() -> tuple[RivalRequest, list[str]]:
    """Clips of two tones, low and high, parted by silence."""
    source = np.random.default_rng(0)
    texts = ["low high", "high low low", "low", "high high", "low high low", "high"]
    pause = np.zeros(round(0.15 * RATE))
    clips = []
    for text in texts:
        parts = [pause]
        for word in text.split():
            parts += [tone(300 if word == "low" else 1_500), pause]
        clip = np.concatenate(parts)
        clips.append(clip + 0.001 * source.normal(size=len(clip)))
    waves = [np.round(clip * 32_767).astype(np.int16) for clip in clips]
    made = RivalRequest(
        kind="transcript",
        classes=0,
        target=np.zeros(len(texts)),
        train=np.arange(3),
        valid=np.array([3]),
        test=np.array([4, 5]),
        texts={"target": texts},
        waves=np.concatenate(waves),
        wave_offsets=np.cumsum([0, *map(len, waves)]),
        rate=RATE,
    )
    return made, texts


def test_words_are_cut_out_and_compared() -> None:
    made, texts = request()
    found = words_at_silences(made, 1.0)
    assert found["test"]["answer"].tolist() == texts[4:]
    assert found["valid"]["answer"].tolist() == texts[3:4]


def test_the_nearest_clip_says_what_was_said_there() -> None:
    made, texts = request()
    answers = nearest_clip(made, 1.0)["test"]["answer"].tolist()
    assert set(answers) <= set(texts[:3])


def test_silence_holds_no_words() -> None:
    assert Cut(0.5, 0.1).words(np.zeros(40)) == []
    assert cepstra(np.zeros(0), RATE).shape == (1, 13)
    assert np.isfinite(standardised(cepstra(np.zeros(1), RATE))).all()


def test_support_vectors_need_no_validation_part() -> None:
    source = np.random.default_rng(0)
    y = np.arange(30) % 3
    x = source.normal(size=(30, 4)) + 4 * np.eye(4)[y]
    nothing = np.zeros(0, dtype=np.int64)
    setting = Setting("category", 3, nothing, x[:0], nothing, 0)
    answer = margin.fit_classes(setting, x, y)
    assert answer(x).argmax(1).tolist() == y.tolist()
    assert answer(x[:0]).shape == (0, 3)
