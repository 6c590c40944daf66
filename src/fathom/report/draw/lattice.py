"""A spectrogram and the labels heard in it to a drawing, and to a table of the labels."""

from markupsafe import Markup

from fathom.explain.figures import Grid, Lattice
from fathom.explain.wording import number, of_100
from fathom.report.draw.canvas import WIDTH, Scale, join, line, mark, svg, tag, text

TOP, BOTTOM = 6.0, 150.0  # of the spectrogram
LEFT, RIGHT = 8.0, WIDTH - 8.0
LABELS, AXIS, HEIGHT = 176.0, 198.0, 226.0
LEAST = 0.08  # quieter cells are not drawn
FEW = 14  # labels that are told in words below; of more, letters need the room
NARROWEST = 2.0


def draw(data: Lattice, summary: str) -> Markup:
    """Time goes right and pitch up; louder is darker, a label more opaque the surer it was."""
    across = Scale(0.0, data.seconds, LEFT, RIGHT)
    shapes = [_loudness(data)]
    for span in data.spans:
        left, right = across(span.start_s), across(span.stop_s)
        said = (
            f"{span.label}: heard by {number(span.start_s, 3)} s, "
            f"{of_100(span.probability)} of 100 sure"
        )
        shapes.append(
            mark(
                "rect", said, x=left, y=BOTTOM + 6, width=max(NARROWEST, right - left), height=7.0,
                fill="#0072B2", fill_opacity=0.2 + 0.8 * span.probability,
            )
        )  # fmt: skip
        words = span.label if len(data.spans) <= FEW else span.label[:1]
        shapes.append(text((left + right) / 2, LABELS, words, anchor="middle", look="tick"))
    shapes.append(line(LEFT, AXIS - 12, RIGHT, AXIS - 12, "axis-line"))
    for tick in across.ticks():
        shapes.append(text(across(tick), AXIS + 2, number(tick, 2), anchor="middle", look="tick"))
    shapes.append(text(RIGHT, HEIGHT - 8, "seconds", anchor="end", look="axis"))
    return svg(shapes, summary, height=HEIGHT)


def rows(data: Lattice) -> Grid:
    """Every label and when it was heard."""
    cells = (
        (span.label, number(span.start_s, 3), number(span.stop_s, 3), of_100(span.probability))
        for span in data.spans
    )
    return Grid("", ("heard", "from, s", "to, s", "sure, of 100"), tuple(cells))


def _loudness(data: Lattice) -> Markup:
    """A rectangle for every cell that is not nearly silent."""
    high = (BOTTOM - TOP) / max(1, len(data.loudness))
    cells = []
    for band, values in enumerate(data.loudness):
        wide = (RIGHT - LEFT) / max(1, len(values))
        for moment, value in enumerate(values):
            if value >= LEAST:
                cells.append(
                    tag(
                        "rect", x=LEFT + moment * wide, y=BOTTOM - (band + 1) * high,
                        width=wide, height=high, fill_opacity=round(value, 2),
                    )
                )  # fmt: skip
    return tag("g", join(cells), fill="#5B6570", aria_hidden="true")
