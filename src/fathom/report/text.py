"""Views to plain text: the question, the answer, each figure as a sentence and a table."""

from collections.abc import Iterable, Iterator

from fathom.explain import View
from fathom.explain.figures import Grid
from fathom.explain.wording import visible
from fathom.report.draw import table

WIDEST = 36
ROWS = 12


def as_text(shown: Iterable[View]) -> str:
    """All views one below the other; control characters in names are made visible."""
    return visible("\n\n".join("\n".join(_view(view)) for view in shown) + "\n")


def _view(view: View) -> Iterator[str]:
    yield view.question
    yield f"  {view.answer}"
    for figure in view.figures:
        yield f"\n  {figure.title}\n  {figure.summary}"
        yield from _grid(table(figure))
    for grid in view.grids:
        yield f"\n  {grid.title}"
        yield from _grid(grid)
    for snippet in view.snippets:
        yield f"\n  {snippet.title}"
        yield from (f"    {line}" for line in snippet.text.splitlines())
    if view.check is not None:
        yield f"\n  How do we know? {view.check.sentence} ({view.check.verdict})"
    if view.caveat:
        yield f"  What it does not tell: {view.caveat}"


def _grid(grid: Grid) -> Iterator[str]:
    lines = [grid.header, *grid.rows[:ROWS]]
    cells = [[_short(cell) for cell in line] for line in lines]
    widths = [max(len(line[i]) for line in cells) for i in range(len(grid.header))]
    for line in cells:
        yield "    " + "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
    if len(grid.rows) > ROWS:
        yield f"    … {len(grid.rows) - ROWS} more"


def _short(cell: str) -> str:
    flat = " ".join(cell.split())
    return flat if len(flat) <= WIDEST else flat[: WIDEST - 1] + "…"
