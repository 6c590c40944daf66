"""Any name to text that can be stored, and any text to one line that shows what is in it."""

import os
import re

# Control characters, line ends, and the marks that turn the direction of what follows them.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def decodable(name: str) -> str:
    """A file's name with bytes that are no UTF-8 spelled out, so that JSON and tables can hold it.

    Python gives such bytes as lone surrogates, which no encoder takes.
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


def visible(text: str) -> str:
    """One line in which a name can neither break the line nor steer the terminal."""
    return UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), decodable(text))
