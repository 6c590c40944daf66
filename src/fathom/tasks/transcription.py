"""What is said in this sound?"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch

from fathom.data.batches import Examples
from fathom.data.codecs.audio import HOP_S, AudioCodec
from fathom.data.codecs.transcript import TranscriptCodec
from fathom.data.fields import TARGET, Field, Fields, Limits
from fathom.data.ragged import Ragged
from fathom.data.table import Table
from fathom.networks.hearing import MOMENT_HALVINGS
from fathom.networks.registry import NETWORKS
from fathom.objectives import Objective
from fathom.objectives.ctc import Ctc, is_heard
from fathom.recipe import Recipe, Task
from fathom.spec import Spec
from fathom.tasks.inputs import sounds_of

SOUND = "sound"
STEP = 2**MOMENT_HALVINGS  # frames a moment of the networks that answer at each
BEAM = 16
LETTERS_AN_HOUR = 50_000  # of speech that is read aloud
ENOUGH_LETTERS = LETTERS_AN_HOUR
ROOM, SHARE = 3.0, 0.9  # moments for each label, in so many of the clips


def fields(
    table: Table, train: np.ndarray, targets: tuple[str, ...], limits: Limits, known: np.ndarray
) -> Fields:
    """The sound, whole, and its transcript as words or characters."""
    column = table.only(
        "audio",
        what="A transcription is learnt from one column of sounds and one of text.",
        remedy="Keep one column that names the sound files.",
    )
    values = table[targets[0]].take(train).series
    codec = TranscriptCodec.fit(values)
    heard = sounds_of(column, train)
    labels = np.array([needed(codec.labels(text)) for text in values.fill_null("").to_list()])
    made = AudioCodec.fit(heard, whole=True, hop_s=fitting_hop(heard.seconds(), labels))
    sound = Field(SOUND, (column.name,), made, together=False)
    return Fields((sound,), Field(TARGET, targets, codec, together=False))


def fitting_hop(seconds: np.ndarray, labels: np.ndarray) -> float:
    """The longest hop, in seconds, that leaves enough moments for the labels of nearly all clips.

    Long ones are better: a label is then found among fewer moments, in half the time.
    """
    moments = seconds[labels > 0] / np.maximum(1, labels[labels > 0]) / STEP
    for hop_s in (2 * HOP_S, HOP_S):
        if len(moments) and float((moments >= ROOM * hop_s).mean()) >= SHARE:
            return hop_s
    return HOP_S / 2


def needed(labels: Sequence[int]) -> int:
    """Moments that labels take at least: one each, and a blank between equal neighbours."""
    return len(labels) + sum(one == other for one, other in pairwise(labels))


def too_long(examples: Examples) -> dict[int, str]:
    """Rows whose labels have no path through so few moments, with the reason."""
    sounds, labels = examples.inputs[SOUND], examples.targets[TARGET]
    codec = examples.codecs[SOUND]
    assert isinstance(sounds, Ragged)
    assert isinstance(labels, Ragged)
    assert isinstance(codec, AudioCodec)
    reasons = {}
    frames = codec.frames(torch.from_numpy(np.diff(sounds.offsets)))
    moments = (-(-frames // STEP)).tolist()
    for row, (own, count) in enumerate(zip(labels.lists(), moments, strict=True)):
        if needed(own) > count:
            reasons[row] = f"{len(own)} labels do not fit into {count} moments"
    return reasons


def build(recipe: Recipe, specs: Mapping[str, Spec]) -> Objective:
    """A network that answers at every moment."""
    kind = NETWORKS[recipe.network[SOUND]]["audio"]
    network = is_heard(kind.build(specs[SOUND], recipe.size[SOUND]))
    (labels,), (places, order) = specs[TARGET].levels, specs[TARGET].shape
    beam = round(recipe.decoding["beam"])
    return Ctc(network, labels, field=SOUND, beam=beam, runs=(places, order))


def told(fields: Fields) -> list[str]:
    """What the labels are, and a warning where there is too little speech for letters."""
    codec = fields.target.codec
    assert isinstance(codec, TranscriptCodec)
    labels = f"labels: {len(codec.vocabulary)} {codec.unit}"
    if codec.runs:
        labels += f"; a language is learnt from {codec.texts:,} training transcripts"
    if codec.unit == "words" or codec.letters >= ENOUGH_LETTERS:
        return [labels]
    return [
        labels,
        f"warning: too little speech: {codec.letters:,} letters of transcripts, about "
        f"{60 * codec.letters / LETTERS_AN_HOUR:.0f} minutes. To spell any sentence takes hours: "
        "this network will know its training clips by heart and get most words of new ones wrong. "
        "Bring more, or clips of few words that are said again and again.",
    ]


TASK = Task(
    name="transcription",
    question="What is said?",
    accepts=("audio",),
    metrics=("wer", "cer"),
    fields=fields,
    build=build,
    decoding=lambda seconds: {"beam": BEAM},
    told=told,
    unlearnable=too_long,
)
