"""Results to the terminal: tables and plain lines for people, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fathom.answering import beside_inputs
from fathom.data.table import Table as Rows
from fathom.drawn.pictures import SHEET, Pictures, write
from fathom.explain.figures import Figure
from fathom.explain.wording import plural
from fathom.folders import write_text
from fathom.places import table_file
from fathom.run import FORECAST, Run
from fathom.visible import visible
from fathom.writing import Writer

MOST_SHOWN = 50
MOST_ASKED = 8
MOST_FINDINGS = 5  # of one subject
MOST_ACROSS = 6
LONGEST_CELL = 40


def words(name: str) -> str:
    """A metric's name as it is said."""
    return name.replace("_", " ")


def put(text: str) -> None:
    """One line on standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(text: str) -> None:
    """One line for people: a name in it cannot break the line or steer the terminal."""
    put(visible(text))


def show_result(run: Run, *, programs: bool) -> None:
    """The verdict, then where everything is."""
    if programs:
        put(json.dumps({"run": str(run.folder), "report": run.report}, ensure_ascii=False))
        return
    tell(run.report["verdict"]["sentence"])
    tell(f"report:  {run.folder / 'report.html'}")
    use = 'generate {} --prompt "..."' if run.writes else "predict {} FILE..."
    use = "generate {} -n 64" if run.items else use
    tell(f"use it:  fathom {use.format(run.folder)}")


def show_report(report: Mapping[str, Any]) -> None:
    """The verdict and every metric with its interval beside the rival's."""
    tell(report["verdict"]["sentence"])
    for line in report.get("said", ()):
        tell(line)
    rival = report.get("baseline") or {"name": "", "metrics": {}}
    table = Table(box=None, pad_edge=False)
    theirs_title = rival.get("title", rival["name"])
    for title in ("metric", "network", "95 % interval", theirs_title):
        table.add_column(title)
    for name, entry in report["metrics"].items():
        theirs = rival["metrics"].get(name, {})
        table.add_row(
            words(name),
            number(entry["value"]),
            f"{number(entry['low'])} to {number(entry['high'])}",
            number(theirs.get("value")) if theirs else "",
        )
    Console(highlight=False).print(table)


def number(value: float | None) -> str:
    """Four significant digits, or a dash."""
    return "-" if value is None else f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def show_answers(answers: pl.DataFrame, *, out: str | None, programs: bool) -> None:
    """Answers as CSV on standard output, as JSON lines for programs, or in a file."""
    if out is not None:
        place = table_file(out)
        json_ = place.suffix.lower() == ".json"
        text = answers.write_json() if json_ else flat(answers).write_csv()
        write_text(place, text, "ask again")
        tell(f"{len(answers):,} answers in {out}")
    elif programs:
        sys.stdout.write(answers.write_ndjson())
    else:
        sys.stdout.write(flat(answers).write_csv())


def show_forecasts(run: Run, places: Sequence[str], *, out: str | None, programs: bool) -> None:
    """What follows each series: the numbers, and beside them a page that draws them.

    Without a file the page goes into the run's folder.
    """
    from fathom.explain.ahead import MOST, ahead_figures
    from fathom.explain.forecasts import CAVEAT
    from fathom.report import forecast_page

    frames: list[tuple[str, pl.DataFrame]] = []
    figures: list[Figure] = []
    for place in places or [run.recipe.data.path]:
        table = told_of(run.series(place))
        frame = run.follow(table)
        frames.append((place, frame))
        figures += ahead_figures(table, frame)
    answers = beside_inputs(frames)
    show_answers(answers, out=out, programs=programs)
    count = len(answers.select("input", "series").unique())
    told = "" if count <= MOST else f" The first {MOST} series of each source are drawn."
    answer = f"The forecasts of {count:,} series with their 90 % interval.{told}"
    page = Path(out).with_suffix(".html") if out else run.folder / FORECAST
    write_text(page, forecast_page("What follows", answer, figures, CAVEAT), "ask again")
    sys.stderr.write(visible(f"drawn in {page}") + "\n")


