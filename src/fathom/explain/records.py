"""What a network drew as rows of a table to: how alike its columns are, and what rows look like."""

from collections.abc import Mapping, Sequence
from typing import Any

from fathom.explain.drawings import judged
from fathom.explain.figures import Grid
from fathom.explain.story import Story
from fathom.explain.view import View
from fathom.explain.wording import number, of_100

MEASURES = {"ks": "Kolmogorov-Smirnov", "total_variation": "total variation"}
MOST = 12  # columns side by side


def records_view(story: Story) -> View | None:
    """Column by column beside real rows, what can be learnt from drawn rows, and some of them."""
    report = story.report
    columns: Sequence[Mapping[str, Any]] = report.get("columns", ())
    if not columns:
        return None
    rate = report["metrics"].get("memorisation", {}).get("value", 0.0)
    worst = max(columns, key=lambda one: (one["drawn"] or 0.0) - (one["training"] or 0.0))
    answer = (
        f"The column that is furthest off is {worst['name']!r}: its distance to held-out rows is "
        f"{number(worst['drawn'], 2)}, that of real training rows {number(worst['training'], 2)}. "
        f"{taught(report)}{of_100(rate)} of 100 nearly repeat a training row, of held-out rows "
        f"{of_100(report['memorised_held_out'])}."
    )
    return View(
        name="records",
        question="Are the rows like real ones, and are they copied?",
        answer=answer,
        grids=(by_column(columns), judged(story), *rows(report["shown"])),
        caveat=f"{report['frechet']['sentence']} Correlations of two columns are off by "
        f"{number(report['correlations']['drawn'], 2)} on average, those of real training rows by "
        f"{number(report['correlations']['training'], 2)}. Nothing was picked by hand. Rows that "
        "resemble the data are no promise that nobody can be recognised in them.",
        terms=("held-out", "rival"),
    )


def taught(report: Mapping[str, Any]) -> str:
    """What gradient boosting learns from drawn and from real rows."""
    found = report.get("useful")
    if not found:
        return ""
    return (
        f"Gradient boosting that learned from {found['rows']:,} drawn rows alone is right in "
        f"{of_100(found['drawn']['value'])} of 100 real ones, from as many real rows in "
        f"{of_100(found['real']['value'])}. "
    )


def by_column(columns: Sequence[Mapping[str, Any]]) -> Grid:
    """The distances of every column, and its gaps."""
    lines = tuple(
        (
            str(one["name"]),
            MEASURES[one["measure"]],
            number(one["drawn"], 2),
            number(one["training"], 2),
            of_100(one["missing"]),
            of_100(one["missing_held_out"]),
        )
        for one in columns
    )
    header = (
        "column",
        "distance, 0 to 1",
        "drawn",
        "real training rows",
        "gaps of 100, drawn",
        "gaps of 100, held-out",
    )
    return Grid("Column by column, beside held-out rows", header, lines)


def rows(shown: Mapping[str, Sequence[Mapping[str, str]]]) -> tuple[Grid, ...]:
    """The first drawn rows, each followed by its nearest training row."""
    pairs = list(zip(shown["drawn"], shown["nearest"], strict=True))
    if not pairs:
        return ()
    names = tuple(pairs[0][0])[:MOST]
    lines = tuple(
        (word, *(row[name] or "–" for name in names))
        for pair in pairs
        for word, row in zip(("drawn", "nearest in training"), pair, strict=True)
    )
    return (Grid("Rows as they came, beside the nearest training rows", ("", *names), lines),)
