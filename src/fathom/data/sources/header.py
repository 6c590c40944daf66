"""The first row of a delimited file to column names, or the decision that it holds data."""

import re
from collections.abc import Sequence
from itertools import pairwise

from fathom.data.kinds import COMMA_NUMBER, DOT_NUMBER, MISSING
from fathom.data.table import Finding

LONGEST_NAME = 60
FEWEST = 8  # numbers in a row that count the columns
PLAIN_NUMBER = r"^\d+(\.\d+)?$"


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: names above numbers, unseen below, or counts."""
    first, body = rows[0], rows[1:]
    cells = [cell.strip() for cell in first]
    if not body:
        return not any(map(is_number, cells))
    for place, cell in enumerate(cells):
        if cell.lower() in MISSING or is_number(cell):
            continue
        below = _known(body, place)
        if below and all(map(is_number, below)):
            return True
    if any(map(is_number, cells)):
        return counts_on(cells)
    if any(len(cell) > LONGEST_NAME for cell in cells):
        return False
    named = [cell for cell in cells if cell]
    if len(set(named)) < len(named):
        return False
    return not any(cell in _known(body, place) for place, cell in enumerate(cells) if cell)


def counts_on(cells: Sequence[str]) -> bool:
    """Whether numbers in a row rise by equal steps, so that they number the columns."""
    found = [float(cell) for cell in cells if re.match(PLAIN_NUMBER, cell)]
    if len(found) < FEWEST or len(found) < len(cells) - FEWEST:
        return False
    steps = [later - earlier for earlier, later in pairwise(found)]
    return steps[0] > 0 and all(abs(step - steps[0]) < 1e-6 * steps[0] for step in steps)


def unique_names(
    cells: Sequence[str], place: str, header: bool
) -> tuple[tuple[str, ...], list[Finding]]:
    """Column names without doubles; unnamed columns are called column_1, column_2, ..."""
    findings: list[Finding] = []
    names: list[str] = []
    doubled: list[str] = []
    unnamed = 0
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split())
        if not name:
            name, unnamed = f"column_{number}", unnamed + 1
        if name in names:
            doubled.append(name)
            copy = 2
            while f"{name}_{copy}" in names:
                copy += 1
            name = f"{name}_{copy}"
        names.append(name)
    if not header:
        reason = (
            f"The first row holds no names; the columns are called column_1 to column_{len(names)}."
        )
        findings.append(Finding("note", "no header", place, reason))
    elif unnamed:
        reason = f"{unnamed} columns have no name and are called by their place."
        findings.append(Finding("note", "unnamed columns", place, reason))
    if doubled:
        listed = ", ".join(dict.fromkeys(doubled))
        reason = f"Column names stand twice: {listed}; the later ones got a number."
        findings.append(Finding("warning", "duplicate column names", place, reason, "Rename them."))
    return tuple(names), findings


def is_number(cell: str) -> bool:
    """Whether a cell reads as a number in one of the usual forms."""
    text = cell.strip()
    return bool(re.match(DOT_NUMBER, text) or re.match(COMMA_NUMBER, text))


def _known(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    cells = [row[place].strip() for row in rows if place < len(row)]
    return [cell for cell in cells if cell.lower() not in MISSING]