def show_scores(run: Run, places: Sequence[str], *, out: str | None, programs: bool) -> None:
    """How odd each row of the series is that a run watches."""
    frames = (
        (place, run.watched(told_of(run.series(place))))
        for place in places or [run.recipe.data.path]
    )
    show_answers(beside_inputs(frames), out=out, programs=programs)


def told_of(table: Rows) -> Rows:
    """A series as it is, after a line on standard error for all that was doubtful or mended."""
    doubts = [asdict(one) for one in table.findings if one.severity != "note" or one.row >= 0]
    for line in finding_lines(doubts):
        sys.stderr.write(visible(line) + "\n")
    return table


def show_writing(writer: Writer, prompt: str, count: int, *, programs: bool) -> None:
    """Generated texts: the first one as it comes, the others when it is finished."""
    texts = [""] * count
    pieces = writer.stream(prompt, count)
    if not programs:
        sys.stdout.write(prompt)
    for number, piece in pieces:
        texts[number] += piece
        if number == 0 and not programs:
            sys.stdout.write(piece)
            sys.stdout.flush()
    if not programs:
        put("")
        sys.stdout.flush()  # a note begins a line of its own
    for note in writer.notes:
        sys.stderr.write(visible(note) + "\n")
    if programs:
        for text in texts:
            put(json.dumps({"prompt": prompt, "text": text}, ensure_ascii=False))
        return
    for text in texts[1:]:
        put(("" if len(text) < LONGEST_CELL else "---\n") + prompt + text)


def show_pictures(pictures: Pictures, out: str, *, programs: bool) -> None:
    """Pictures into a folder; tells where they are."""
    show_drawn(write(out, pictures), plural(len(pictures), "pictures"), programs=programs)


def show_drawn(files: Sequence[Path], amount: str, *, programs: bool) -> None:
    """Tell where what was drawn is; the last file shows all of it."""
    if programs:
        put(json.dumps({"files": [str(file) for file in files]}, ensure_ascii=False))
        return
    *single, whole = files
    tell(f"{amount} in {whole.parent}, all on {whole}" if single else f"{amount} in {whole}")


def beside(out: str) -> str:
    """The folder for the pictures that belong to a file of answers."""
    path = Path(out)
    return str(path.with_name(f"{path.stem}-reconstructions"))


def flat(answers: pl.DataFrame) -> pl.DataFrame:
    """Lists become text joined by `|`, since CSV has no lists."""
    lists = [name for name, kind in answers.schema.items() if isinstance(kind, pl.List)]
    return answers.with_columns(pl.col(lists).list.join("|")) if lists else answers


def show_table(frame: pl.DataFrame, title: str) -> None:
    """A small frame as a table."""
    table = Table(title=title, box=None, title_justify="left", pad_edge=False)
    for name in frame.columns:
        table.add_column(name)
    for row in frame.head(MOST_SHOWN).iter_rows():
        table.add_row(*(Text(visible(str(cell))) for cell in row))
    Console(highlight=False).print(table)


def show_pairs(pairs: Mapping[str, Any]) -> None:
    """Names and values, aligned."""
    width = max(map(len, pairs), default=0)
    for name, value in pairs.items():
        tell(f"{name:<{width}}  {value}")


def show_comparison(found: Mapping[str, Any]) -> None:
    """Every run's headline with its interval, then each pair's paired test in words."""
    put(f"{found['n']:,} test rows shared")
    table = Table(box=None, pad_edge=False)
    ranking = {entry["family"]: entry["validation"] for entry in found.get("ranking", ())}
    for title in ("run", found["pairs"][0]["metric"], "95 % interval"):
        table.add_column(words(title))
    if ranking:
        table.add_column("on validation")
    for run in found["runs"]:
        entry = run["metrics"][found["pairs"][0]["metric"]]
        between = f"{number(entry['low'])} to {number(entry['high'])}"
        valid = [number(ranking[run["name"]])] if ranking else []
        table.add_row(Text(visible(run["name"])), number(entry["value"]), between, *valid)
    Console(highlight=False).print(table)
    for pair in found["pairs"]:
        tell(f"{pair['sentence']} p = {pair['p_holm']:.3g} ({pair['test']}, Holm)")


