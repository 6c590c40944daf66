"""How many examples each class has to how many more are wished for."""

from collections.abc import Mapping

from fathom.errors import OptionError

FEWEST = 4  # examples of a class, below which what is drawn only repeats them
EVEN = 0.9  # share of the largest class, from which a class is not small


def wanted(
    counts: Mapping[str, int], *, only: str | None = None, count: int | None = None
) -> dict[str, int]:
    """How many to add to each class of training examples; classes that get none are left out.

    Small classes are filled up to the largest, but at most doubled: drawn examples are worth less
    than real ones. Where no class is small, each grows by half. only: one class; count: so many for
    each class. A class of fewer than `FEWEST` examples gets none. Raises OptionError for an unknown
    class, or one that is too small.
    """
    if only is not None and only not in counts:
        raise OptionError.unknown("class", only, sorted(counts))
    if only is not None and counts[only] < FEWEST:
        raise OptionError(
            f"The class {only!r} has too few training pictures to learn from.",
            found=str(counts[only]),
            remedy=f"Bring at least {FEWEST} for training, or name another class.",
        )
    most = max(counts.values(), default=0)
    small = {name for name, own in counts.items() if own < EVEN * most}
    found = {}
    for name, own in counts.items():
        if own < FEWEST or (only is not None and name != only):
            continue
        filled = min(most - own, own) if name in small else 0
        usual = filled if small and (only is None or filled) else max(1, own // 2)
        found[name] = usual if count is None else count
    return {name: added for name, added in found.items() if added > 0}
