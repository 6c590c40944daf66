"""The most unlike pictures to: each beside what was learnt makes of it, and where both differ."""

import numpy as np

from fathom.explain.figures import Figure, Item, Mark, Strip
from fathom.explain.items import thumbnail
from fathom.explain.story import Story, Unlike
from fathom.explain.view import View
from fathom.explain.wording import count, number, of_100, shortened


def anomalies_view(story: Story) -> View | None:
    """What is least like the usual, and what is odd about it."""
    if not story.unlike:
        return None
    items = tuple(item for one in story.unlike for item in _items(one))
    odd = sum(one.odd for one in story.unlike)
    most = count(len(story.unlike))
    figure = Figure(
        "The most unlike held-out pictures, each followed by what was learnt makes of it, and by "
        "where they differ",
        Strip(items),
        f"{odd} of the {most} most unlike held-out pictures are anomalies by their label.",
    )
    return View(
        name="anomalies",
        question="What is odd about the oddest?",
        answer=f"{odd} of the {most} most unlike held-out pictures are anomalies.{_alarms(story)}",
        figures=(figure,),
        caveat="The map shows where a picture was written worse than it is, not why it is odd: the "
        "score is a distance between codes, with what was lost as one coordinate more.",
        terms=("held-out",),
    )


def _items(one: Unlike) -> tuple[Item, ...]:
    mark: Mark = "right" if one.odd else "wrong"
    told = "an anomaly" if one.odd else "normal by its label"
    shown = (
        (one.original, (f"score {number(one.score)}", told), mark),
        (one.written, ("as it was learnt",), ""),
        (differing(one.original, one.written), ("white: where they differ",), ""),
    )
    name = shortened(one.name, 32)
    return tuple(
        Item(name, lines, *thumbnail(picture), mark=sign)  # type: ignore[arg-type]
        for picture, lines, sign in shown
    )


def differing(original: np.ndarray, written: np.ndarray) -> np.ndarray:
    """The largest difference of a pixel's channels, its own largest white, (H, W, 1) uint8."""
    apart = np.abs(original.astype(np.float64) - written).max(axis=2, keepdims=True)
    return np.asarray(255 * apart / max(1.0, apart.max())).round().astype(np.uint8)


def _alarms(story: Story) -> str:
    """How often the alarm is raised on held-out rows, rightly and wrongly."""
    frame = story.predictions.filter(story.predictions["part"] == story.predictions["part"][-1])
    odd, alarm = frame["anomaly"].to_numpy() > 0, frame["alarm"].to_numpy() > 0
    if not odd.any() or odd.all():
        return ""
    caught, false = float(alarm[odd].mean()), float(alarm[~odd].mean())
    return (
        f" The alarm is set to one normal validation picture of 100; held out it finds "
        f"{of_100(caught)} of 100 anomalies and calls {of_100(false)} of 100 normal ones."
    )
