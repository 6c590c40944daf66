"""What is in texts: sizes, unseen characters, repeated ones, and an end of another kind."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.console import show_inspection
from fathom.data.check import check
from fathom.data.describe import describe
from fathom.data.duplicates import duplicate_groups
from fathom.data.similar_texts import folded, near_texts
from fathom.data.sources import ReadOptions, read
from fathom.data.surprise import bits, last_part
from fathom.data.table import Column, Finding, Kind, Part, Table
from fathom.data.texts import characters, sizes
from fathom.errors import DataError

WORDS = [f"{a}{b}{c}" for a in "bdfklmnprst" for b in "aeiou" for c in ("", "n", "st", "ring")]


def test_the_one_column_of_a_kind_is_found_or_what_there_is_is_told() -> None:
    columns = (
        Column("en", "text", pl.Series("en", ["a"])),
        Column("de", "text", pl.Series("de", ["b"])),
        Column("n", "number", pl.Series("n", [1.0])),
    )
    several = Table(columns, "csv", "", Path("pairs.csv"))
    assert several.only("text", but=("de",), what="One is.", remedy="Keep it.").name == "en"
    said = r"pairs.csv: One is. Found: en \(text\), de \(text\), n \(number\). Keep it."
    for kind in ("text", "audio"):
        with pytest.raises(DataError, match=said):
            several.only(kind, what="One is.", remedy="Keep it.")


def sentence(rng: np.random.Generator, count: int = 25) -> str:
    return " ".join(rng.choice(WORDS, count))


def sentences(count: int, seed: int = 0, words: int = 25) -> list[str]:
    chosen = np.random.default_rng(seed).choice(WORDS, (count, words))
    return [" ".join(row) for row in chosen.tolist()]


def table(
    texts: Sequence[str | None],
    *,
    running: bool = False,
    parts: tuple[Part, ...] | None = None,
    **more: list[str],
) -> Table:
    columns = [Column("text", "text", pl.Series(texts, dtype=pl.String))]
    for name, values in more.items():
        kind: Kind = "text" if name == "other" else "category"
        columns.append(Column(name, kind, pl.Series(values)))
    return Table(tuple(columns), "x", "", Path("x"), parts=parts, running=running)


def subjects(findings: list[Finding] | tuple[Finding, ...]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_sizes_are_of_known_texts() -> None:
    assert sizes(pl.Series(["äb", None, "b", "cccc"])) == {
        "characters": 7,
        "bytes": 8,
        "distinct_characters": 3,
        "lengths": [1, 2, 4],
    }
    assert sizes(pl.Series([None], dtype=pl.String))["lengths"] is None
    both = table(["äb", None], other=["x", "yz"])
    assert characters(both).tolist() == [3, 2]


def test_odd_characters_are_named_and_counted() -> None:
    texts = sentences(30)
    texts[3] += "\u200b here \u202eand\u202c"
    texts[4] += " \x00 \x07"
    texts[5] += " \ufffd"
    texts[6] += "\u2028\rx"
    texts[7] += "\r\ntab\t"
    found = subjects(check(table(texts), ("text",)))
    assert "U+200B ZERO WIDTH SPACE 1 times" in found["invisible characters"].reason
    assert "the first is row 3" in found["invisible characters"].reason
    assert "U+0000 1 times" in found["NUL bytes"].reason
    assert "U+0007" in found["control characters"].reason
    assert "1 rows hold" in found["broken characters"].reason
    assert "1 rows hold" in found["odd line ends"].reason
    assert not set(subjects(check(table(sentences(30)), ("text",)))) - {"text column"}


def near(texts: list[str]) -> list[list[int]]:
    found: list[list[int]] = near_texts(folded(pl.Series(texts))).tolist()
    return found


def test_nearly_equal_texts_are_found_and_different_ones_are_not() -> None:
    texts = sentences(400)
    texts[100] = texts[0].replace(" ", "  ").upper()
    texts[200] = texts[1] + " end"
    texts[300] = texts[2][:60] + "x" + texts[2][61:]
    texts[399] = " ".join(texts[3].split()[:12])
    assert near(texts) == [[0, 100], [1, 200], [2, 300]]


@pytest.mark.parametrize("length", [40, 400, 6000])
def test_nearness_is_the_share_of_common_stretches(length: int) -> None:
    """The estimate of Jaccard's index by 32 hashes is right to within three deviations."""
    rng = np.random.default_rng(length)
    one = sentence(rng, length)
    pairs = []
    for kept in (0.5, 0.97):
        words = one.split()
        for place in rng.choice(len(words), int((1 - kept) * len(words)), replace=False):
            words[place] = "zzzz"
        pairs.append(" ".join(words))
    stretches = [{t[n : n + 8] for n in range(len(t) - 7)} for t in (one, *pairs)]
    index = [len(stretches[0] & s) / len(stretches[0] | s) for s in stretches[1:]]
    assert index[0] < 0.5
    assert ([0, 2] in near([one, *pairs])) == (index[1] > 0.8)
    assert [0, 1] not in near([one, *pairs])


