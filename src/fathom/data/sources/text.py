"""A text file's bytes to text, its encoding and what was noticed about it."""

import gzip
import zlib
from pathlib import Path

from fathom.data.table import Finding
from fathom.errors import DataError

MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
SAMPLE = 65536
REMEDY = "Name a table as CSV, TSV, JSON Lines or Parquet."
LARGEST = 8 * 2**30


def read_text(path: Path) -> tuple[str, tuple[Finding, ...]]:
    """Decode a text file, gzip or plain; an encoding other than UTF-8 is a finding."""
    data = read_bytes(path)
    encoding = detect(data, path)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        raise DataError("The file is no text.", remedy=REMEDY, where=str(path)) from problem
    if encoding in ("utf-8", "utf-8-sig"):
        return text, ()
    reason = f"The file is not UTF-8; it was read as {encoding}."
    remedy = "Check a name with accents; store the file as UTF-8 if it is wrong."
    return text, (Finding("note", "encoding", path.name, reason, remedy),)


def read_bytes(path: Path) -> bytes:
    """The content of a file, unpacked when it is gzip."""
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            with gzip.open(path) as file:
                data = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise DataError(
            "The file cannot be read.",
            remedy="Check the file and its rights.",
            where=str(path),
            found=str(problem),
        ) from problem
    if len(data) > LARGEST:
        raise DataError("The file unpacks to too much.", remedy="Split it.", where=str(path))
    return data


def detect(data: bytes, path: Path) -> str:
    """Name the encoding: by its mark, UTF-16 by its zeros, UTF-8 if it decodes, else Latin."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[:SAMPLE]
    zeros = sample.count(0)
    controls = sum(sample.count(code) for code in (*range(1, 9), *range(14, 27)))
    wide = zeros > len(sample) // 5
    if controls > len(sample) // 50 or (zeros and not wide):
        raise DataError("The file is no text.", remedy=REMEDY, where=str(path))
    if wide:
        return "utf-16-be" if sample[::2].count(0) > sample[1::2].count(0) else "utf-16-le"
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"
