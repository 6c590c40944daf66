"""A trained network that draws to judged samples: beside held-out pictures, training pictures and
the rivals' samples.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import polars as pl
import torch

from fathom.baselines import Rival, Rivals
from fathom.data.batches import taken
from fathom.data.codecs import Codec, Listing, Sounding
from fathom.data.seeds import derived
from fathom.evaluate import HeldOut, evaluate
from fathom.evaluate.columns import columns_beside, correlations_beside, taught_by
from fathom.evaluate.detectors import Seen, detect
from fathom.evaluate.frechet import beside
from fathom.evaluate.nearest import Nearest, nearest
from fathom.evaluate.resampling import wilson
from fathom.explain import Drawing
from fathom.objectives import Objective, Paced
from fathom.recipe import Recipe
from fathom.train.judging_network import Judge, judge_of
from fathom.train.listener import Listener
from fathom.train.options import Clock
from fathom.train.prepare import Prepared

SLOW_S = 0.5
SHOWN = 32  # samples in the report
LISTED = 8  # rows
TAUGHT, AFTER = 2_000, 1_000_000  # rows to learn from, and the number of the first of them
FEWEST_PACED, MOST_PACED, PACED_SHARE = 32, 256, 4  # samples of each pace


@dataclass(frozen=True)
class Outside:
    """Work that the budget does not pay for, and how it is told."""

    clock: Clock
    listener: Listener

    def judge(self, prepared: Prepared, recipe: Recipe) -> Judge:
        """The judge of a run's data; the seconds of its training do not count."""
        begun = time.perf_counter()
        with self.clock.outside():
            judge = judge_of(prepared, recipe)
        spent = time.perf_counter() - begun
        if spent > SLOW_S:
            self.listener.say(
                f"a judge of {items(prepared)} learned from the same data in {spent:.0f} s, "
                "outside the budget; the next run of these data finds it"
            )
        return judge

    def paces(self, objective: Paced, sitting: "Sitting", count: int) -> dict[str, Any]:
        """What fewer and more looks of the network make of so many samples; not counted either."""
        begun = time.perf_counter()
        with self.clock.outside():
            found = sitting.paces(objective, count)
        spent = time.perf_counter() - begun
        if spent > SLOW_S:
            self.listener.say(
                f"{count} samples were also drawn with fewer and more steps, in {spent:.0f} s, "
                "outside the budget"
            )
        return found


