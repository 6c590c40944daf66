"""Examples and their codes to: what is kept of a picture, and a map of all codes."""

from collections.abc import Iterator

import numpy as np

from fathom.explain.figures import Bar, Bars, Figure, Item, Scatter, Strip
from fathom.explain.items import thumbnail
from fathom.explain.outcomes import judged_part
from fathom.explain.statistics import thinned
from fathom.explain.story import Kept, Story
from fathom.explain.view import View
from fathom.explain.wording import count, number, of_100, shortened

POINTS = 800


def codes_view(story: Story) -> View | None:
    """What is left of an example in its code."""
    if "code" not in story.predictions.columns:
        return None
    codes = _codes(story)
    if len(codes) < 3:
        return None
    figures = [*_pairs(story.kept), _map(codes), *_divergence(story)]
    length = codes.shape[1]
    held = int(story.predictions["values"][0])
    return View(
        name="codes",
        question="What does it keep, and where do examples lie?",
        answer=f"{count(held)} values are said in {count(length)} numbers, {count(held // length)} "
        f"times fewer.{_read(story)}",
        figures=tuple(figures),
        caveat="The map shows the two directions in which codes differ most; what differs in others"
        " lies on top of each other here.",
        terms=("held-out",),
    )


def _codes(story: Story) -> np.ndarray:
    """Codes of the judged part, (N, K)."""
    frame = story.predictions
    frame = frame.filter(frame["part"] == judged_part(frame["part"].to_numpy()))
    return np.array(frame["code"].to_list(), dtype=np.float64).reshape(len(frame), -1)


def _pairs(kept: tuple[Kept, ...]) -> Iterator[Figure]:
    if not kept:
        return
    items = []
    for one in kept:
        for words, picture in (("as it is", one.original), ("as its code tells it", one.written)):
            shown, pixels = thumbnail(picture)
            lines = (words, f"squared error {number(one.error, 2)}")
            items.append(Item(shortened(one.name, 32), lines, shown, pixels))
    yield Figure(
        "Held-out pictures, each followed by what its code tells",
        Strip(tuple(items)),
        f"{count(len(kept))} held-out pictures from the best kept (squared error "
        f"{number(kept[0].error, 2)}) to the worst ({number(kept[-1].error, 2)}).",
    )


def _map(codes: np.ndarray) -> Figure:
    """The plane in which codes differ most: their two leading principal components."""
    centred = codes - codes.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ np.pad(axes[:2], ((0, max(0, 2 - len(axes))), (0, 0))).T
    shown = np.float64((sizes[:2] ** 2).sum() / max(1e-12, (sizes**2).sum()))
    some = thinned(len(flat), POINTS)
    x, y = (tuple(float(flat[i, k]) for i in some) for k in (0, 1))
    return Figure(
        "A map of the codes",
        Scatter("first direction", "second direction", x, y),
        f"{count(len(some))} held-out codes in the plane that holds {of_100(float(shown))} of 100 "
        "of what differs between them.",
    )


def _divergence(story: Story) -> Iterator[Figure]:
    """What each number of a variational code is used for, in nats."""
    nats = story.report.get("latent", {}).get("divergence", ())
    if not nats:
        return
    order = np.argsort(-np.array(nats), kind="stable")
    bars = tuple(Bar(f"number {i}", round(float(nats[i]), 3)) for i in order[:64])
    used = sum(value > 0.01 for value in nats)
    yield Figure(
        "What each number of the code tells",
        Bars("number", "nats of divergence from chance", bars),
        f"{count(used)} of {count(len(nats))} numbers are used; together they tell "
        f"{number(float(sum(nats)))} nats of an example.",
    )


def _read(story: Story) -> str:
    """What a linear reader tells from the codes."""
    found = story.report.get("probe")
    if not found:
        return ""
    own = 100 * float(found["accuracy"]["value"])
    rival = found.get("rival")
    beside = f", from those of the rival {100 * float(rival['value']):.1f}" if rival else ""
    return f" A linear reader tells the classes of {own:.1f} of 100 from the codes{beside}."
