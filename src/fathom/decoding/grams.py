"""Rows of labels to what a language says: how probable each label is after those before it.

Counts of runs of labels, the longer ones leaning on the shorter ones (Witten and Bell 1991, method
C, interpolated as in Chen and Goodman 1998, equations 15 and 16). With h the labels before w, n(h)
how often h occurred and t(h) how many different labels came after it,

    p(w | h) = (n(h w) + t(h) p(w | h without its first)) / (n(h) + t(h))

and 1 / V below the shortest. The edge of a row, before its first label and after its last, is 0,
which is the blank and so no label.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from fathom.spec import BLANK

Run = tuple[int, ...]


def tabled(found: Mapping[Run, int], places: int, order: int) -> Int[Tensor, "places columns"]:
    """Runs and counts side by side, one a row, the rest 0; raises ValueError where there are more
    than places.
    """
    if len(found) > places:
        raise ValueError(f"{len(found)} runs for {places} places")
    table = torch.zeros(places, order + 1, dtype=torch.int64)
    for place, (run, count) in enumerate(sorted(found.items())):
        table[place] = torch.tensor([*run, count])
    return table


@dataclass(frozen=True)
class Language:
    """Counts of runs of 1 to `order` labels of a vocabulary of V, the edge among them.

    counts: of runs; totals, kinds: of what comes before a label, how often and before how many.
    """

    vocabulary: int
    order: int
    counts: Mapping[Run, int]
    totals: Mapping[Run, int]
    kinds: Mapping[Run, int]

    @classmethod
    def of(cls, table: Int[Tensor, "places columns"], vocabulary: int) -> "Language":
        """From what `tabled` made; rows without a count are empty."""
        order = table.shape[1] - 1
        counts: Counter[Run] = Counter()
        for *run, count in table.tolist():
            for start in range(order if count else 0):
                counts[tuple(run[start:])] += count
        totals: Counter[Run] = Counter()
        kinds: Counter[Run] = Counter()
        for run, count in counts.items():
            totals[run[:-1]] += count
            kinds[run[:-1]] += 1
        return cls(vocabulary, order, counts, totals, kinds)

    def probability(self, before: Sequence[int], label: int) -> float:
        """p(label | the labels before it, from the row's beginning); `BLANK` is the row's end."""
        edged = (BLANK,) * (self.order - 1) + tuple(before)
        found = 1.0 / self.vocabulary
        for length in range(self.order):
            context = edged[len(edged) - length :]
            kinds = self.kinds.get(context, 0)
            if not kinds:
                break
            seen = self.counts.get((*context, label), 0)
            found = (seen + kinds * found) / (self.totals[context] + kinds)
        return found

    def judged(self, before: Sequence[int], label: int) -> float:
        """log(V p): above 0 where a label is likelier than by chance.

        So a language favours neither short answers nor long ones by their length alone.
        """
        return math.log(self.vocabulary * self.probability(before, label))
