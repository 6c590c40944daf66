"""A text that comes in pieces to consecutive blocks, or to its lines."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

SIZE = 2048  # characters: short enough for an interval over blocks, long enough for a context
LONGEST = SIZE * 3 // 2


class Block(NamedTuple):
    """A stretch of a text; line and column, both from 1, are those of its first character."""

    text: str
    line: int
    column: int

    def origin(self, place: str) -> str:
        """Where the block stands in the file `place`."""
        inside = f" character {self.column:,}" if self.column > 1 else ""
        return f"{place} line {self.line}{inside}"


def blocks(pieces: Iterable[str]) -> Iterator[Block]:
    """Cut after the last line end, else blank, before 2,048 characters; joined they are the text.

    Each has 1,024 to 3,072 characters, a shorter text is one block. Linear time, and no more than
    a piece and a block in memory, however long the lines are.
    """
    rest, line, column = "", 1, 1
    for piece in pieces:
        text, start = rest + piece, 0
        while len(text) - start > LONGEST:
            end = _cut(text, start)
            yield Block(text[start:end], line, column)
            line, column = _after(text, start, end, line, column)
            start = end
        rest = text[start:]
    if rest:
        yield Block(rest, line, column)


def lines(pieces: Iterable[str]) -> Iterator[str]:
    """The lines without their ends, which are line feeds, with or without a carriage return.

    Nothing else ends a line: a carriage return or U+2028 inside one stays. A text without a single
    line feed in its first piece, but with carriage returns, is cut at these.
    """
    held: list[str] = []
    end = ""
    for piece in pieces:
        if not end and piece:
            end = "\r" if "\n" not in piece and "\r" in piece[:-1] else "\n"
        first, *others = piece.split(end or "\n")
        held.append(first)
        for other in others:
            yield "".join(held).removesuffix("\r")
            held = [other]
    last = "".join(held)
    if last:
        yield last.removesuffix("\r")


def _cut(text: str, start: int) -> int:
    """Where the block that begins at `start` ends."""
    low, high = start + SIZE // 2, start + SIZE
    end = text.rfind("\n", low, high) + 1 or text.rfind(" ", low, high) + 1 or high
    # A carriage return and its line feed stay together.
    return end + 1 if text[end - 1] == "\r" and text[end] == "\n" else end


def _after(text: str, start: int, end: int, line: int, column: int) -> tuple[int, int]:
    """Line and column of `end`, given those of `start`."""
    count = text.count("\n", start, end)
    if not count:
        return line, column + end - start
    return line + count, end - text.rfind("\n", start, end)
