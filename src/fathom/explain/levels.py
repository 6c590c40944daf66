"""A story and a metric to the values to compare with: answering without looking, and the rival."""

from dataclasses import dataclass

import numpy as np

from fathom.data.units.wording import side_by_side
from fathom.explain.outcomes import Texts, judged_part
from fathom.explain.story import Story
from fathom.metrics import METRICS, Fields


@dataclass(frozen=True)
class Held:
    """One part's truth with the fields of the network, the rival and the best constant answer."""

    kind: str
    truth: np.ndarray
    own: Fields
    rival: Fields
    guess: Fields

    def value(self, metric: str, fields: Fields) -> float | None:
        """The metric for one of the three, None where it is unknown or not defined."""
        known = METRICS[self.kind].get(metric)
        if known is None or known.needs not in fields or not len(self.truth):
            return None
        value = known.value(self.truth, fields)
        return value if np.isfinite(value) else None


def held(story: Story, part: str = "") -> Held | None:
    """The predictions of one part (by default the judged one) as metrics take them.

    None for several labels at once, and for an empty part.
    """
    if len(story.choices) == 1 and not story.numbers:
        return _category(story, part)
    if story.numbers and not story.choices:
        return _number(story, part)
    if story.kind in ("text", "transcript"):
        return _text(story, part)
    return _bytes(story, part) if story.kind == "bytes" else None


def _category(story: Story, part: str) -> Held | None:
    choices = story.choices[0].only(part) if part else story.choices[0].judged
    if not len(choices):
        return None
    shares = np.bincount(choices.truth, minlength=len(choices.classes)) / len(choices)
    own = {"answer": choices.answer}
    if choices.probability is not None:
        own["probability"] = choices.probability
    guess = {
        "answer": np.full(len(choices), shares.argmax()),
        "probability": np.tile(shares, (len(choices), 1)),
    }
    rival = {} if choices.rival is None else {"answer": choices.rival}
    return Held("category", choices.truth, own, rival, guess)


def _text(story: Story, part: str) -> Held | None:
    if story.texts is None:
        return None
    texts = story.texts.only(part) if part else story.texts.judged
    if not len(texts):
        return None
    rival = {} if texts.rival is None else {"answer": texts.rival}
    return Held("text", references(story, texts), {"answer": texts.answer}, rival, {})


def references(story: Story, texts: Texts) -> np.ndarray:
    """The true texts of each answer: (N,), or (N, M) of several writers, None where fewer."""
    frame = story.predictions
    if "references" not in frame.columns:
        return texts.truth
    every = dict(frame.select("row", "references").iter_rows())
    pairs = zip(texts.row, texts.truth, strict=True)
    return side_by_side([every[int(row)] or [one] for row, one in pairs])


def _bytes(story: Story, part: str) -> Held | None:
    frame = story.predictions
    frame = frame.filter(frame["part"] == (part or judged_part(frame["part"].to_numpy())))
    amounts = [name for name in ("bytes", "words") if name in frame.columns]
    if not len(frame) or not amounts:
        return None
    fields = {
        name: {"nll": frame[column].to_numpy()}
        for name, column in (("own", "nll"), ("rival", "rival_nll"))
        if column in frame.columns and not frame[column].null_count()
    }
    truth = frame.select(amounts).to_numpy()
    return Held("bytes", truth, fields.get("own", {}), fields.get("rival", {}), {})


def _number(story: Story, part: str) -> Held | None:
    targets = [numbers.only(part) if part else numbers.judged for numbers in story.numbers]
    if not len(targets[0]):
        return None
    truth = np.stack([numbers.truth for numbers in targets], axis=1)  # (N, R)
    own = {"answer": np.stack([numbers.score for numbers in targets], axis=1)}
    low = [numbers.low for numbers in targets if numbers.low is not None]
    high = [numbers.high for numbers in targets if numbers.high is not None]
    if len(low) == len(high) == len(targets):
        own |= {"low": np.stack(low, axis=1), "high": np.stack(high, axis=1)}
    rivals = [numbers.rival for numbers in targets if numbers.rival is not None]
    rival = {"answer": np.stack(rivals, axis=1)} if len(rivals) == len(targets) else {}
    guess = {"answer": np.tile(truth.mean(0), (len(truth), 1))}
    return Held("number", truth, own, rival, guess)
