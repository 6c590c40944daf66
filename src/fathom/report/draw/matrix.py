"""Counts by row and column to a table of shaded cells, right in blue, wrong in vermilion."""

from markupsafe import Markup

from fathom.explain.figures import Grid, Matrix
from fathom.explain.wording import count
from fathom.report.draw.canvas import join, tag

STRENGTHS = 6


def draw(data: Matrix, summary: str) -> Markup:
    """Cells are shaded by their share of the row; a wide table scrolls."""
    head = [
        tag(
            "th",
            tag("span", f"{data.column_label} →") + tag("span", f"{data.row_label} ↓"),
            class_="corner",
        )
    ]
    head += [tag("th", tag("span", name), scope="col", title=name) for name in data.names]
    lines = [tag("tr", join(head))]
    for i, name in enumerate(data.names):
        total = sum(data.counts[i]) or 1
        cells = [tag("th", name, scope="row")]
        cells += [_cell(data, i, j, total) for j in range(len(data.names))]
        lines.append(tag("tr", join(cells)))
    tall = len(data.names) > 14 or max(map(len, data.names), default=0) > 7
    table = tag("table", join(lines), class_="matrix tall" if tall else "matrix")
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=summary)


def rows(data: Matrix) -> Grid:
    """Every cell that is not zero, mistakes first."""
    cells = [
        (
            i == j,
            -amount,
            (data.names[i], data.names[j], count(amount), "right" if i == j else "wrong"),
        )
        for i, line in enumerate(data.counts)
        for j, amount in enumerate(line)
        if amount
    ]
    ranked = tuple(words for _, _, words in sorted(cells, key=lambda cell: cell[:2]))
    return Grid("", (data.row_label, data.column_label, "how many", ""), ranked)


def _cell(data: Matrix, i: int, j: int, total: int) -> Markup:
    amount = data.counts[i][j]
    kind = "right" if i == j else "wrong"
    if not amount:
        return tag("td", "·", class_=f"none {kind if i == j else ''}".strip())
    strength = max(1, round(STRENGTHS * (amount / total) ** 0.5))
    words = (
        f"{data.row_label} {data.names[i]}, {data.column_label} {data.names[j]}: {count(amount)}"
    )
    return tag("td", count(amount), class_=f"mark {kind} s{strength}", title=words)
