"""What a training understands of its data is said, and no row is lost without a word."""

from pathlib import Path

import pytest

from fathom.data.table import Finding
from fathom.errors import DataError
from fathom.train.listener import Listener
from fathom.train.options import Options
from fathom.train.prepare import check_memory, prepare
from fathom.train.understanding import told


class Heard(Listener):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def table(path: Path, classes: str) -> str:
    rows = "".join(f"{n * 7 % 11},{n},{classes[n % len(classes)]}\n" for n in range(60))
    path.write_text("size,count,label\n" + rows)
    return str(path)


def test_a_class_that_only_the_test_part_has_is_set_aside_and_told(tmp_path: Path) -> None:
    """Its number is -1, which no metric takes."""
    source, test = table(tmp_path / "a.csv", "xy"), table(tmp_path / "b.csv", "xyz")
    heard = Heard()
    prepared = prepare(source, Options(test=test, cache=str(tmp_path)), heard)
    assert (prepared.truth(prepared.rows("test")) >= 0).all()
    assert len(prepared.rows("test")) == 40
    assert len(prepared.rows("unused")) == 20
    assert any(
        "unseen" in line and "(z)" in line and "b.csv line 4" in line for line in heard.lines
    )
    assert any(one.subject == "class unseen in training" for one in prepared.findings)


def test_a_test_part_without_any_known_class_is_refused(tmp_path: Path) -> None:
    source, test = table(tmp_path / "a.csv", "xy"), table(tmp_path / "b.csv", "z")
    with pytest.raises(DataError, match="test part is empty"):
        prepare(source, Options(test=test, cache=str(tmp_path)), Listener())


def test_what_is_left_out_or_read_otherwise_is_said_before_training(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = "".join(f"{n * 7 % 11};7;{('für', 'wider')[n % 2]}\n" for n in range(60))
    path.write_bytes(("size;same;label\n" + rows).encode("latin-1"))
    heard = Heard()
    prepare(str(path), Options(cache=str(tmp_path)), heard)
    assert any("constant column" in line for line in heard.lines)
    assert any("not UTF-8" in line for line in heard.lines)


def test_findings_are_told_gravest_first_and_counted() -> None:
    made = (
        Finding("note", "hidden", "a", "One."),
        Finding("set aside", "broken", "b", "Two."),
        Finding("set aside", "broken", "c", "Three."),
    )
    assert told(made) == ["set aside: broken: b: Two. (and 1 more)", "note: hidden: a: One."]


def test_more_classes_than_memory_can_judge_are_refused_before_training(tmp_path: Path) -> None:
    """10,000 classes on 17,000 held-out rows ended in the system's killer, after the training."""
    source = table(tmp_path / "a.csv", "xyz")
    prepared = prepare(source, Options(cache=str(tmp_path)), Listener())
    check_memory(prepared, 10**6)
    with pytest.raises(DataError, match="takes more memory"):
        check_memory(prepared, 10**4)


def mixed(path: Path) -> str:
    """A table of numbers, names, dates, texts and ids, and a column that never changes."""
    lines = [
        f"2024-{n % 12 + 1:02}-{n % 27 + 1:02},{n * 7 % 23},{('fir', 'oak')[n % 3 % 2]},"
        f"a note on tree {n} and on the {n * 5 % 17} others that stood nearby,key-{n:05},7"
        for n in range(80)
    ]
    path.write_text("\n".join(["day,size,kind,note,tree_id,same", *lines]) + "\n")
    return str(path)


@pytest.mark.parametrize(
    ("task", "unread", "read"),
    [
        ("generation", ("day (date)", "note (text)"), ("size", "kind", "same")),
        ("compression", ("note (text)",), ("day", "size", "kind")),
        ("language", ("day (date)", "size (number)", "kind (category)"), ("note",)),
    ],
)
def test_columns_that_a_question_does_not_read_are_named(
    tmp_path: Path, task: str, unread: tuple[str, ...], read: tuple[str, ...]
) -> None:
    heard = Heard()
    options = Options(
        task=task, target=("note",) if task == "language" else (), cache=str(tmp_path)
    )
    prepared = prepare(mixed(tmp_path / "trees.csv"), options, heard)
    (line,) = (line for line in heard.lines if "unread columns" in line)
    assert all(name in line for name in unread)
    assert not any(f"{name} (" in line for name in (*read, "tree_id"))
    assert any(one.subject == "unread columns" for one in prepared.findings)
    assert any("id column" in line and "tree_id" in line for line in heard.lines)


def test_nothing_is_named_where_every_column_is_read(tmp_path: Path) -> None:
    heard = Heard()
    options = Options(target=("kind",), cache=str(tmp_path))
    prepare(mixed(tmp_path / "trees.csv"), options, heard)
    assert not any("unread" in line for line in heard.lines)


def test_few_examples_and_rare_classes_are_told_before_they_are_drawn(tmp_path: Path) -> None:
    rows = "".join(f"{n * 7 % 11},{'rare' if n < 4 else 'usual'}\n" for n in range(80))
    (tmp_path / "few.csv").write_text("size,label\n" + rows)
    heard = Heard()
    options = Options(task="generation", target=("label",), cache=str(tmp_path))
    prepare(str(tmp_path / "few.csv"), options, heard)
    assert any("few examples" in line and "mostly repeats them" in line for line in heard.lines)
    assert any("rare class" in line and "rare 4" in line for line in heard.lines)