def paced(judged: int) -> int:
    """How many samples of each pace are compared: their cost is about that of the judged ones."""
    return max(FEWEST_PACED, min(MOST_PACED, judged // PACED_SHARE))


@dataclass(frozen=True)
class Crowd:
    """Examples as stored, the class each was asked for, from 1 or 0, and their views."""

    pixels: np.ndarray
    wish: np.ndarray
    views: tuple[np.ndarray, np.ndarray, np.ndarray]
    nearest: Nearest
    items: str

    @property
    def fields(self) -> dict[str, np.ndarray]:
        """What the metrics take."""
        features, random, seen = self.views
        found = {"features": features, "random": random, "memorised": self.nearest.repeats}
        if seen.any() and self.wish.any():
            found["agrees"] = seen == self.wish
        return found

    @property
    def seen(self) -> Seen:
        """What the detectors look at."""
        features, _, classes = self.views
        return Seen(self.pixels, features, classes, self.nearest.repeats, self.items)

    @property
    def truth(self) -> np.ndarray:
        """The same as a structured array, for held-out pictures."""
        features, random, _ = self.views
        kinds = [("features", "f4", features.shape[1:]), ("random", "f4", random.shape[1:])]
        truth = np.empty(len(features), dtype=kinds)
        truth["features"], truth["random"] = features, random
        return truth


def judge_samples(
    recipe: Recipe, objective: Objective, prepared: Prepared, rivals: Rivals, outside: Outside
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """As many samples as the recipe says, judged beside as many held-out pictures."""
    count = round(recipe.decoding["judged"])
    sitting = Sitting(recipe, objective, prepared, outside.judge(prepared, recipe))
    frame, report = sitting.held(rivals, count)
    if isinstance(objective, Paced):
        report["paces"] = outside.paces(objective, sitting, min(count, paced(count)))
    return frame, report


@dataclass(frozen=True)
class Sitting:
    """Everything that is judged, by one judge."""

    recipe: Recipe
    objective: Objective
    prepared: Prepared
    judge: Judge

    def held(self, rivals: Rivals, count: int) -> tuple[pl.DataFrame, dict[str, Any]]:
        """The table of samples and the report."""
        part = "test"
        held_out = self.real(part, count)
        pixels = samples(self.objective, self.prepared, held_out.wish)
        own = self.crowd(pixels, held_out.wish)
        floor = self.real("train", count)
        others = [self.rival(one, len(held_out.wish)) for one in rivals.ranked]
        report = evaluate(
            held_out.truth,
            own.fields,
            others,
            kind="sample",
            classes=self.prepared.classes,
            split=part,
            items=items(self.prepared),
            seed=self.recipe.seed,
        )
        report["checks"] = detect(own.seen, held_out.seen)
        report["floor"] = self.floor(held_out, floor)
        report["ceiling"] = ceiling(self.played(held_out))
        report["frechet"] = beside(
            own.views[0],
            held_out.views[0],
            floor.views[0],
            judge=self.judge.words,
            items=own.items,
        )
        report["memorised_held_out"] = float(held_out.nearest.repeats.mean())
        report["closer_to_training"] = closer(own, held_out)
        report |= self.listed(own, held_out, floor)
        return self.frame(own), report

    def listed(self, own: Crowd, held_out: Crowd, floor: Crowd) -> dict[str, Any]:
        """Of rows: how far apart their columns are, and what they teach; nothing of others."""
        codec = self.prepared.fields.inputs[0].codec
        if not isinstance(codec, Listing):
            return {}
        drawn, real, taught = (codec.listed(one.pixels) for one in (own, held_out, floor))
        near = codec.listed(self.pixels(own.nearest.row[:LISTED]))
        return {
            "columns": columns_beside(drawn, real, taught),
            "correlations": {
                "drawn": correlations_beside(own.pixels, held_out.pixels),
                "training": correlations_beside(floor.pixels, held_out.pixels),
            },
            "shown": {"drawn": cells(drawn.head(LISTED)), "nearest": cells(near)},
            **self.useful(),
        }

    def useful(self) -> dict[str, Any]:
        """What gradient boosting learns of the classes from drawn rows, and from as many real
        ones; nothing without classes.
        """
        train, test = self.prepared.rows("train"), self.prepared.rows("test")
        source = np.random.default_rng(derived(self.recipe.seed, "useful"))
        some = np.sort(source.permutation(train)[:TAUGHT])
        wish, truth = self.prepared.truth(some), self.prepared.truth(test)
        if not wish.any() or not len(test):
            return {}
        held_out, seed = self.pixels(test), derived(self.recipe.seed, "useful") % 2**31
        first = AFTER  # none of the judged ones
        drawn = samples(self.objective, self.prepared, wish, first=first)
        return {
            "useful": {
                "drawn": taught_by(drawn, wish, held_out, truth, seed=seed),
                "real": taught_by(self.pixels(some), wish, held_out, truth, seed=seed),
                "rows": len(some),
            }
        }

    def paces(
        self, objective: Paced, count: int, options: Mapping[int, Any] | None = None
    ) -> dict[str, Any]:
        """The kernel distance of samples from the same noise for each number of looks; the seconds
        are those of a sample.

        options: of `draw`, by looks; by default those the objective names.
        """
        held_out = self.real("test", count)
        judged = HeldOut.of("sample", held_out.truth, seed=self.recipe.seed)
        lines = []
        for looks, asked in (options or objective.paces()).items():
            begun = time.perf_counter()
            pixels = samples(self.objective, self.prepared, held_out.wish, options=asked)
            spent = time.perf_counter() - begun
            features, random, _ = self.judge.views(pixels)
            found = judged.briefly({"features": features, "random": random}, but=("kid",))
            lines.append(
                {"looks": looks, "kid": found["kid"], "seconds": round(spent / len(pixels), 4)}
            )
        return {"usual": objective.looks, "n": len(held_out.wish), "lines": lines}

    def real(self, part: str, count: int) -> Crowd:
        """Pictures of a part, drawn from the seed."""
        rows = self.prepared.rows(part)
        source = np.random.default_rng(derived(self.recipe.seed, "judged", part))
        rows = np.sort(source.permutation(rows)[:count])
        pixels = self.pixels(rows)
        return self.crowd(pixels, self.prepared.truth(rows), own=rows if part == "train" else None)

    def played(self, real: Crowd) -> Crowd:
        """Real examples as drawn ones come out."""
        codec = self.prepared.fields.inputs[0].codec
        again = heard(codec, real.pixels)
        return real if again is real.pixels else self.crowd(again, real.wish)

    def pixels(self, rows: np.ndarray) -> np.ndarray:
        """Stored pictures."""
        name = self.prepared.fields.inputs[0].name
        return taken({name: self.prepared.examples.inputs[name]}, rows)[name].numpy()

    def crowd(self, pixels: np.ndarray, wish: np.ndarray, own: np.ndarray | None = None) -> Crowd:
        """Pictures with what the judge sees; own: their rows, where training holds them."""
        train = self.prepared.rows("train")
        return Crowd(
            pixels,
            wish,
            self.judge.views(pixels),
            nearest(pixels, self.pixels, train, own),
            items(self.prepared),
        )

    def rival(self, one: Rival, count: int) -> Rival:
        """A rival with its samples judged in the place of its answers."""
        fields = one.fields["test"]
        codec = self.prepared.fields.inputs[0].codec
        crowd = self.crowd(heard(codec, fields["picture"][:count]), fields["wish"][:count])
        return Rival(**vars(one) | {"fields": {"test": crowd.fields}})

    def floor(self, held_out: Crowd, real: Crowd) -> dict[str, Any]:
        """What training pictures themselves would reach: nothing that is drawn can be better."""
        count = min(len(held_out.wish), len(real.wish))
        report = evaluate(
            held_out.truth[:count],
            {name: value[:count] for name, value in real.fields.items() if name != "memorised"},
            kind="sample",
            classes=(),
            items=items(self.prepared),
        )
        return cast(dict[str, Any], report["metrics"])

    def frame(self, own: Crowd) -> pl.DataFrame:
        """One line a sample."""
        count = len(own.wish)
        found = {
            "wish": own.wish,
            "seen": own.views[2],
            "nearest": own.nearest.row,
            "ratio": own.nearest.ratio,
            "memorised": own.nearest.repeats,
        }
        columns = self.prepared.columns(found)
        return pl.DataFrame({"row": np.arange(count), "part": ["test"] * count, **columns})


def items(prepared: Prepared) -> str:
    """What examples are called."""
    codec = prepared.fields.inputs[0].codec
    return "sounds" if isinstance(codec, Sounding) else ITEMS[codec.spec().kind]


ITEMS = {"image": "pictures", "row": "rows"}


def closer(own: Crowd, held_out: Crowd) -> float:
    """The share of pairs in which a drawn picture is nearer to training than a held-out one."""
    mine, other = np.sort(own.nearest.distance), held_out.nearest.distance
    below = np.searchsorted(mine, other, side="left") / max(1, len(mine))
    return float(below.mean())


def cells(rows: pl.DataFrame) -> list[dict[str, str]]:
    """Rows as words."""
    return [
        {name: "" if cell is None else str(cell) for name, cell in row.items()}
        for row in rows.to_dicts()
    ]


def samples(
    objective: Objective,
    prepared: Prepared,
    wish: np.ndarray,
    *,
    first: int = 0,
    options: Any = None,
) -> np.ndarray:
    """An example for each wish, by number from the first on, as examples are stored; options: of
    the objective.
    """
    numbers = torch.arange(first, first + len(wish))
    objective.eval()
    with torch.inference_mode():
        asked = {"sample": numbers, "wish": torch.from_numpy(wish)}
        found = objective.predict(asked, options)
    codec = prepared.fields.inputs[0].codec
    return heard(codec, np.asarray(codec.decode({"value": found["answer"]})))


def heard(codec: Codec, pixels: np.ndarray) -> np.ndarray:
    """Examples as they come out: sounds as they are once they were played, rows once written."""
    if isinstance(codec, Listing):
        return codec.written(pixels)
    return codec.heard(pixels) if isinstance(codec, Sounding) else pixels


def ceiling(own: Crowd) -> dict[str, Any]:
    """What the judge sees in held-out examples after the way out and in: no drawing can ask for
    more; empty without classes.
    """
    agrees = own.fields.get("agrees")
    if agrees is None:
        return {}
    low, high = wilson(float(agrees.sum()), len(agrees))
    found = {"value": float(agrees.mean()), "low": low, "high": high, "n": len(agrees)}
    return {"label_agreement": found}


def drawings(objective: Objective, prepared: Prepared, frame: pl.DataFrame) -> tuple[Drawing, ...]:
    """The first judged samples again, each with its nearest training picture."""
    shown = prepared.fields.inputs[0]
    if "ratio" not in frame.columns or isinstance(shown.codec, Listing):
        return ()
    places = {name: place for place, name in enumerate(prepared.classes, 1)}
    some = frame.head(SHOWN).to_dicts()
    wish = np.array([places.get(one["wish"], 0) for one in some])
    rows = np.array([one["nearest"] for one in some])
    stored = taken({shown.name: prepared.examples.inputs[shown.name]}, rows)[shown.name].numpy()
    return tuple(
        Drawing(
            picture,
            near,
            prepared.table.origin(int(one["nearest"])),
            float(one["ratio"]),
            one["wish"] or "",
            one["seen"] or "",
        )
        for picture, near, one in zip(samples(objective, prepared, wish), stored, some, strict=True)
    )
