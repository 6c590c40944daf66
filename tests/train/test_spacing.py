"""How far apart checkpoints are written."""

from fathom.fit.training import Training
from fathom.train.planning import spaced

TRAINING = Training(updates=1000, batch=64, checkpoint_every=50)


def test_checkpoints_of_small_networks_stay_where_they_are() -> None:
    assert spaced(TRAINING, 100_000, 0.001) == TRAINING


def test_large_ones_are_written_seldom_enough_to_cost_three_hundredths() -> None:
    found = spaced(TRAINING, 4_000_000, 0.1)
    writing_s = (48 * 4_000_000 - 2**23) / 2e8
    assert found.checkpoint_every > 50
    assert writing_s <= 0.03 * 0.1 * found.checkpoint_every
    assert writing_s > 0.03 * 0.1 * (found.checkpoint_every - 1)


def test_they_are_never_farther_apart_than_the_training_is_long() -> None:
    assert spaced(TRAINING, 100_000_000, 0.001).checkpoint_every == 1000
