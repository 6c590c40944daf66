"""What was heard when, as a drawing and as a table."""

import torch

from fathom.explain.figures import Figure, Lattice, Span
from fathom.report.draw import drawing, table
from fathom.train.listening import shown

HEARD = Lattice(
    2.0, ((0.0, 1.0), (0.5, 0.0)), (Span("<yes>", 0.5, 0.6, 0.9), Span("no", 1.5, 1.6, 0.4))
)


def test_labels_stand_beneath_their_moments() -> None:
    drawn = str(drawing(Figure("clip", HEARD, "Two words.")))
    assert "&lt;yes&gt;" in drawn
    assert "<yes>" not in drawn
    assert drawn.count("fill-opacity") == 4  # two loud cells and two labels
    assert drawn.index("&lt;yes&gt;") < drawn.index(">no<")
    assert "style=" not in drawn


def test_the_table_tells_the_same() -> None:
    assert [row[0] for row in table(Figure("clip", HEARD, "Two words.")).rows] == ["<yes>", "no"]


def test_loudness_is_pooled_and_kept_from_0_to_1() -> None:
    cells = shown(torch.tensor([[-9.0, 9.0], [1.0, 1.0]]))
    assert cells == ((0.0, 0.5), (1.0, 0.5))
