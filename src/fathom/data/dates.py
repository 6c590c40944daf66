"""Cells of text to moments, in whichever usual form all of them are written."""

import polars as pl

DATES = (
    ("%Y-%m-%d", "year-month-day"),
    ("%Y-%m-%dT%H:%M:%S%.f", "ISO date and time"),
    ("%Y-%m-%d %H:%M:%S%.f", "date and time"),
    ("%Y-%m-%dT%H:%M:%S%.f%#z", "ISO date and time with zone"),
    ("%Y-%m-%d %H:%M:%S%.f%#z", "date and time with zone"),
    ("%Y-%m-%d %H:%M", "date and time"),
    ("%Y-%m-%dT%H:%M", "ISO date and time"),
    ("%Y-%m", "year-month"),
    ("%Y/%m/%d", "year/month/day"),
    ("%Y/%m/%d %H:%M:%S", "year/month/day and time"),
    ("%Y/%m/%d %H:%M", "year/month/day and time"),
    ("%d.%m.%Y", "day.month.year"),
    ("%d.%m.%Y %H:%M:%S", "day.month.year and time"),
    ("%d.%m.%Y %H:%M", "day.month.year and time"),
    ("%m/%d/%Y", "month/day/year"),
    ("%d/%m/%Y", "day/month/year"),
    ("%m/%d/%Y %H:%M:%S", "month/day/year and time"),
    ("%d/%m/%Y %H:%M:%S", "day/month/year and time"),
    ("%m/%d/%Y %H:%M", "month/day/year and time"),
    ("%d/%m/%Y %H:%M", "day/month/year and time"),
    ("%d %b %Y", "day month year"),
    ("%b %d, %Y", "month day, year"),
    ("%d-%b-%Y", "day-month-year"),
)


def dates(values: pl.Series) -> tuple[pl.Series, str] | None:
    """Cells as Datetime and the form they are written in; None when no one form fits every cell."""
    known = values.drop_nulls()
    if (
        not len(known)
        or not known.head(100).str.contains(r"^\w{1,4}[-/. ]\w{1,3}([-/., ]|$)").all()
    ):
        return None
    for form, words in DATES:
        if parse(known.head(100), form).null_count():
            continue
        parsed = parse(values, form)
        if parsed.null_count() == values.null_count():
            swapped = form.replace("%m/%d", "%d/%m")
            both = swapped != form and not parse(known, swapped).null_count()
            return parsed, words + (" (it could also be day/month/year)" if both else "")
    return None


def as_dates(values: pl.Series) -> pl.Series:
    """Any series as Datetime; cells that fit no form, or not the most fitting one, are null."""
    if values.dtype != pl.String:
        return values.cast(pl.Datetime("us"), strict=False)
    found = dates(values)
    if found is not None:
        return found[0]
    tries = [parse(values, form) for form, _ in DATES]
    return min(tries, key=lambda parsed: parsed.null_count())


def parse(values: pl.Series, form: str) -> pl.Series:
    """Cells as Datetime in one form; a day or month without more is its first moment."""
    if form == "%Y-%m":
        days = values.str.replace(r"^(\d{4}-\d{2})$", "$1-01")
        return days.str.to_datetime("%Y-%m-%d", time_unit="us", strict=False)
    if "z" in form:
        zoned = values.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
        return zoned.dt.replace_time_zone(None)
    return values.str.to_datetime(form, time_unit="us", strict=False)
