"""A text file's bytes to text, whole or in pieces, with its encoding and what was noticed about it.

Tables are read whole. Texts come in pieces, so that memory stays flat however long a line is.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

import numpy as np

from fathom.data.table import Finding
from fathom.errors import DataError

MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
GZIP = b"\x1f\x8b"
SAMPLE = 65536
PIECE = 2**20
LARGEST = 8 * 2**30
STRAY_ZEROS = 0.01  # of a text's bytes; more of them are no text
REMEDY = "Name a table as CSV, TSV, JSON Lines or Parquet, or a text as UTF-8."
UNDECODED = 0xDC00  # Python decodes a byte that is no UTF-8 to this plus the byte


@dataclass(frozen=True)
class Encoding:
    """How a text's bytes are read.

    name: a codec. stray: bytes that are no UTF-8, read as Windows-1252. several: characters that
    are UTF-8 of several bytes. Both above zero: the file mixes two encodings.
    """

    name: str
    stray: int = 0
    several: int = 0

    def findings(self, place: str) -> tuple[Finding, ...]:
        """What is to be said about the encoding of the file `place`."""
        if self.stray and self.several:
            reason = (
                f"{self.several:,} characters are UTF-8 and {self.stray:,} bytes are not; "
                "these were read as cp1252, each for itself."
            )
            remedy = "Store the whole file as UTF-8; it was perhaps joined from several."
            return (Finding("warning", "mixed encodings", place, reason, remedy),)
        name = "cp1252" if self.stray else self.name
        return () if name in ("utf-8", "utf-8-sig") else (_not_utf8(place, name),)


def read_text(path: Path) -> tuple[str, tuple[Finding, ...]]:
    """Decode a text file, gzip or plain; an encoding other than UTF-8 is a finding."""
    data = read_bytes(path)
    encoding = detect(data, path)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        raise _no_text(path) from problem
    if encoding in ("utf-8", "utf-8-sig"):
        return text, ()
    return text, (_not_utf8(path.name, encoding),)


def read_bytes(path: Path) -> bytes:
    """The content of a file, unpacked when it is gzip."""
    with opened(path) as file:
        data = file.read(LARGEST + 1 if isinstance(file, gzip.GzipFile) else -1)
    if len(data) > LARGEST:
        raise DataError("The file unpacks to too much.", remedy="Split it.", where=str(path))
    return data


def read_head(path: Path, size: int = PIECE, *, zeros: float = 0.0) -> str:
    """The text of the first `size` bytes; bytes that are no UTF-8 become replacement marks."""
    with opened(path) as file:
        data = file.read(size)
    name = by_sample(data[:SAMPLE], path, zeros=zeros) or "utf-8"
    return codecs.getincrementaldecoder(name)("replace").decode(data)


def is_bare_text(path: Path) -> bool:
    """Whether a file without an ending begins as text of one byte a letter or UTF-8."""
    if "." in path.name.lower().removesuffix(".gz") or not path.is_file():
        return False
    try:
        with opened(path) as file:
            data = file.read(SAMPLE)
        return bool(data.strip()) and by_sample(data, path) is None
    except DataError:
        return False


def survey(path: Path) -> Encoding:
    """Find a text's encoding from all of its bytes; raises DataError where it is no text."""
    with opened(path) as file:
        told = by_sample(file.read(SAMPLE), path, zeros=STRAY_ZEROS)
    if told not in (None, "utf-8-sig"):
        return Encoding(str(told))
    name = told or "utf-8"
    stray = several = 0
    for piece in _decoded(path, name):
        if not piece.isascii():
            codes = np.frombuffer(piece.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
            odd = int(((codes >= UNDECODED + 128) & (codes < UNDECODED + 256)).sum())
            stray, several = stray + odd, several + int((codes >= 128).sum()) - odd
    return Encoding(name, stray, several)


def pieces(path: Path, encoding: Encoding) -> Iterator[str]:
    """The text in pieces of about a megabyte; joined they are the text, its byte order mark left
    out.
    """
    if not encoding.stray:
        yield from _decoded(path, encoding.name)
        return
    windows = {UNDECODED + byte: _windows(byte) for byte in range(128, 256)}
    for piece in _decoded(path, encoding.name):
        yield piece.translate(windows)


def detect(data: bytes, path: Path) -> str:
    """Name the encoding: by its mark, UTF-16 by its zeros, UTF-8 if it decodes, else Latin."""
    told = by_sample(data[:SAMPLE], path)
    if told is not None:
        return told
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def by_sample(sample: bytes, path: Path, *, zeros: float = 0.0) -> str | None:
    """The encoding that a mark or the zeros of UTF-16 tell, None where all bytes must be seen.

    zeros: the share of zero bytes that a text may have. Raises DataError where it is no text.
    """
    for mark, encoding in MARKS:
        if sample.startswith(mark):
            return encoding
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    controls = sum(sample.count(code) for code in (*range(1, 9), *range(14, 27)))
    # Zeros in both halves of the pairs are a binary file, not UTF-16.
    wide = even + odd > len(sample) // 5 and min(even, odd) <= (even + odd) // 20
    if controls > len(sample) // 50 or (even + odd > zeros * len(sample) and not wide):
        raise _no_text(path)
    if wide:
        return "utf-16-be" if even > odd else "utf-16-le"
    return None


@contextmanager
def opened(path: Path) -> Iterator[BufferedIOBase]:
    """A file opened for reading, unpacked when it is gzip; what fails is a DataError."""
    try:
        with path.open("rb") as file:
            if file.peek(2)[:2] == GZIP:
                with gzip.open(file) as unpacked:
                    yield unpacked
            else:
                yield file
    except (OSError, EOFError, zlib.error) as problem:
        raise DataError(
            "The file cannot be read.",
            remedy="Check the file and its rights.",
            where=str(path),
            found=str(problem),
        ) from problem


def _decoded(path: Path, name: str) -> Iterator[str]:
    """Pieces of a file; bytes that are no UTF-8 are lone surrogates, as Python writes them."""
    errors = "surrogateescape" if name in ("utf-8", "utf-8-sig") else "strict"
    decoder = codecs.getincrementaldecoder(name)(errors)
    total = 0
    with opened(path) as file:
        while data := file.read(PIECE):
            total += len(data)
            if total > LARGEST:
                raise DataError(
                    "The file unpacks to too much.", remedy="Split it.", where=str(path)
                )
            yield _step(decoder, data, path)
    yield _step(decoder, b"", path, last=True)


def _step(
    decoder: codecs.IncrementalDecoder, data: bytes, path: Path, *, last: bool = False
) -> str:
    try:
        return decoder.decode(data, last)
    except UnicodeDecodeError as problem:
        raise _no_text(path) from problem


def _windows(byte: int) -> str:
    """A byte in Windows-1252, or in Latin-1 where that has no character."""
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


def _no_text(path: Path) -> DataError:
    return DataError("The file is no text.", remedy=REMEDY, where=str(path))


def _not_utf8(place: str, name: str) -> Finding:
    reason = f"The file is not UTF-8; it was read as {name}."
    remedy = "Check a name with accents; store the file as UTF-8 if it is wrong."
    return Finding("note", "encoding", place, reason, remedy)
