"""What is said of the rivals before the network is trained."""

import numpy as np

from fathom.baselines import Rival, Rivals
from fathom.train.rivals import told


def rival(name: str, value: float, metric: str = "accuracy") -> Rival:
    none: dict[str, dict[str, np.ndarray]] = {"test": {}, "valid": {}}
    return Rival(name, name.capitalize(), metric, value, 10, 10, 0.1, none)


def test_each_is_told_with_what_it_reached() -> None:
    ranked = (rival("ridge", 1.5, "bits_per_byte"), rival("mean", 2.25, "bits_per_byte"))
    assert told(Rivals(ranked)) == (
        "rivals: Ridge (bits per byte 1.5 on validation), Mean (bits per byte 2.25 on validation)"
    )


def test_no_number_is_told_where_validation_cannot_tell_them_apart() -> None:
    """Two detectors once had an average precision of 0 because no row was an anomaly."""
    ranked = (rival("axes", 0.0), rival("median", 0.0))
    assert told(Rivals(ranked)) == "rivals: Axes, Median (equal on validation)"


def test_what_was_ended_is_told_after_the_others() -> None:
    failure = "What took longer than 45 s was ended."
    assert told(Rivals((), failure)) == f"no rival. {failure}"
    assert told(Rivals((rival("mean", 1.0),), failure)).endswith(f"on validation). {failure}")
