"""Forecasts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import torch

from fathom.data.codecs import Codec
from fathom.data.units.plain import Arrays, Encoded, mean, plain

MOST_STORED = 1_000_000  # numbers of forecasts kept for the report


class FutureUnits:
    """Scaled forecasts become the user's numbers; each knows what its errors are divided by."""

    def truth(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """What came, float32 (N, C, H), nan where not known."""
        return plain(encoded)

    def known(self, encoded: Encoded) -> np.ndarray:
        """All: the parts hold only forecasts whose truth is known."""
        return np.ones(len(encoded), dtype=bool)

    def asked(self, codec: Codec, encoded: Encoded) -> np.ndarray:
        """The series itself, (N, C)."""
        return plain(encoded)[:, :, 0]

    def fields(self, codec: Codec, fields: Arrays) -> dict[str, np.ndarray]:
        """Answer and interval in the user's units, and `errors` (N, C, 2): what errors are divided
        by.
        """
        told = dict(fields)
        for name in ("answer", "low", "high"):
            if name in fields:
                told[name] = codec.decode({"answer": torch.from_numpy(fields[name])})
        errors = np.array(codec.errors)  # type: ignore[attr-defined]
        told["errors"] = np.broadcast_to(errors, (len(fields["answer"]), *errors.shape))
        return told

    def columns(self, codec: Codec, fields: Arrays) -> dict[str, Any]:
        """A list of H numbers a row and series; of many, evenly spread rows alone hold them."""
        names = codec.spec().classes
        columns: dict[str, Any] = {}
        for field, column in (
            ("truth", "came"),
            ("answer", "forecast"),
            ("low", "low"),
            ("high", "high"),
        ):
            if field not in fields:
                continue
            values = fields[field]
            every = max(1, -(-values.size // MOST_STORED))
            for place, target in enumerate(names):
                title = column if len(names) == 1 else f"{column}_{target}"
                kept = [
                    values[row, place].tolist() if row % every == 0 else None
                    for row in range(len(values))
                ]
                columns[title] = pl.Series(kept, dtype=pl.List(pl.Float32))
        return columns

    def together(self, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
        """The mean forecast, and the interval from the lowest end to the highest."""
        return {
            "answer": mean(answers, "answer"),
            "low": np.min([each["low"] for each in answers], axis=0),
            "high": np.max([each["high"] for each in answers], axis=0),
            "errors": answers[0]["errors"],
        }
