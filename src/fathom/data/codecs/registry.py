"""Table of contents of the codecs: the closed list of what `codecs.json` may name."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fathom.data.codecs import Codec
from fathom.data.codecs.amount import AmountCodec
from fathom.data.codecs.around import AroundCodec
from fathom.data.codecs.audio import AudioCodec
from fathom.data.codecs.bag import BagCodec
from fathom.data.codecs.image import ImageCodec
from fathom.data.codecs.labels import ClassCodec, LabelsCodec
from fathom.data.codecs.normal import NormalCodec
from fathom.data.codecs.number import NumbersCodec
from fathom.data.codecs.past import AheadCodec, PastCodec
from fathom.data.codecs.record import RecordCodec
from fathom.data.codecs.row import RowCodec
from fathom.data.codecs.series import SeriesCodec
from fathom.data.codecs.size import SizeCodec
from fathom.data.codecs.spectrum import SpectrumCodec
from fathom.data.codecs.summary import SummaryCodec, UnitsCodec
from fathom.data.codecs.text import TextCodec
from fathom.data.codecs.transcript import TranscriptCodec
from fathom.data.codecs.wish import WishCodec
from fathom.errors import RunError

CODECS: Mapping[str, type[Codec]] = {
    "ahead": AheadCodec,
    "amount": AmountCodec,
    "around": AroundCodec,
    "audio": AudioCodec,
    "bag": BagCodec,
    "class": ClassCodec,
    "image": ImageCodec,
    "labels": LabelsCodec,
    "normal": NormalCodec,
    "numbers": NumbersCodec,
    "past": PastCodec,
    "record": RecordCodec,
    "row": RowCodec,
    "series": SeriesCodec,
    "size": SizeCodec,
    "spectrum": SpectrumCodec,
    "summary": SummaryCodec,
    "text": TextCodec,
    "wish": WishCodec,
    "transcript": TranscriptCodec,
    "units": UnitsCodec,
}


def codec_from_json(content: Mapping[str, Any]) -> Codec:
    """A codec from what `to_json` wrote; unknown kinds, keys and types are errors."""
    kind = content.get("kind")
    known = CODECS.get(kind) if isinstance(kind, str) else None
    remedy = "The run folder was changed; restore it from a copy."
    if known is None:
        raise RunError("There is no such codec.", found=repr(kind), remedy=remedy)
    statistics = {name: value for name, value in content.items() if name != "kind"}
    extra = set(statistics) - set(getattr(known, "__dataclass_fields__", {}))
    if extra:
        raise RunError(f"The {kind} codec has no {sorted(extra)[0]!r}.", remedy=remedy)
    try:
        return TypeAdapter(known).validate_python(statistics)
    except ValidationError as error:
        raise RunError(
            f"The {kind} codec does not read.", found=str(error)[:300], remedy=remedy
        ) from error
