"""A column of sound files or encoded sounds to a decoded one, by the store where it can."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fathom.data.sounds import HIGHEST_RATE, Heard, Sounds, decode
from fathom.data.sources.decoded import Listing
from fathom.data.sources.remembered import Arrays, keep, recall
from fathom.data.store import Store
from fathom.data.table import Column, Finding

READER = 1  # raised whenever decoding changes, so that older stored sounds are not taken
EXAMPLES = 3
ARRAYS = ("buffer", "offsets", "lengths", "rates")


def sound_column(
    name: str, sounds: Listing, origins: Sequence[str], mark: str, cache: Store | None
) -> tuple[Column, list[Finding]]:
    """Decode a column of sounds, or take the stored ones."""
    key = {"fingerprint": mark, "sounds": name, "rate": HIGHEST_RATE, "reader": READER}
    heard = _load(cache, key, len(origins))
    if heard is None:
        heard = decode(sounds())
        if cache is not None:
            heard = _save(cache, key, heard)
    findings = sound_findings(name, heard, origins)
    return Column(name, "audio", heard.sounds, "sound files or encoded sounds"), findings


def _load(cache: Store | None, key: Mapping[str, object], rows: int) -> Heard | None:
    found = recall(cache, key, rows)
    if found is None:
        return None
    stored, said = found
    return Heard(_sounds(stored), said["problems"], said["notes"], said["doubts"])


def _save(cache: Store, key: Mapping[str, object], heard: Heard) -> Heard:
    arrays = {array: getattr(heard.sounds, array) for array in ARRAYS}
    said = {"problems": heard.problems, "notes": heard.notes, "doubts": heard.doubts}
    return replace(heard, sounds=_sounds(keep(cache, key, arrays, said)))


def _sounds(stored: Arrays) -> Sounds:
    return Sounds(*(stored[array] for array in ARRAYS))


def sound_findings(name: str, heard: Heard, origins: Sequence[str]) -> list[Finding]:
    """A finding for each sound set aside, and one for each way in which others were converted or
    are doubtful.
    """
    findings = [
        Finding(
            "set aside",
            "broken sound",
            origins[row],
            f"The sound cannot be used: {reason}.",
            "Replace the file or remove it.",
            row,
        )
        for row, reason in sorted(heard.problems.items())
    ]
    for note, rows in sorted(heard.notes.items()):
        told = f"{_counted(rows)}: {note} ({_listed(rows, origins)})."
        findings.append(Finding("note", "converted sounds", name, told))
    for doubt, rows in sorted(heard.doubts.items()):
        told = f"{_counted(rows)}: {doubt} ({_listed(rows, origins)})."
        remedy = "Listen to them; record them again or remove them."
        findings.append(Finding("warning", "doubtful sounds", name, told, remedy))
    findings += _several_rates(name, heard.sounds, origins)
    missing = int(heard.sounds.missing().sum()) - len(heard.problems)
    if missing:
        findings.append(Finding("note", "missing values", name, f"{missing:,} rows have no sound."))
    return findings


def _several_rates(name: str, sounds: Sounds, origins: Sequence[str]) -> list[Finding]:
    """A word on clips whose rate differs from that of most: a wrong header shows so."""
    rates, counts = np.unique(sounds.rates[~sounds.missing()], return_counts=True)
    if len(rates) < 2:
        return []
    usual = int(rates[counts.argmax()])
    odd = np.flatnonzero((sounds.rates != usual) & ~sounds.missing()).tolist()
    told = ", ".join(f"{count:,} at {rate:,} Hz" for rate, count in zip(rates, counts, strict=True))
    reason = f"The sounds have several rates: {told} ({_listed(odd, origins)})."
    remedy = "They are brought to one; check them if they sound too high or too low."
    return [Finding("note", "several rates", name, reason, remedy)]


def _counted(rows: Sequence[int]) -> str:
    return "1 sound" if len(rows) == 1 else f"{len(rows):,} sounds"


def _listed(rows: Sequence[int], origins: Sequence[str]) -> str:
    examples = ", ".join(origins[row] for row in rows[:EXAMPLES])
    return examples + (", ..." if len(rows) > EXAMPLES else "")
