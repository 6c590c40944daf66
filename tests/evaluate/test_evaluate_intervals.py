"""Intervals and paired tests against published figures, other code and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap, false_discovery_control, norm

from fathom.evaluate.paired import (
    agresti_min,
    bootstrap_p,
    difference,
    holm,
    least_p,
    mcnemar,
)
from fathom.evaluate.resampling import draw_resamples, interval, percentiles
from fathom.evaluate.verdict import judge
from fathom.metrics import METRICS
from fathom.metrics.shares import wilson


def test_wilson_agrees_with_a_published_case() -> None:
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, method 3


@given(count=st.integers(1, 500), share=st.floats(0, 1))
def test_wilson_holds_the_share_and_stays_a_share(count: int, share: float) -> None:
    successes = round(share * count)
    low, high = wilson(successes, count)
    assert 0 <= low <= successes / count <= high <= 1
    assert high - low < 1


def test_wilson_without_examples_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_resamples_keep_the_size_of_each_stratum() -> None:
    strata = np.array([0, 1, 1, 2, 2, 2])
    counts = draw_resamples(6, strata=strata, resamples=300).counts
    for name in range(3):
        assert (counts[:, strata == name].sum(1) == (strata == name).sum()).all()
    assert len(np.unique(counts[:, 3:], axis=0)) == 10  # every multiset of three of three


def test_resamples_draw_whole_groups() -> None:
    groups = np.array(["a", "b", "a", "c"])
    counts = draw_resamples(4, groups=groups, resamples=100).counts
    assert (counts[:, 0] == counts[:, 2]).all()
    assert set((counts[:, 0].astype(int) + counts[:, 1] + counts[:, 3]).tolist()) == {3}


def test_resamples_are_seeded() -> None:
    first, again, other = (draw_resamples(50, seed=seed).counts for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_large_parts_get_fewer_resamples() -> None:
    assert len(draw_resamples(320_000).counts) == 200


def test_bootstrap_interval_agrees_with_scipy() -> None:
    generator = np.random.default_rng(0)
    truth = generator.normal(size=(200, 1))
    fields = {"answer": truth + generator.normal(size=(200, 1))}
    metric = METRICS["number"]["rmse"]
    found = interval(metric, truth, fields, draw_resamples(200), grouped=False)
    squares = (fields["answer"] - truth)[:, 0] ** 2
    expected = bootstrap(
        (squares,), lambda x, axis: np.sqrt(x.mean(axis)), method="percentile", rng=generator
    ).confidence_interval
    assert found == pytest.approx(tuple(expected), abs=0.02)


def test_grouped_examples_have_wider_intervals() -> None:
    generator = np.random.default_rng(1)
    groups = np.repeat(np.arange(20), 10)
    truth = np.zeros(200, int)
    answer = (np.repeat(generator.random(20), 10) < 0.3).astype(int)  # right or wrong as a group
    metric, fields = METRICS["category"]["accuracy"], {"answer": answer}
    low, high = interval(metric, truth, fields, draw_resamples(200, groups=groups), grouped=True)
    plain_low, plain_high = interval(metric, truth, fields, draw_resamples(200), grouped=False)
    assert high - low > 2 * (plain_high - plain_low)


def test_perfect_answers_still_leave_room_for_chance() -> None:
    truth = np.array([0, 1] * 15)
    metric = METRICS["category"]["balanced_accuracy"]
    low, high = interval(
        metric, truth, {"answer": truth}, draw_resamples(30, strata=truth), grouped=False
    )
    assert (low, high) == wilson(30, 30)


def test_coverage_of_intervals_in_simulation() -> None:
    """Nineteen of twenty intervals hold the true macro F1, within what 200 trials can tell."""
    generator = np.random.default_rng(2)
    metric, held = METRICS["category"]["macro_f1"], 0
    truth = generator.integers(0, 3, 150)
    true_value = 0.8  # answers are right with chance .8, else one of the other two at random
    for trial in range(200):
        wrong = (truth + generator.integers(1, 3, 150)) % 3
        answer = np.where(generator.random(150) < 0.8, truth, wrong)
        resamples = draw_resamples(150, strata=truth, resamples=300, seed=trial)
        low, high = interval(metric, truth, {"answer": answer}, resamples, grouped=False)
        held += low <= true_value <= high
    assert 180 <= held <= 199


def test_mcnemar_agrees_with_a_published_case() -> None:
    # Fagerland et al. 2013, airway example: 1 and 7 discordant pairs, mid-p 0.0391.
    assert mcnemar(1, 7) == pytest.approx(0.0391, abs=5e-5)
    assert mcnemar(7, 1) == mcnemar(1, 7)


def test_mcnemar_without_discordant_pairs() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 5) == pytest.approx(1 - 252 / 1024 + 252 / 1024, abs=0.3)


@given(gained=st.integers(0, 100), lost=st.integers(0, 100), more=st.integers(0, 100))
def test_paired_interval_is_centred_near_the_difference(gained: int, lost: int, more: int) -> None:
    count = gained + lost + more
    low, high = agresti_min(gained, lost, count)
    assert -1 <= low < high <= 1
    mirrored = agresti_min(lost, gained, count)
    assert mirrored == pytest.approx((-high, -low))


def test_bootstrap_p_agrees_with_the_normal_one() -> None:
    drawn = norm.rvs(loc=2, size=20_000, random_state=0)
    assert bootstrap_p(drawn) == pytest.approx(2 * norm.cdf(-2), abs=0.005)
    assert bootstrap_p(np.zeros(100)) == 1.0
    assert bootstrap_p(np.empty(0)) == 1.0


def test_holm_by_hand() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([]) == []


@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_never_kinder_than_single_tests_or_the_false_discovery_rate(
    p_values: list[float],
) -> None:
    corrected = np.array(holm(p_values))
    assert (corrected >= np.array(p_values)).all()
    assert (corrected >= false_discovery_control(p_values) - 1e-12).all()
    assert (corrected <= 1).all()


def test_paired_difference_is_sharper_than_two_intervals() -> None:
    generator = np.random.default_rng(3)
    truth = generator.normal(size=(300, 1)) * 10
    noise = generator.normal(size=(300, 1)) * 5
    first, second = {"answer": truth + noise}, {"answer": truth + noise * 1.1}
    metric, resamples = METRICS["number"]["rmse"], draw_resamples(300)
    gap = difference(metric, "rmse", truth, first, second, resamples)
    alone = percentiles(resamples.values(metric, truth, first))
    assert gap.high < 0
    assert gap.high - gap.low < (alone[1] - alone[0]) / 2
    assert gap.p < 0.01


def test_grouped_shares_are_compared_by_resampled_groups() -> None:
    truth = np.zeros(40, int)
    groups = np.repeat([0, 1], 20)
    first, second = {"answer": truth}, {"answer": groups}
    metric = METRICS["category"]["accuracy"]
    single = difference(metric, "accuracy", truth, first, second, draw_resamples(40))
    resamples = draw_resamples(40, groups=groups)
    grouped = difference(metric, "accuracy", truth, first, second, resamples, grouped=True)
    assert single.p < 0.001
    assert grouped.p > 0.05
    assert grouped.test == "paired bootstrap"


def test_five_right_answers_against_five_wrong_ones_prove_nothing() -> None:
    truth = np.zeros(5, int)
    right, wrong = {"answer": truth}, {"answer": truth + 1}
    found = difference(
        METRICS["category"]["accuracy"], "accuracy", truth, right, wrong, draw_resamples(5)
    )
    assert found.p == least_p(5) > 0.05


@pytest.mark.parametrize(("count", "word"), [(4, "no clear difference"), (12, "better")])
def test_a_handful_of_examples_on_one_side_proves_nothing(count: int, word: str) -> None:
    """Four rows, each a little nearer, were once called better than the mean."""
    truth = np.linspace(0.0, 9.0, count)[:, None]
    near, far = ({"answer": truth + off, "score": truth + off} for off in (1.0, 1.1))
    metric, drawn = METRICS["number"]["rmse"], draw_resamples(count)
    found = difference(metric, "rmse", truth, near, far, drawn)
    assert found.high < 0
    assert judge(metric, found) == word
    assert least_p(4) == 0.125 and least_p(6) < 0.05