def show_augmentation(found: Mapping[str, Any]) -> None:
    """What was gained, then what was added to each class and where it is."""
    tell(found["sentence"])
    tell(found["cost"])
    show_table(pl.DataFrame(found["classes"]), "Pictures of each class")
    tell(f"pictures: {Path(found['folder']) / 'pictures'}")
    tell(f"drawn:    {Path(found['folder']) / SHEET}, listed in drawn.csv")


def show_inspection(summary: Mapping[str, Any]) -> None:
    """What the data are, their columns, five examples, every finding with its remedy, what can be
    asked.
    """
    tell(f"{summary['source']}: {summary['rows']:,} rows, read as {summary['format']}")
    if summary["parts"]:
        tell("given parts: " + ", ".join(f"{name} {n:,}" for name, n in summary["parts"].items()))
    show_table(pl.DataFrame([column_cells(c) for c in summary["columns"]]), "\nColumns")
    examples = [
        {name: cell_text(value) for name, value in example["values"].items()}
        for example in summary["examples"]
    ]
    if examples:
        show_table(examples_table(examples), "\nFive examples")
    put(f"\nFindings: {len(summary['findings'])}, rows set aside: {summary['set_aside']:,}")
    for line in finding_lines(summary["findings"]):
        tell(f"  {line}")
    put("\nWhat can be asked")
    for question in summary["questions"][:MOST_ASKED]:
        classes = f" of {question['classes']:,} classes" if question["classes"] else ""
        tell(f"  --target {question['target']}  ({question['task']}{classes})")
    more = len(summary["questions"]) - MOST_ASKED
    if more > 0:
        put(f"  ... and {more:,} more columns")


def finding_lines(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Findings as lines; of many about one subject the first few, and how many more there are."""
    subjects: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        told = (finding["severity"], finding["subject"], finding["place"], finding["reason"])
        line = f"{': '.join(told)} {finding['remedy']}".rstrip()
        subjects.setdefault(told[:2], []).append(line)
    lines = []
    for (severity, subject), group in subjects.items():
        lines += group[:MOST_FINDINGS]
        if len(group) > MOST_FINDINGS:
            more = len(group) - MOST_FINDINGS
            lines.append(f"{severity}: {subject}: {more:,} more; --json lists all of them")
    return lines


def examples_table(examples: list[dict[str, str]]) -> pl.DataFrame:
    """One line an example; where columns are many, one line a column, so that names stay whole."""
    frame = pl.DataFrame(examples)
    if len(frame.columns) <= MOST_ACROSS:
        return frame
    numbers = [str(number) for number in range(1, len(frame) + 1)]
    return frame.transpose(include_header=True, header_name="column", column_names=numbers)


def column_cells(column: Mapping[str, Any]) -> dict[str, str]:
    """A column's description as short cells."""
    if column.get("seconds"):
        low, middle, high = column["seconds"]
        values = f"{low:g} to {high:g} s, median {middle:g}, {column['total_seconds']:,} in all"
    elif column.get("sizes"):
        ranges = [column["sizes"][side] for side in ("width", "height")]
        values = " x ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)
    elif "characters" in column:
        low, middle, high = column["lengths"]
        values = (
            f"{column['characters']:,} characters in {column['bytes']:,} bytes, "
            f"{column['distinct_characters']:,} different; {low:,} to {high:,} a row, "
            f"{middle:,} in the middle"
        )
    elif "low" in column:
        values = f"{cell_text(column['low'])} to {cell_text(column['high'])}"
    else:
        values = ", ".join(str(top["value"]) for top in column.get("top", ()))
    return {
        "name": column["name"],
        "kind": column["kind"] if column["used"] else f"{column['kind']}, not used",
        "why": column["why"],
        "missing": f"{column['missing']:,}",
        "distinct": f"{column['distinct']:,}" if "distinct" in column else "",
        "values": values if "characters" in column else shortened(values),
    }


def cell_text(value: Any) -> str:
    """One cell, short enough for a table."""
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else shortened(str(value))


def shortened(text: str) -> str:
    """Text cut at forty characters."""
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