@settings(max_examples=30)
@given(st.lists(st.text("ab \n", max_size=12), max_size=8))
def test_odd_and_short_texts_are_no_trouble(texts: list[str]) -> None:
    pairs = near_texts(pl.Series(texts, dtype=pl.String))
    assert all(texts[one] == texts[two] for one, two in pairs if len(texts[one]) < 9)
    assert (pairs[:, 0] < pairs[:, 1]).all()


def test_texts_of_any_length_are_hashed_alike_in_any_company() -> None:
    """Chunks end anywhere; a text's neighbours must not change its hashes."""
    short = sentences(50, 1)
    long = sentences(12, words=22_500)
    texts = [*short, *long, *short, long[3] + " end"]
    found = near(texts)
    assert {(n, n + 62) for n in range(50)} <= {(a, b) for a, b in found}
    assert [53, 112] in found


def test_duplicates_of_a_classification_stay_together_and_conflicts_are_told() -> None:
    texts: list[str | None] = [*sentences(300)]
    texts[10] = f" {texts[0]} ".upper()
    texts[11] = f"{texts[1]} end"
    texts[12] = texts[13] = None
    labels = ["a", "b"] * 150
    labels[11] = "a"
    data = table(texts, y=labels)
    groups = duplicate_groups(data, ("y",))
    assert groups[10] == 0 and groups[11] == 1
    assert len(np.unique(groups)) == 298
    found = subjects(check(data, ("y",)))
    assert "2 rows repeat" in found["duplicates"].reason
    assert "1 example stands" in found["label conflict"].reason
    assert "leaking column" not in found


def test_with_other_columns_rows_must_be_equal_as_before() -> None:
    texts: list[str | None] = [*sentences(40)]
    texts[1] = texts[0]
    texts[3] = str(texts[2]).upper()
    kinds = ["p", "p", *["q", "r"] * 19]
    groups = duplicate_groups(table(texts, kind=kinds, y=["a", "b"] * 20), ("y",))
    assert groups.tolist() == [0, 0, *range(2, 40)]


def test_items_share_a_group_only_where_equal_and_running_text_never() -> None:
    items: list[str | None] = ["ann", "Ann", "bob", "ann", "ann ", None, None, "ann", "bob"] * 3
    expected = [items.index(item) if item else row for row, item in enumerate(items)]
    for target in ((), ("text",)):
        assert duplicate_groups(table(items), target).tolist() == expected
        assert duplicate_groups(table(items, running=True), target).tolist() == list(range(27))


def test_parallel_texts_are_no_conflicts() -> None:
    texts: list[str | None] = [*sentences(50)]
    texts[1] = texts[0]
    found = subjects(check(table(texts, other=sentences(50, 3)), ("other",)))
    assert "1 row repeats" in found["duplicates"].reason
    assert not {"label conflict", "one example of a class", "text column"} & set(found)


def test_bits_are_those_of_pair_counts() -> None:
    """By hand: of the pairs of "abab" and "ac", two of a's three go on with b."""
    found = bits(pl.Series(["abab", "ac", "", "ab"]), np.array([0, 1]))
    row = 3 + 0.05 * 256
    to_b, to_c, to_a = 2.05 / row, 1.05 / row, 1.05 / (1 + 0.05 * 256)
    expected = [-(2 * np.log2(to_b) + np.log2(to_a)) / 3, -np.log2(to_c), 0, -np.log2(to_b)]
    assert found == pytest.approx(expected)


