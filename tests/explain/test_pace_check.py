"""Two networks against each other: one that is far ahead is named, from the log alone."""

import polars as pl
import pytest

from fathom.explain import Story, self_checks

PACE = "the two networks keep pace"


def played(ends: float) -> Story:
    """The story of forty updates after which the artist's loss is this."""
    losses = [0.69 + (ends - 0.69) * update / 39 for update in range(40)]
    return Story(
        report={"metrics": {}, "items": "pictures"},
        predictions=pl.DataFrame(),
        log=tuple(
            {"kind": "update", "losses": {"critic.loss": 0.5, "artist.loss": loss}}
            for loss in losses
        ),
        recipe={},
        classes=(),
        findings=(),
        data={},
    )


@pytest.mark.parametrize(("ends", "even"), [(0.7, True), (2.5, True), (9.0, False)])
def test_a_critic_that_is_far_ahead_is_named(ends: float, even: bool) -> None:
    (check,) = (one for one in self_checks(played(ends)) if one.name == PACE)
    assert check.passed is even
    assert ("The critic dominates" in check.sentence) is not even
    assert ("Bring more pictures" in check.sentence) is not even


def test_a_single_network_has_no_opponent() -> None:
    story = played(9.0)
    alone = Story(**{**vars(story), "log": ({"kind": "update", "losses": {"loss": 1.0}},) * 40})
    assert PACE not in [one.name for one in self_checks(alone)]
