"""A text to a part of it that may stand for its summary: its beginning, or its longest unit.

News and reports say first what matters most, which makes their beginning hard to beat (Nallapati et
al. 2017, "SummaRuNNer", arXiv:1611.04230). How much of it is taken is chosen on training pairs by
ROUGE-1 (Lin 2004).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fathom.data.extracts import Stems, units

MARK = re.compile(r"\A[^\n]{1,60}? --? ")  # "NEW YORK (Reuters) - ": place and agency
MOST_UNITS = 4
LENGTHS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 3.0)  # times the usual length of a summary
TRIED_ON = 1_000  # training pairs


@dataclass(frozen=True)
class Extract:
    """A way to take a part of a text, as it stands there.

    kind: "units" takes the first `size` units, "longest" the `size` longest in their order, "words"
    the first `size` words. marks: whether a mark of place and agency is taken as well.
    """

    kind: Literal["units", "longest", "words"]
    size: int
    marks: bool = True

    def __call__(self, text: str) -> str:
        """The part of the text."""
        text = text if self.marks else MARK.sub("", text)
        if self.kind == "words":
            return " ".join(text.split()[: self.size])
        parts = units(text)
        if self.kind == "units":
            return " ".join(parts[: self.size])
        longest = sorted(range(len(parts)), key=lambda place: -len(parts[place].split()))
        return " ".join(parts[place] for place in sorted(longest[: self.size]))


def choose(sources: Sequence[str], summaries: Sequence[str]) -> Extract:
    """The extract with the highest mean ROUGE-1 F over about 1,000 of the training pairs."""
    some = range(0, len(sources), max(1, len(sources) // TRIED_ON))
    stems = Stems()
    wanted = [Counter(stems.tokenize(summaries[row])) for row in some]

    def score(extract: Extract) -> float:
        parts = (Counter(stems.tokenize(extract(sources[row]))) for row in some)
        return sum(_f(part, true) for part, true in zip(parts, wanted, strict=True))

    return max(_extracts([len(summaries[row].split()) for row in some]), key=score)


def rouge1(answers: Sequence[str], truths: Sequence[str]) -> float:
    """Mean ROUGE-1 F of answers, 0 to 100."""
    words = Stems().tokenize
    pairs = zip(answers, truths, strict=True)
    scores = [_f(Counter(words(answer)), Counter(words(true))) for answer, true in pairs]
    return 100 * float(np.mean(scores)) if scores else 0.0


def _extracts(lengths: list[int]) -> list[Extract]:
    """Those to choose from, for summaries of these lengths in words."""
    usual = float(np.median(lengths)) if lengths else 1.0
    sizes = sorted({max(1, round(usual * factor)) for factor in LENGTHS})
    return [
        extract
        for marks in (True, False)
        for extract in (
            *(Extract("words", size, marks) for size in sizes),
            *(Extract("units", size, marks) for size in range(1, MOST_UNITS + 1)),
            Extract("longest", 1, marks),
        )
    ]


def _f(part: Counter[str], true: Counter[str]) -> float:
    """ROUGE-1 F: twice what is shared, of what both hold."""
    return 2 * (part & true).total() / max(1, part.total() + true.total())
