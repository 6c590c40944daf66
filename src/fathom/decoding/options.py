"""The values of decoding options to a refusal of the first that can't be used."""

from collections.abc import Mapping

from fathom.errors import OptionError


def require(options: object, ranges: Mapping[str, tuple[bool, str]]) -> None:
    """Raise OptionError for the first option that is outside its range.

    ranges: by the option's name, whether its value is within and what to give instead.
    """
    for name, (within, expected) in ranges.items():
        if not within:
            raise OptionError(
                f"A {name.replace('_', '-')} of this value can't be used.",
                where=name,
                found=str(getattr(options, name)),
                remedy=f"Give {expected}.",
            )
