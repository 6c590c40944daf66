"""All that a network must know of the data: the kind, shape and classes of each prepared field."""

from dataclasses import dataclass

# The first tokens of every vocabulary.
PADDING, BEGIN, END, UNKNOWN = range(4)
BLANK = 0  # of the labels of a sound: at this moment no label begins or goes on
CHARACTERS = 0x110000  # of Unicode: a token that stands for any of them says nothing of which


@dataclass(frozen=True)
class Spec:
    """One field as it reaches a network.

    kind: the input kind a backbone declares ("row", "image", "text", ...) or a target's
    ("category", "labels", "number", "sample": what is to be drawn, ...). shape: of one prepared
    example: row (F,), image (H, W, C), text (T,) of the longest, category (), labels (K,), number
    (R,); of what is kept in a code (values, numbers of the code). classes: the names of the K
    classes of a category or of K labels, or of R numbers, in order. levels: of a row, the last
    `len(levels)` of the F columns hold whole numbers below these bounds (categories; 0 is "unknown
    or missing"), the columns before them are real numbers; of a text, (V,), the number of tokens,
    () where no token of it is foretold.
    """

    kind: str
    shape: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
