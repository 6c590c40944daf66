"""Rows that follow each other in time: how far apart they are, and how far ahead is asked."""

from dataclasses import dataclass

import numpy as np
import polars as pl

MONTHLY = "1mo"
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
# Rows after which things may come again, by the seconds between rows: of a day, a week, a year.
DAY, WEEK, YEAR = 86_400.0, 604_800.0, 365.25 * 86_400
NEAR = 0.25  # of a step: a date this close to its place stands there


@dataclass(frozen=True)
class Rhythm:
    """How the rows of a table follow each other.

    date: the column of dates, "" where rows are merely in order. step: time between two rows as
    polars writes it ("1h", "1mo"), "1b" for the days from Monday to Friday, "" without dates.
    horizon: rows ahead that are asked for. rows: which row of the source each row is, -1: none; ()
    where each holds several (long form). source_rows: how many the source has.
    """

    date: str
    step: str
    horizon: int
    rows: tuple[int, ...] = ()
    source_rows: int = 0

    @property
    def seasons(self) -> tuple[int, ...]:
        """Rows after which the calendar repeats, the shortest first; () without dates."""
        return seasons(self.step)

    def ahead(self, dates: pl.Series, steps: int) -> pl.Series:
        """The dates of the rows after the last one of a series of dates; where all of these are the
        last days of months, so are they.
        """
        known = dates.drop_nulls()
        first = known[-1]
        if not self.step:
            return pl.Series(self.date, [None] * steps, dtype=pl.Datetime("us"))
        if self.step == "1b":
            day = np.datetime64(first, "D")
            days = np.busday_offset(day, np.arange(1, steps + 1), roll="backward")
            return pl.Series(self.date, days).cast(pl.Datetime("us"))
        begin = pl.Series(self.date, [first] * steps, dtype=pl.Datetime("us"))
        number, unit = int(self.step.rstrip("smhdwoy")), self.step.lstrip("0123456789")
        offsets = pl.Series([f"{number * k}{unit}" for k in range(1, steps + 1)])
        found = pl.select(pl.lit(begin).dt.offset_by(pl.lit(offsets))).to_series()
        ends = unit == "mo" and bool((known == known.dt.month_end()).all())
        return (found.dt.month_end() if ends else found).rename(self.date)


def seasons(step: str) -> tuple[int, ...]:
    """Rows of a day, a week and a year where they are whole rows that mean something."""
    if step == "1b":
        return (5, 261)
    if step.endswith("mo"):
        months = int(step[:-2])
        return (12 // months,) if 12 % months == 0 and months < 12 else ()
    if not step or step.endswith("y"):
        return ()
    seconds = int(step[:-1]) * SECONDS[step[-1]]
    rows = [span / seconds for span in (DAY, WEEK, YEAR)]
    if seconds < DAY:
        rows = rows[:2]  # a year of hours is longer than most look-backs
    return tuple(round(each) for each in rows if each >= 3)


def step_of(dates: pl.Series) -> str:
    """The usual time between sorted, different dates, as polars writes it."""
    months = (dates.dt.year().cast(pl.Int64) * 12 + dates.dt.month()).diff().drop_nulls()
    usual_months = int(np.median(months.to_numpy())) if len(months) else 0
    same_day = dates.dt.day().n_unique() == 1 or bool((dates == dates.dt.month_end()).all())
    if same_day and usual_months >= 1 and months.min():
        return f"{usual_months}mo"
    seconds = dates.diff().drop_nulls().dt.total_milliseconds().to_numpy() / 1000
    usual = float(np.median(seconds)) if len(seconds) else DAY
    days = dates.dt.weekday()
    if usual == DAY and bool((days <= 5).all()) and len(dates) > 10:
        return "1b"
    for unit in ("w", "d", "h", "m"):
        if usual >= SECONDS[unit] and usual % SECONDS[unit] == 0:
            return f"{round(usual / SECONDS[unit])}{unit}"
    return f"{max(1, round(usual))}s"


def places(dates: pl.Series, step: str) -> np.ndarray:
    """How many steps after the first date each stands, float64; whole numbers where regular."""
    first = dates[0]
    if step.endswith("mo"):
        months = dates.dt.year().cast(pl.Int64) * 12 + dates.dt.month()
        return np.asarray((months - months[0]).to_numpy() / int(step[:-2]))
    if step == "1b":
        days = dates.to_numpy().astype("datetime64[D]")
        return np.busday_count(days[0], days).astype(np.float64)
    seconds = (dates - first).dt.total_milliseconds().to_numpy() / 1000
    return np.asarray(seconds / (int(step[:-1]) * SECONDS[step[-1]]))


def in_words(step: str) -> str:
    """The time between two rows as people say it."""
    names = {
        "1b": "one working day", "1mo": "one month", "3mo": "a quarter", "12mo": "one year",
        "1d": "one day", "1w": "one week", "1h": "one hour", "1m": "one minute", "1s": "one second",
    }  # fmt: skip
    if step in names:
        return names[step]
    number, unit = step.rstrip("smhdwoy"), step.lstrip("0123456789")
    words = {"mo": "months", "w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
    return f"{number} {words.get(unit, 'seconds')}"


def usual_horizon(step: str, rows: int) -> int:
    """One season of the calendar; else a twentieth of the rows, at most 96."""
    known = [season for season in seasons(step) if 4 * season <= rows]
    return known[0] if known else max(1, min(96, rows // 20))
