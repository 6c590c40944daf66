"""What a classical rival is given and what it gives back, in memory and as a folder of arrays."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

PARTS = ("valid", "test")
MOST_PICTURES = 2_000  # held-out ones that drawn ones are compared with
_ARRAYS = (
    "target",
    "train",
    "valid",
    "test",
    "row",
    "image",
    "kept",
    "series",
    "length",
    "tokens",
    "offsets",
    "waves",
    "wave_offsets",
    "watched",
)


@dataclass(frozen=True)
class Ahead:
    """How series are forecast: H rows ahead, with this season (1: none); rows before `first` have
    no complete look-back; errors: of each series, what errors are divided by, as in `metrics`.
    """

    horizon: int
    season: int
    first: int
    errors: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class RivalRequest:
    """The data of one task, prepared for classical methods.

    kind: of the target, as in `Spec`: "category" with target (N,) below `classes`, "labels" with
        target (N, K) of 0 and 1, "number" with target (N, R), "bytes" with bytes and words (N, 2),
        "text", "summary" and "transcript" with texts in `texts["target"]`, "future" with series
        (N, C), of which each row begins a forecast as `ahead` says, "values", "density" and "bits"
        with how many values a row holds (N, 1), "sample" with the class that pictures are drawn by
        (N,), from 1 or 0.
    train, valid, test: row numbers.
    row: (N, F) float32, nan is missing; the last `len(levels)` columns hold category numbers, 0 is
        unknown. image: (N, H, W, C) uint8, may be memory-mapped. series: (N, T, C) float32 of
        these lengths (N,).
    kept: (N, P) float32, a row as an autoencoder keeps it: scaled, with indicators. code: numbers
        of its code.
    texts: raw texts (N,) by field. tokens, offsets: the tokens of row i are
        tokens[offsets[i] : offsets[i + 1]], whole numbers below `vocabulary`; running: rows follow
        each other as one text.
    waves, wave_offsets: int16 samples of row i are waves[wave_offsets[i] : wave_offsets[i + 1]],
        `rate` a second. watched: (N, C) float32, series whose odd rows are asked for, without
        gaps; `code` is the length of a window.
    seconds: for all candidates together.
    parts: rows to train on by candidate, decided by an earlier run; with it nothing is timed, and
        the same request gives the same answers.
    """

    kind: str
    classes: int
    target: np.ndarray
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    row: np.ndarray | None = None
    levels: tuple[int, ...] = ()
    series: np.ndarray | None = None
    length: np.ndarray | None = None
    image: np.ndarray | None = None
    kept: np.ndarray | None = None
    code: int = 0
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tokens: np.ndarray | None = None
    offsets: np.ndarray | None = None
    vocabulary: int = 0
    running: bool = False
    waves: np.ndarray | None = None
    wave_offsets: np.ndarray | None = None
    rate: int = 0
    watched: np.ndarray | None = None
    seconds: float = 45.0
    seed: int = 0
    threads: int = 1
    parts: Mapping[str, int] = field(default_factory=dict)
    ahead: Ahead | None = None

    def truth(self, rows: np.ndarray) -> np.ndarray:
        """The targets of rows, as `kind` says; of texts an array of str, of samples examples."""
        if self.ahead is not None:
            return windows(self.target, rows, self.ahead.horizon)
        if self.kind == "sample":
            return np.asarray(self.shown[rows[:: max(1, -(-len(rows) // MOST_PICTURES))]])
        return np.array(self.written(rows)) if "target" in self.texts else self.target[rows]

    @property
    def shown(self) -> np.ndarray:
        """The examples that are to be drawn: pictures (N, H, W, C) uint8, or rows (N, F)."""
        shown = self.row if self.image is None else self.image
        assert shown is not None
        return shown

    def written(self, rows: np.ndarray) -> list[str]:
        """The target texts of rows."""
        texts = self.texts["target"]
        return [texts[row] for row in rows]

    def write(self, folder: Path) -> None:
        """Save as request.json and one .npy file an array."""
        for name in _ARRAYS:
            array = getattr(self, name)
            if array is not None:
                np.save(folder / f"{name}.npy", array, allow_pickle=False)
        options = {
            "kind": self.kind,
            "classes": self.classes,
            "levels": list(self.levels),
            "texts": {name: list(texts) for name, texts in self.texts.items()},
            "vocabulary": self.vocabulary,
            "code": self.code,
            "running": self.running,
            "rate": self.rate,
            "seconds": self.seconds,
            "seed": self.seed,
            "threads": self.threads,
            "parts": dict(self.parts),
            "ahead": None if self.ahead is None else asdict(self.ahead),
        }
        (folder / "request.json").write_text(json.dumps(options), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "RivalRequest":
        """The request that was written into the folder; arrays are memory-mapped."""
        options = json.loads((folder / "request.json").read_text(encoding="utf-8"))
        options["levels"] = tuple(options["levels"])
        if options["ahead"] is not None:
            options["ahead"] = Ahead(**options["ahead"])
        files = {name: folder / f"{name}.npy" for name in _ARRAYS}
        arrays = {
            name: np.load(file, mmap_mode="r", allow_pickle=False)
            for name, file in files.items()
            if file.exists()
        }
        return cls(**options, **arrays)


def windows(series: np.ndarray, rows: np.ndarray, horizon: int) -> np.ndarray:
    """The `horizon` rows of series (N, C) from each of the given rows on, (n, C, H)."""
    padded = np.pad(series, ((0, horizon), (0, 0)), constant_values=np.nan)
    return np.lib.stride_tricks.sliding_window_view(padded, horizon, axis=0)[rows]


@dataclass(frozen=True)
class Rival:
    """A classical method that was trained on the same training part, and its answers.

    name: short and stable ("boosting"); words: for sentences ("Gradient boosting").
    metric, value: what it reached on validation. rows: training rows used, of `available`.
    fields: part ("valid", "test") to the named arrays that `predict` returns.
    """

    name: str
    words: str
    metric: str
    value: float
    rows: int
    available: int
    seconds: float
    fields: Mapping[str, Mapping[str, np.ndarray]]

    @property
    def title(self) -> str:
        """The words, and the part of the rows if it wasn't all of them."""
        if self.rows >= self.available:
            return self.words
        return f"{self.words} on {self.rows:,} of {self.available:,} rows"


@dataclass(frozen=True)
class Rivals:
    """All rivals that finished, the best on validation first; failure: what went wrong, if so."""

    ranked: tuple[Rival, ...]
    failure: str = ""

    @property
    def parts(self) -> dict[str, int]:
        """Training rows by rival: given to a later request, it repeats this one."""
        return {rival.name: rival.rows for rival in self.ranked}
