"""A column of picture files or encoded pictures to decoded ones, by the store where it can."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from fathom.data.pictures import SIDE, Decoded, Item, Pictures, decode
from fathom.data.sources.remembered import Arrays, keep, recall
from fathom.data.store import Store
from fathom.data.table import Column, Finding

READER = 1  # raised whenever decoding changes, so that older stored pictures are not taken
ARRAYS = ("buffer", "offsets", "shapes")

Listing = Callable[[], Sequence[Item]]


def picture_column(
    name: str,
    pictures: Listing | Pictures,
    origins: Sequence[str],
    mark: str,
    cache: Store | None,
) -> tuple[Column, list[Finding]]:
    """Decode a column of pictures, or take the stored ones."""
    if isinstance(pictures, Pictures):
        return Column(name, "image", pictures, "arrays of pixels"), []
    key = {"fingerprint": mark, "pictures": name, "side": SIDE, "reader": READER}
    decoded = _load(cache, key, len(origins))
    if decoded is None:
        decoded = decode(pictures())
        if cache is not None:
            decoded = _save(cache, key, decoded)
    findings = picture_findings(name, decoded, origins)
    return Column(name, "image", decoded.pictures, "picture files or encoded pictures"), findings


def _load(cache: Store | None, key: Mapping[str, object], rows: int) -> Decoded | None:
    found = recall(cache, key, rows)
    if found is None:
        return None
    stored, said = found
    return Decoded(_pictures(stored), said["problems"], said["notes"])


def _save(cache: Store, key: Mapping[str, object], decoded: Decoded) -> Decoded:
    arrays = {array: getattr(decoded.pictures, array) for array in ARRAYS}
    said = {"problems": decoded.problems, "notes": decoded.notes}
    return replace(decoded, pictures=_pictures(keep(cache, key, arrays, said)))


def _pictures(stored: Arrays) -> Pictures:
    return Pictures(*(stored[array] for array in ARRAYS))


def picture_findings(name: str, decoded: Decoded, origins: Sequence[str]) -> list[Finding]:
    """A finding for each picture set aside, and one for each way in which others were converted."""
    findings = [
        Finding(
            "set aside",
            "broken picture",
            origins[row],
            f"The picture cannot be used: {reason}.",
            "Replace the file or remove it.",
            row,
        )
        for row, reason in sorted(decoded.problems.items())
    ]
    for note, rows in sorted(decoded.notes.items()):
        examples = ", ".join(origins[row] for row in rows[:3])
        more = ", ..." if len(rows) > 3 else ""
        findings.append(
            Finding(
                "note",
                "converted pictures",
                name,
                f"{len(rows):,} pictures: {note} ({examples}{more}).",
            )
        )
    missing = int(decoded.pictures.missing().sum()) - len(decoded.problems)
    if missing:
        findings.append(
            Finding("note", "missing values", name, f"{missing:,} rows have no picture.")
        )
    return findings
