"""A trained transcriber and its data to when it hears what, for the report."""

import numpy as np
import polars as pl
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.codecs.audio import AudioCodec
from fathom.data.codecs.transcript import TranscriptCodec
from fathom.decoding.ctc import aligned
from fathom.explain.figures import Lattice, Span
from fathom.explain.story import Listened
from fathom.metrics.speech import word_errors
from fathom.objectives.ctc import Ctc
from fathom.spec import BLANK
from fathom.train.prepare import Prepared

BANDS, MOMENTS = 20, 90  # cells of a spectrogram as it is shown
LOUD = 2.0  # deviations above a band's mean that are shown as full


def listened(objective: Ctc, prepared: Prepared, predictions: pl.DataFrame) -> tuple[Listened, ...]:
    """The best, the typical and the worst clip of validation."""
    frame = predictions.filter(pl.col("part") == "valid").sort("row")
    if not len(frame):
        return ()
    truth, answer = (frame[name].fill_null("").to_numpy() for name in ("truth", "answer"))
    errors = word_errors(truth, {"answer": answer})
    order = np.argsort(errors[:, 0] / np.maximum(1.0, errors[:, 1]), kind="stable")
    places = dict.fromkeys(int(order[at]) for at in (0, len(order) // 2, -1))
    return tuple(
        Listened(
            str(frame["origin"][place]),
            str(truth[place]),
            str(answer[place]),
            lattice(objective, prepared, int(frame["row"][place]), str(answer[place])),
        )
        for place in places
    )


def lattice(objective: Ctc, prepared: Prepared, row: int, answer: str) -> Lattice:
    """Loudness over time and the moments at which the labels of an answer were heard."""
    sound, target = prepared.fields.inputs[0].codec, prepared.fields.target.codec
    assert isinstance(sound, AudioCodec)
    assert isinstance(target, TranscriptCodec)
    (batch,) = prepared.examples.rows(np.array([row]), 1)
    objective.eval()
    with torch.inference_mode():
        scores, moments = objective.scores(batch.inputs)
    own = scores[0, : int(moments[0])].cpu()
    frames = int(batch.inputs[f"{objective.field}_length"][0])
    seconds = frames * sound.hop / sound.rate
    labels = [label for label in target.labels(answer) if label != BLANK]
    step_s = seconds / len(own)
    spans = tuple(
        Span(
            target.text([label]),
            start * step_s,
            stop * step_s,
            float(own[start:stop, label].exp().max()),
        )
        for label, (start, stop) in zip(labels, aligned(own, labels), strict=False)
    )
    return Lattice(seconds, shown(batch.inputs[objective.field][0, :frames].float()), spans)


def shown(features: Float[Tensor, "T F"]) -> tuple[tuple[float, ...], ...]:
    """Loudness from 0 to 1 of few bands and moments, the lowest band first."""
    size = (min(MOMENTS, features.shape[0]), min(BANDS, features.shape[1]))
    cells = F.adaptive_avg_pool2d(features[None], size)[0]
    return tuple(map(tuple, (cells / LOUD).clamp(0.0, 1.0).T.tolist()))
