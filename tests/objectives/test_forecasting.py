"""Forecasts: the linear part in closed form, the deep part, calibration, and every network."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from sklearn.linear_model import Ridge
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.fit.optimizer import Optimizer
from fathom.networks import Facts
from fathom.networks.linear_skip import LinearSkip, Solution, gram, missed, solved, together
from fathom.networks.registry import NETWORKS
from fathom.objectives.forecasting import Forecasting, best_share, margins, sure_share
from fathom.spec import Spec

LOOKBACK, HORIZON, SERIES, COUNT = 24, 6, 2, 60
FAMILIES = sorted(family for family, kinds in NETWORKS.items() if "series" in kinds)


def made(family: str = "mlp", first: int = 0) -> Forecasting:
    spec = Spec("series", (LOOKBACK, 1), levels=(12, LOOKBACK))
    kind = NETWORKS[family]["series"]
    plan = kind.plan(spec, Facts(examples=COUNT, outputs=SERIES, seconds=1.0))
    torch.manual_seed(0)
    return Forecasting(
        LinearSkip(spec.levels, HORIZON),
        kind.build(spec, plan.size),  # type: ignore[arg-type]
        field="past",
        shape=(HORIZON, SERIES),
        first=first,
    )


def waves(count: int = COUNT) -> Batch:
    generator = torch.Generator().manual_seed(3)
    time = torch.arange(count + LOOKBACK + HORIZON).float()
    both = torch.stack([(time / 3).sin(), (time / 5).cos() + time / 50])
    both = both + 0.1 * torch.randn(both.shape, generator=generator)
    past = both[:, : count + LOOKBACK - 1].unfold(1, LOOKBACK, 1).transpose(0, 1)
    ahead = both[:, LOOKBACK:].unfold(1, HORIZON, 1).transpose(0, 1)[:count]
    return Batch({"past": past}, {"target": ahead}, torch.arange(count))


def pad(weight: Tensor) -> Tensor:
    return F.pad(weight, (0, 0, 2 - len(weight), 0))


def mean(objective: Forecasting, batch: Batch) -> Tensor:
    loss = objective.loss(batch)
    return loss.total / loss.count


class TestLinearSkip:
    def test_the_closed_form_is_that_of_another_implementation(self) -> None:
        batch = waves()
        x, y = batch.inputs["past"], batch.targets["target"]
        x, y = (x - x[..., -1:]).double(), (y - x[..., -1:]).double()
        weight = solved(
            [gram(x[a:b].flatten(0, 1), y[a:b].flatten(0, 1)) for a, b in pairwise((0, 40, 46, 60))]
        ).weight
        penalties = [
            Ridge(alpha=10.0 ** (power / 2) * 2 * COUNT, fit_intercept=False)
            .fit(x.flatten(0, 1).numpy(), y.flatten(0, 1).numpy())
            .coef_.T
            for power in range(-12, 5)
        ]
        gaps = [float((torch.tensor(other).float() - weight).abs().max()) for other in penalties]
        assert min(gaps) < 1e-3

    def test_look_backs_that_foretell_the_latest_forecasts_badly_are_left_out(self) -> None:
        time = torch.arange(400.0)
        wave = (2 * torch.pi * time / 20).sin() + 0.3 * torch.randn(
            400, generator=torch.Generator().manual_seed(0)
        )
        windows = wave.unfold(0, 48, 1)[:, None]
        skip = LinearSkip((2, 41), 7)
        skip.fit(windows[..., :41], windows[..., 41:])
        assert skip.shares.tolist() == [0.0, 1.0]

    def test_look_backs_that_help_each_other_are_both_taken(self) -> None:
        # Half of what comes is seen by the latest value alone, half by the one before.
        gram_of = torch.eye(2, dtype=torch.float64)
        mixed = torch.full((2, 1), 0.5, dtype=torch.float64)
        held = (gram_of, mixed, torch.tensor(0.6).double(), torch.tensor(1.0).double())
        latest, both = torch.tensor([[1.0]]).double(), torch.tensor([[1.0], [0.0]]).double()
        found = [Solution(w, w, w, missed(pad(w), held)) for w in (latest, both)]
        assert missed(pad(latest), held) == pytest.approx(0.6)  # 0.6 - 2 x 0.5 + 1
        assert sorted(together(found, held)) == [0, 1]  # 0.6 - 2 x 0.5 + 0.5
        assert together(found[:1], held) == [0]

    def test_unfitted_it_is_the_last_value(self) -> None:
        x = torch.randn(4, LOOKBACK)
        found = LinearSkip((12, LOOKBACK), HORIZON)(x)
        assert torch.equal(found, x[:, -1:].expand(4, HORIZON))

    def test_a_level_added_to_the_past_is_added_to_the_forecast(self) -> None:
        objective, batch = made(), waves()
        objective.initialise(batch)
        x = batch.inputs["past"].flatten(0, 1)
        torch.testing.assert_close(objective.skip(x + 5), objective.skip(x) + 5)


@pytest.mark.parametrize("family", FAMILIES)
class TestEveryNetwork:
    def test_the_first_forecast_is_the_linear_one(self, family: str) -> None:
        objective, batch = made(family), waves()
        with torch.no_grad():
            objective.initialise(batch)
        objective.eval()
        with torch.inference_mode():
            found = objective.predict(dict(batch.inputs))["answer"]
            linear = objective.skip(batch.inputs["past"].flatten(0, 1)).view_as(found)
        torch.testing.assert_close(found, linear)

    def test_every_parameter_has_one_rule_and_moves(self, family: str) -> None:
        objective, batch = made(family), waves()
        named = [name for group in objective.groups() for name in group.names]
        assert sorted(named) == sorted(
            n for n, p in objective.named_parameters() if p.requires_grad
        )
        before = {n: p.detach().clone() for n, p in objective.named_parameters()}
        optimizer = Optimizer(objective, objective.groups())
        objective.train()
        first = float(mean(objective, batch).detach())
        for _ in range(60):
            optimizer.zero_grad()
            loss = mean(objective, batch)
            loss.backward()
            optimizer.step(1.0, 0.0)
        assert float(loss.detach()) < 0.8 * first
        still = [
            n for n, p in objective.named_parameters() if n in named and torch.equal(p, before[n])
        ]
        assert still == []

    def test_series_do_not_see_each_other(self, family: str) -> None:
        objective, batch = made(family), waves()
        with torch.no_grad():
            objective.initialise(batch)
        for parameter in objective.parameters():
            if not parameter.any():  # what starts silent must not hide a mistake
                torch.nn.init.normal_(parameter, std=0.2)
        objective.eval()
        other = batch.inputs["past"].clone()
        other[:, 1] += torch.randn_like(other[:, 1])
        with torch.inference_mode():
            one, two = (objective.predict({"past": x}) for x in (batch.inputs["past"], other))
            added = one["answer"] - objective.skip(batch.inputs["past"].flatten(0, 1)).view_as(
                one["answer"]
            )
        assert float(added.abs().max()) > 0.01
        torch.testing.assert_close(one["answer"][:, 0], two["answer"][:, 0])
        assert not torch.allclose(one["answer"][:, 1], two["answer"][:, 1])


class TestLoss:
    def test_what_is_not_known_does_not_count(self) -> None:
        objective, batch = made(), waves()
        target = batch.targets["target"].clone()
        target[:, :, -1] = torch.nan
        loss = objective.loss(Batch(batch.inputs, {"target": target}, batch.index))
        assert float(loss.count) == COUNT * SERIES * (HORIZON - 1)
        assert torch.isfinite(loss.total)

    def test_rows_without_a_whole_past_are_not_learnt_from(self) -> None:
        objective, batch = made(first=20), waves()
        assert float(objective.loss(batch).count) == (COUNT - 20) * SERIES * HORIZON


class TestCalibration:
    def test_validation_says_how_loose_the_skip_is(self) -> None:
        objective, batch = made(), waves()
        objective.initialise(batch)
        objective.eval()
        x = batch.inputs["past"].flatten(0, 1)
        tight = objective.skip(x)
        loose = (tight + objective.skip.mapped(x, "looser")).view_as(batch.targets["target"])
        objective.calibrate([Batch(batch.inputs, {"target": loose}, batch.index)])
        assert float(objective.skip.looseness) == 1.0
        torch.testing.assert_close(objective.skip(x).view_as(loose), loose)
        objective.calibrate([Batch(batch.inputs, {"target": tight.view_as(loose)}, batch.index)])
        assert float(objective.skip.looseness) == 0.0

    def test_nine_of_ten_validation_values_lie_inside(self) -> None:
        objective, batch = made(), waves()
        objective.initialise(batch)
        objective.eval()
        objective.calibrate([batch])
        found: dict[str, Any] = objective.predict(dict(batch.inputs))
        target = batch.targets["target"]
        inside = ((found["low"] <= target) & (target <= found["high"])).float().mean()
        assert 0.9 <= float(inside) <= 0.97

    def test_the_share_is_the_best_one_between_none_and_all(self) -> None:
        left = torch.tensor([[[1.0, 2.0]]])
        assert best_share(left, 2 * left) == pytest.approx(0.5)
        assert best_share(left, -left) == 0.0
        assert best_share(left, left / 3) == 1.0
        assert best_share(left, torch.zeros_like(left)) == 0.0

    def test_what_helps_in_one_stretch_alone_is_not_added(self) -> None:
        left = torch.ones(8, 1, 1)
        added = torch.ones(8, 1, 1)
        assert sure_share(left, added) == 1.0
        left[6:] = -1.0
        assert best_share(left, added) == 1.0  # 6 (1 - s) + 2 (1 + s) = 8 - 4 s
        assert sure_share(left, added) == 0.0

    def test_a_correction_that_helps_is_added_to_the_linear_forecast(self) -> None:
        objective, batch = made(), waves()
        with torch.no_grad():
            objective.correction[-2, :] = 0.5
        shifted = objective.parts(batch.inputs["past"])[1][0]
        step = batch.inputs["past"][..., -2:-1] - batch.inputs["past"][..., -1:]
        torch.testing.assert_close(shifted, (0.5 * step).expand_as(shifted))

    def test_a_margin_is_the_finite_sample_quantile(self) -> None:
        scores = torch.arange(1.0, 21.0).view(20, 1, 1)  # ceil(0.9 x 21) = 19
        assert margins(scores).item() == 19.0
        assert margins(scores[:5]).item() == float("inf")