def story(rows: int) -> list[str]:
    return [text + ".\n" for text in sentences(rows, words=400)]


LICENCE = "Section 7(b)(ii): THE LICENSOR SHALL NOT BE LIABLE FOR ANY DAMAGES WHATSOEVER; "
INDEX = "".join(f"{n}, {n * 7 % 91}-{n * 7 % 91 + 3}; " for n in range(100))


@pytest.mark.parametrize("end", [LICENCE * 20, INDEX, "=" * 2000, "\n" * 2000])
def test_an_end_of_another_kind_is_named(end: str) -> None:
    texts: list[str | None] = [*story(200), end, end, end]
    found = last_part(table(texts, running=True))
    assert [finding.place for finding in found] == ["row 200"]
    assert "3 of 203 rows" in found[0].reason


def test_a_text_of_one_kind_a_list_and_a_short_text_are_left_in_peace() -> None:
    texts: list[str | None] = [*story(200)]
    assert last_part(table(texts, running=True)) == []
    assert last_part(table([*texts, LICENCE * 20])) == []
    assert last_part(table([*texts[:40], LICENCE * 20], running=True)) == []
    odd_middle: list[str | None] = [*texts[:100], LICENCE * 20, *texts[100:]]
    assert last_part(table(odd_middle, running=True)) == []


def test_a_given_test_part_is_compared_with_the_training_part() -> None:
    parts: tuple[Part, ...] = ("train",) * 100 + ("valid",) * 20 + ("test",) * 20
    same: list[str | None] = [*story(140)]
    assert last_part(table(same, running=True, parts=parts)) == []
    other: list[str | None] = [*story(120), *[LICENCE * 20] * 20]
    found = last_part(table(other, running=True, parts=parts))
    assert [finding.place for finding in found] == ["row 120"]


def test_a_text_is_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "story.txt"
    path.write_text("\n".join(story(20)))
    data = read(str(path))
    told = describe(data, check(data, ("text",)))
    assert told["running"] is True
    assert told["questions"] == [
        {"target": "text", "task": "language", "classes": None, "likely": True}
    ]
    column = told["columns"][0]
    assert column["used"] and column["kind"] == "text"
    assert column["characters"] == column["bytes"] == len(path.read_text())
    show_inspection(told)
    shown = " ".join(capsys.readouterr().out.split())
    assert "--target text (language)" in shown
    assert "different; " in shown


def test_texts_with_classes_are_asked_for_the_class(tmp_path: Path) -> None:
    for label in ("pos", "neg"):
        for number in range(30):
            file = tmp_path / label / f"{number}.txt"
            file.parent.mkdir(exist_ok=True)
            file.write_text(sentence(np.random.default_rng(number + 100 * (label == "pos"))))
    told = describe(read(str(tmp_path)))
    assert [(one["target"], one["task"]) for one in told["questions"]] == [
        ("label", "classification")
    ]


def test_either_of_two_texts_can_be_written_from_the_other(tmp_path: Path) -> None:
    """Where neither is a likelier target, nothing was said that could be asked."""
    texts = {"question": sentences(40, 1), "answer": [f"{n} um dois {n + 7}" for n in range(40)]}
    pl.DataFrame(texts).write_csv(tmp_path / "pairs.csv")
    questions = describe(read(str(tmp_path / "pairs.csv")))["questions"]
    assert [(one["target"], one["task"]) for one in questions] == [
        ("answer", "translation"),
        ("question", "translation"),
    ]


def test_parallel_texts_are_described_as_a_translation(tmp_path: Path) -> None:
    for language in ("en", "de"):
        (tmp_path / f"a.{language}").write_text("\n".join(sentences(30, len(language))))
    data = read(str(tmp_path), ReadOptions())
    questions = describe(data)["questions"]
    assert [(one["target"], one["task"]) for one in questions] == [("en", "translation")]
