"""Parquet files to records; binary columns that hold pictures are decoded from their bytes."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from fathom.data.pictures import Item, picture_format
from fathom.data.sources.options import Claim, ReadOptions
from fathom.data.sources.paired import files_by_part, read_parts
from fathom.data.sources.raw import Raw
from fathom.data.sources.walk import first_bytes
from fathom.data.table import Finding
from fathom.errors import DataError

SUFFIXES = (".parquet", ".pq")


def claims(path: Path) -> Claim | None:
    """A Parquet file by its first bytes, or a folder of such files named after parts."""
    if path.is_dir():
        paired = files_by_part(path, SUFFIXES)
        return Claim("parquet", "Parquet files named after their parts") if paired else None
    if path.name.lower().endswith(SUFFIXES) or first_bytes(path, 4) == b"PAR1":
        return Claim("parquet", "a Parquet file")
    return None


def read(path: Path, options: ReadOptions) -> Raw:
    """Every row is a record."""
    if path.is_dir():
        return read_parts(path, SUFFIXES, read_file)
    return read_file(path)


def read_file(path: Path) -> Raw:
    """Read one file; pictures stay undecoded until they are needed."""
    try:
        schema = pl.read_parquet_schema(path)
        encoded = {
            name: how
            for name, dtype in schema.items()
            if (how := _bytes_of(name, dtype)) is not None
        }
        frame = pl.read_parquet(path, columns=[name for name in schema if name not in encoded])
        height = pl.scan_parquet(path).select(pl.len()).collect().item()
        pictures = {}
        findings = []
        for name, expression in encoded.items():
            head = pl.scan_parquet(path).select(expression).drop_nulls().head(20).collect()
            if any(picture_format(bytes(cell[:16])) for cell in head.to_series()):
                pictures[name] = _listed(path, expression)
            else:
                reason = "The column holds binary data that are no pictures."
                findings.append(
                    Finding("set aside", "binary column", name, reason, "Leave it out.")
                )
    except (PolarsError, OSError) as problem:
        raise DataError(
            "The file does not read as Parquet.",
            remedy="Write it again; perhaps it was cut off.",
            where=str(path),
            found=str(problem).splitlines()[0][:200],
        ) from problem
    return Raw(
        frame if frame.width else pl.DataFrame(height=height),
        (path,),
        path.parent,
        origins=tuple(f"{path.name} row {row}" for row in range(height)),
        pictures=pictures,
        findings=tuple(findings),
        order=tuple(schema),
    )


def _bytes_of(name: str, dtype: pl.DataType) -> pl.Expr | None:
    """Where a column keeps bytes: itself, or the field "bytes" of a struct."""
    if dtype == pl.Binary:
        return pl.col(name)
    if isinstance(dtype, pl.Struct) and any(
        f.name == "bytes" and f.dtype == pl.Binary for f in dtype.fields
    ):
        return pl.col(name).struct.field("bytes").alias(name)
    return None


def _listed(path: Path, expression: pl.Expr) -> Callable[[], Sequence[Item]]:
    def listed() -> Sequence[Item]:
        return pl.scan_parquet(path).select(expression).collect().to_series().to_list()

    return listed
