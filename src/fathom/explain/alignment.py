"""Clips that a network listened to, to when it heard what."""

from fathom.explain.figures import Figure
from fathom.explain.story import Listened, Story
from fathom.explain.view import View
from fathom.explain.wording import number, plural, shortened

LONGEST = 120


def alignment_view(story: Story) -> View | None:
    """The spectrogram of a few validation clips with the labels beneath."""
    if not story.listened:
        return None
    spans = [span for one in story.listened for span in one.heard.spans]
    answer = f"{plural(len(spans), 'labels')} were heard in {plural(len(story.listened), 'clips')}"
    if spans:
        least = min(spans, key=lambda span: span.probability)
        answer += f"; least sure of {least.label!r}, at {100 * least.probability:.0f} of 100"
    return View(
        name="alignment",
        question="When did it hear what?",
        answer=f"{answer}.",
        figures=tuple(map(_figure, story.listened)),
        caveat="A label is heard by its moment, as soon as the network is sure; the mark does not "
        "say how long it lasts. The clips are of validation: the best, the typical and the worst.",
        terms=("validation",),
        owned=len(story.listened),
    )


def _figure(one: Listened) -> Figure:
    said = shortened(one.truth, LONGEST)
    heard = shortened(one.answer, LONGEST) or "nothing"
    return Figure(
        one.origin,
        one.heard,
        f"{number(one.heard.seconds, 2)} s of sound; said: {said}; heard: {heard}.",
    )
