"""Sounds to transcripts by classical methods: clips, and words cut out at the silences, compared
with known ones by time warping.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fathom.baselines.cepstra import HOP_S, cepstra, clips, sound_frames, standardised
from fathom.baselines.request import PARTS, RivalRequest
from fathom.baselines.warping import Known

Written = dict[str, dict[str, np.ndarray]]

SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4)  # of the way from the quietest to the loudest
GAPS_S = (0.03, 0.06, 0.1, 0.2)  # shorter silences part no words
SHORTEST_S = 0.06
QUIET, LOUD = 0.05, 0.98


def nearest_clip(request: RivalRequest, seconds: float) -> Written:
    """What was said in the training clip that is nearest as a whole."""
    known = Known(list(sound_frames(request, request.train)))
    said = request.written(request.train)

    def answer(row: int) -> str:
        (clip,) = sound_frames(request, np.array([row]))
        return said[int(known.distances(clip).argmin())]

    return told(request, answer)


@dataclass(frozen=True)
class Cut:
    """Where silence parts words: the loudness below which it is silent, as a share of the way from
    quiet to loud, and the least seconds of it.
    """

    share: float
    gap_s: float

    def words(self, loudness: np.ndarray) -> list[tuple[int, int]]:
        """The frames (start, stop) of each stretch of sound."""
        low, high = np.quantile(loudness, [QUIET, LOUD])
        gap = max(1, round(self.gap_s / HOP_S))
        heard = np.flatnonzero(loudness > low + self.share * (high - low))
        if not len(heard):
            return []
        breaks = np.flatnonzero(np.diff(heard) > gap)
        starts = heard[np.concatenate([[0], breaks + 1])]
        stops = heard[np.concatenate([breaks, [len(heard) - 1]])] + 1
        shortest = round(SHORTEST_S / HOP_S)
        pairs = zip(starts.tolist(), stops.tolist(), strict=True)
        return [(start, stop) for start, stop in pairs if stop - start >= shortest]


def words_at_silences(request: RivalRequest, seconds: float) -> Written:
    """Each clip cut at its silences, each piece the word of the nearest piece of a training clip.

    Pieces of training clips are words where a clip has as many pieces as words; the cut is the one
    by which most clips do.
    """
    heard = [_heard(request, row) for row in request.train]
    said = [text.split() for text in request.written(request.train)]
    cuts = [Cut(share, gap) for share in SHARES for gap in GAPS_S]
    cut = max(cuts, key=lambda c: sum(_fits(c, *pair) for pair in zip(heard, said, strict=True)))
    pieces, words = [], []
    for (frames, loudness), spoken in zip(heard, said, strict=True):
        spans = cut.words(loudness)
        if len(spans) == len(spoken):
            pieces += [standardised(frames[start:stop]) for start, stop in spans]
            words += spoken
    known = Known(pieces) if pieces else None
    return told(request, lambda row: _spoken(cut, known, words, *_heard(request, row)))


def told(request: RivalRequest, answer: Callable[[int], str]) -> Written:
    """The answers to the rows of both parts."""
    rows = {part: np.asarray(getattr(request, part)).tolist() for part in PARTS}
    return {
        part: {"answer": np.array([answer(row) for row in own], dtype=np.str_)}
        for part, own in rows.items()
    }


def _heard(request: RivalRequest, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Cepstra of a clip (frames, c), and how loud each frame is: its first coefficient."""
    frames = cepstra(next(clips(request, np.array([row]))), request.rate)
    return frames, frames[:, 0]


def _fits(cut: Cut, heard: tuple[np.ndarray, np.ndarray], said: Sequence[str]) -> bool:
    return len(cut.words(heard[1])) == len(said)


def _spoken(
    cut: Cut,
    known: Known | None,
    words: Sequence[str],
    frames: np.ndarray,
    loudness: np.ndarray,
) -> str:
    if known is None:
        return ""
    pieces = [standardised(frames[start:stop]) for start, stop in cut.words(loudness)]
    return " ".join(words[int(known.distances(piece).argmin())] for piece in pieces)
