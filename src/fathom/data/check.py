"""A table and its targets to findings: what is doubtful about the data before anything is trained."""

from fathom.data.table import Finding, Table


def check(table: Table, target: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """Look for constant columns and rows without a target."""
    findings = []
    for column in table:
        if column.constant and column.name not in target:
            reason = "All known values are equal; nothing can be learnt from it, so it is not used."
            findings.append(Finding("note", "constant column", column.name, reason))
    for name in target:
        missing = int(table[name].missing().sum())
        if missing:
            reason = f"{missing:,} rows have no target; they are not used."
            findings.append(Finding("warning", "missing target", name, reason, "Fill them in."))
    return tuple(findings)
