"""Sound files as people have them: formats, rates, channels, damage, names, transcripts."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from fathom.data.check import check
from fathom.data.duplicates import duplicate_groups
from fathom.data.sounds import Sounds, decode, resampled, sound_format
from fathom.data.sources import ReadOptions, read, read_inputs
from fathom.data.store import Store
from fathom.data.targets import choose_target, question
from fathom.errors import DataError, OptionError

RATE = 8_000


def tone(hertz: float = 440.0, seconds: float = 0.3, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def sound(path: Path, samples: np.ndarray | None = None, rate: int = RATE, **form: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone() if samples is None else samples, rate, **form)
    return path


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
def test_every_format_is_heard(tmp_path: Path, ending: str) -> None:
    path = sound(tmp_path / f"a.{ending}", tone(seconds=0.5))
    heard = decode([path, path.read_bytes(), None])
    assert heard.problems == {}
    assert heard.sounds.missing().tolist() == [False, False, True]
    assert heard.sounds.rates.tolist() == [RATE, RATE, 0]
    clip = heard.sounds[0].astype(float)
    strongest = np.abs(np.fft.rfft(clip)).argmax() * RATE / len(clip)
    assert strongest == pytest.approx(440, abs=5)
    assert sound_format(path.read_bytes()[:16]) == ending.upper()


def test_channels_are_averaged_and_high_rates_lowered(tmp_path: Path) -> None:
    left = tone(rate=44_100)
    path = sound(tmp_path / "a.wav", np.stack([left, -0.5 * left], axis=1), 44_100)
    heard = decode([path])
    assert heard.sounds.rates.tolist() == [16_000]
    assert abs(len(heard.sounds[0]) - 0.3 * 16_000) <= 1
    assert np.abs(heard.sounds[0]).max() == pytest.approx(0.125 * 32_767, rel=0.02)
    assert sorted(heard.notes) == ["2 channels averaged to one", "44,100 Hz resampled to 16,000"]


def bad_files(root: Path) -> dict[str, str]:
    """Files that cannot be used, and a piece of what is said of each."""
    root.mkdir()
    whole = sound(root / "cut.wav").read_bytes()
    (root / "cut.wav").write_bytes(whole[: len(whole) // 2])
    flac = sound(root / "cut.flac", np.random.default_rng(0).normal(size=9_000) * 0.1).read_bytes()
    (root / "cut.flac").write_bytes(flac[: len(flac) // 2])
    (root / "text.wav").write_text("this is a text\n")
    (root / "empty.wav").write_bytes(b"")
    sound(root / "nothing.wav", np.zeros(0))
    sound(root / "one.wav", np.ones(1) * 0.1)
    slow = bytearray(whole)
    slow[24:28] = (3).to_bytes(4, "little")
    (root / "slow.wav").write_bytes(slow)
    return {
        "cut.wav": "cut off",
        "cut.flac": "cut off",
        "text.wav": "no sound of a known format",
        "empty.wav": "empty",
        "nothing.wav": "0 samples",
        "one.wav": "1 sample,",
        "slow.wav": "3 samples a second",
    }


def test_what_cannot_be_used_is_set_aside_with_the_reason(tmp_path: Path) -> None:
    for number in range(3):
        sound(tmp_path / "good" / f"{number}.wav", tone(300 + 50 * number))
    said = bad_files(tmp_path / "bad")
    table = read(str(tmp_path))
    aside = {f.place: f.reason for f in table.findings if f.severity == "set aside"}
    assert set(aside) == {f"bad/{name}" for name in said}
    for name, piece in said.items():
        assert piece in aside[f"bad/{name}"], aside[f"bad/{name}"]
    assert len(table.unusable()) == len(said)


def test_silence_and_clipping_are_told_and_kept(tmp_path: Path) -> None:
    sound(tmp_path / "a" / "silent.wav", np.zeros(2_000))
    sound(tmp_path / "b" / "loud.wav", np.sign(tone()))
    sound(tmp_path / "b" / "fine.wav")
    table = read(str(tmp_path))
    told = [f.reason for f in table.findings if f.subject == "doubtful sounds"]
    assert len(told) == 2
    assert any("silence" in reason and "silent.wav" in reason for reason in told)
    assert any("clipping" in reason and "loud.wav" in reason for reason in told)
    assert len(table.unusable()) == 0


def test_an_odd_rate_is_told(tmp_path: Path) -> None:
    for number in range(4):
        sound(tmp_path / "a" / f"{number}.wav", rate=RATE if number else 11_025)
    told = [f for f in read(str(tmp_path)).findings if f.subject == "several rates"]
    assert "a/0.wav" in told[0].reason


def test_a_folder_a_class_and_equal_sounds(tmp_path: Path) -> None:
    for number in range(3):
        sound(tmp_path / "low" / f"{number}.wav", tone(200 + number))
        sound(tmp_path / "high" / f"{number}.wav", tone(2_000 + number))
    sound(tmp_path / "high" / "again.wav", tone(2_000))
    (tmp_path / "README").write_text("about")
    store = Store(tmp_path.parent / "cache")
    table = read(str(tmp_path), cache=store)
    assert table.source == "recordings"
    assert table.target == "label"
    assert isinstance(table["audio"].values, Sounds)
    groups = duplicate_groups(table, ("label",))
    assert len(np.unique(groups)) == len(table) - 1
    again = read(str(tmp_path), cache=store)
    assert isinstance(again["audio"].values, Sounds)
    assert np.array_equal(again["audio"].values.buffer, table["audio"].values.buffer)
    assert {f.subject for f in again.findings} == {f.subject for f in table.findings}


@pytest.fixture
def named(tmp_path: Path) -> Path:
    for digit in range(3):
        for speaker in ("ann", "bob"):
            for number in range(4):
                pitch = 300 + 100 * digit + 17 * number + (5 if speaker == "bob" else 0)
                sound(tmp_path / "clips" / f"{digit}_{speaker}_{number}.wav", tone(pitch))
    return tmp_path


def test_file_names_make_columns_that_are_no_inputs(named: Path) -> None:
    options = ReadOptions(pattern="{digit}_{speaker}_{n}", target=("digit",))
    table = read(str(named), options)
    assert table.target == ""  # a single folder is no class
    assert {c.name: c.kind for c in table} == {
        "audio": "audio", "digit": "number", "speaker": "id", "n": "id",
    }  # fmt: skip
    assert question(table, ["digit"]) == "classification"
    told = [f for f in check(table, ("digit",)) if f.subject == "group column"]
    assert [f.place for f in told] == ["speaker"]


def test_a_speaker_in_file_names_is_proposed_as_the_group(named: Path) -> None:
    told = [f for f in read(str(named)).findings if f.subject == "groups in file names"]
    assert "ann, bob" in told[0].reason
    assert "--pattern '{a}_{group}_{c}' --group group" in told[0].remedy


def test_a_pattern_that_fits_no_name_is_an_error(named: Path) -> None:
    with pytest.raises(OptionError, match="No file name fits"):
        read(str(named), ReadOptions(pattern="{a}={b}"))


def test_a_table_of_transcripts(tmp_path: Path) -> None:
    lines = ["file,text"]
    for number in range(30):
        sound(tmp_path / f"{number}.wav", tone(200 + 10 * number))
        lines.append(f"{number}.wav,words {number} of clip {number} are said here")
    (tmp_path / "transcripts.csv").write_text("\n".join(lines) + "\n")
    table = read(str(tmp_path))
    assert {c.name: c.kind for c in table} == {"file": "audio", "text": "text"}
    assert choose_target(table) == ("text",)
    assert question(table, ["text"]) == "transcription"


def test_few_words_that_are_called_a_transcript_are_no_classes(tmp_path: Path) -> None:
    lines = ["file,text"]
    for number in range(12):
        sound(tmp_path / f"{number}.wav", tone(200 + 10 * number))
        lines.append(f"{number}.wav,{('do re', 're do', 'mi')[number % 3]}")
    (tmp_path / "transcripts.csv").write_text("\n".join(lines) + "\n")
    table = read(str(tmp_path))
    assert question(table, choose_target(table)) == "transcription"
    plain = read(str(tmp_path), ReadOptions(kinds={"text": "category"}))
    assert question(plain, choose_target(plain)) == "classification"


def test_the_transcripts_of_ljspeech(tmp_path: Path) -> None:
    lines = []
    for number in range(4):
        sound(tmp_path / "wavs" / f"LJ001-000{number}.wav", tone(200 + 10 * number))
        lines.append(f'LJ001-000{number}|He said "{number}", so|He said "number", so')
    (tmp_path / "metadata.csv").write_text("\n".join(lines) + "\n")
    table = read(str(tmp_path))
    assert table.target == "text"
    assert table["text"].series[0] == 'He said "number", so'
    assert table["clip"].kind == "audio"
    assert not table["clip"].missing().any()


def test_a_text_without_sound_has_no_transcription(tmp_path: Path) -> None:
    rows = "\n".join(f"number {n} of many,{n % 2}" for n in range(30))
    path = tmp_path / "t.csv"
    path.write_text(f"words,label\n{rows}\n")
    with pytest.raises(DataError, match="no sound"):
        question(read(str(path)), ["words"], "transcription")


def test_what_is_to_be_predicted(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    sound(folder / "a.wav")
    (folder / "b.wav").write_text("a text\n")
    sound(tmp_path / "c.flac", rate=11_025)
    table = read_inputs([str(folder), str(tmp_path / "c.flac")], {"audio": "audio"})
    assert table.origins == ("new/a.wav", "new/b.wav", "c.flac")
    assert table.unusable().tolist() == [1]
    listed = tmp_path / "list.csv"
    listed.write_text("audio\nnew/a.wav\nabsent.wav\n")
    table = read_inputs([str(listed)], {"audio": "audio"})
    assert table.unusable().tolist() == [1]


def test_resampling_keeps_a_tone() -> None:
    clip = (tone(rate=16_000) * 32_767).astype(np.int16)
    low = resampled(clip, 16_000, 8_000)
    assert len(low) == len(clip) // 2
    expected = tone(rate=8_000) * 32_767
    assert np.abs(low[200:-200] - expected[200:-200]).max() < 300
