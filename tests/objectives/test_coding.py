"""Autoencoder, VAE and the search for anomalies: cases worked by hand, and the contract."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F  # noqa: N812

from fathom.data.batches import Batch
from fathom.data.seeds import generator
from fathom.fit.optimizer import Optimizer
from fathom.networks import Facts
from fathom.networks.coders import Coder, usual_code
from fathom.networks.registry import CODERS
from fathom.objectives import Objective
from fathom.objectives.anomaly import Anomaly
from fathom.objectives.autoencoder import Autoencoder, Coding
from fathom.objectives.vae import Variational
from fathom.spec import Spec

COUNT = 24
SPECS = {"row": Spec("row", (6,), levels=(3, 4)), "image": Spec("image", (6, 5, 1))}


def drawn(field: str) -> Tensor:
    source = generator(3, field)
    if field == "image":
        return (torch.rand(COUNT, 6, 5, 1, generator=source) * 255).round() / 255
    numbers = torch.randn(COUNT, 4, generator=source)
    ids = [torch.randint(0, n, (COUNT, 1), generator=source).float() for n in (3, 4)]
    return torch.cat([numbers, *ids], dim=1)


def coder(field: str, code: int = 3, network: str = "mlp") -> Coder:
    kind = CODERS[network][field]
    facts = Facts(examples=COUNT, outputs=0, seconds=1.0, code=code)
    made = kind.build(SPECS[field], kind.plan(SPECS[field], facts).size)
    assert isinstance(made, Coder)
    return made


def variational(field: str, *, binary: bool = False, free: float = 0.0) -> Variational:
    return Variational(coder(field), field=field, binary=binary, bounded=False, free=free)


MADE: dict[str, Callable[[str], Objective]] = {
    "autoencoder": lambda field: Autoencoder(coder(field, 12), field=field),
    "vae": variational,
    "anomaly": lambda field: Anomaly(
        Autoencoder(coder(field, 4), field=field), relative=field == "image"
    ),
}
CASES = [*((kind, field) for kind in MADE for field in SPECS), ("convolutions", "image")]
MADE["convolutions"] = lambda field: Autoencoder(coder(field, 12, "cnn"), field=field)


def made(kind: str, field: str) -> tuple[Objective, Batch]:
    torch.manual_seed(0)
    objective = MADE[kind](field)
    target = (torch.arange(COUNT) > COUNT - 3).long()
    batch = Batch({field: drawn(field)}, {"target": target}, torch.arange(COUNT))
    with torch.no_grad():
        objective.initialise(batch)
        objective.calibrate([batch])
        objective.remember([batch], [batch])
    return objective, batch


@pytest.mark.parametrize(("kind", "field"), CASES)
class TestContract:
    def test_every_parameter_has_one_rule_and_moves(self, kind: str, field: str) -> None:
        objective, batch = made(kind, field)
        named = [name for group in objective.groups() for name in group.names]
        assert sorted(named) == sorted(name for name, _ in objective.named_parameters())
        before = {name: p.detach().clone() for name, p in objective.named_parameters()}
        optimizer = Optimizer(objective, objective.groups())
        objective.train()
        for _ in range(3):
            optimizer.zero_grad()
            loss = objective.loss(batch)
            (loss.total / loss.count).backward()
            optimizer.step(1.0, 0.0)
        assert not [n for n, p in objective.named_parameters() if torch.equal(p, before[n])]

    def test_permuted_examples_get_permuted_answers(self, kind: str, field: str) -> None:
        objective, batch = made(kind, field)
        objective.eval()
        order = torch.randperm(COUNT, generator=generator(7))
        with torch.inference_mode():
            plain = objective.predict(dict(batch.inputs))
            mixed = objective.predict({field: batch.inputs[field][order]})
        for name, value in plain.items():
            torch.testing.assert_close(value[order], mixed[name], atol=1e-4, rtol=1e-4)

    def test_what_is_built_without_memory_takes_the_saved_tensors(
        self, kind: str, field: str
    ) -> None:
        objective, batch = made(kind, field)
        with torch.device("meta"):
            empty = MADE[kind](field)
        empty.load_state_dict(objective.state_dict(), strict=True, assign=True)
        objective.eval()
        empty.eval()
        with torch.inference_mode():
            one, other = objective.predict(dict(batch.inputs)), empty.predict(dict(batch.inputs))
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_an_autoencoder_begins_with_the_mean_example_and_can_overfit() -> None:
    objective, batch = made("autoencoder", "image")
    objective.train()
    first = objective.loss(batch)
    assert float((first.total / first.count).detach()) == pytest.approx(1.0, abs=0.1)
    optimizer = Optimizer(objective, objective.groups())
    for update in range(200):
        optimizer.zero_grad()
        loss = objective.loss(batch)
        (loss.total / loss.count).backward()
        optimizer.step(1 - update / 200, 0.0)
    assert float((loss.total / loss.count).detach()) < 0.2


def test_the_error_is_the_mean_square_of_what_is_lost() -> None:
    objective, batch = made("autoencoder", "image")
    assert isinstance(objective, Autoencoder)
    found = objective.predict(dict(batch.inputs))["error"]
    lost = objective.reconstruct(dict(batch.inputs)) - batch.inputs["image"]
    torch.testing.assert_close(found, lost.square().flatten(1).mean(1))


def test_rows_come_back_in_their_own_form() -> None:
    one = coder("row")
    x = drawn("row")
    assert one.values(x).shape == (COUNT, 4 + 3 + 4)
    assert torch.equal(one.whole(one.values(x)), x)


def test_the_divergence_and_the_likelihood_are_those_of_the_library() -> None:
    objective, batch = made("vae", "row")
    assert isinstance(objective, Variational)
    values = objective.measured(dict(batch.inputs))
    mean, log_variance = objective.posterior(values)
    posterior = Normal(mean, (log_variance / 2).exp())
    code = mean + 0.3
    written = Normal(objective.coder.write(code), objective.coder.spread)
    expected = written.log_prob(values).sum(1)
    torch.testing.assert_close(objective.log_likelihood(values, code), expected)
    torch.manual_seed(1)
    loss = objective.loss(batch)
    divergence = kl_divergence(posterior, Normal(0.0, 1.0)).sum()
    torch.testing.assert_close(loss.parts["divergence"], divergence.detach())
    torch.testing.assert_close(
        loss.total.detach(), loss.parts["divergence"] + loss.parts["reconstruction"]
    )


def written(objective: Autoencoder | Variational) -> Tensor:
    """The weights of the last layer of the synthesis."""
    return objective.coder.synthesis.get_parameter("last.weight")


def silent() -> tuple[Variational, Batch]:
    """A VAE whose synthesis ignores the code and whose posterior is the prior."""
    torch.manual_seed(0)
    objective = variational("image", binary=True)
    batch = Batch({"image": drawn("image")}, {}, torch.arange(COUNT))
    with torch.no_grad():
        objective.initialise(batch)
        objective.head.weight.zero_()
        objective.head.bias.zero_()
        written(objective).zero_()
    return objective, batch


def test_bound_and_likelihood_are_exact_where_the_code_says_nothing() -> None:
    objective, batch = silent()
    with torch.inference_mode():
        found = objective.predict(dict(batch.inputs)) | objective.closer(dict(batch.inputs))
        pixels = objective.measured(dict(batch.inputs))
        share = objective.coder.centre.clamp(0.002, 0.998).expand_as(pixels)
        exact = F.binary_cross_entropy(share, pixels, reduction="none").sum(1)
    torch.testing.assert_close(found["elbo"], exact, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(found["nll"], exact, atol=1e-3, rtol=1e-4)


def test_a_silent_code_is_named_and_a_used_one_is_not() -> None:
    objective, batch = silent()
    with torch.no_grad():
        objective.calibrate([batch])
    check = objective.found()["checks"][0]
    assert not check["passed"]
    assert "posterior collapse" in check["sentence"]
    with torch.no_grad():
        objective.head.weight.normal_()
        written(objective).zero_()
        objective.calibrate([batch])
    assert not objective.found()["checks"][0]["passed"]  # codes that tell much to nobody


@pytest.mark.parametrize("network", ["mlp", "cnn"])
@pytest.mark.parametrize("family", ["autoencoder", "vae"])
def test_a_trained_code_is_used_until_its_synthesis_is_deafened(network: str, family: str) -> None:
    torch.manual_seed(0)
    one = coder("image", 8, network)
    objective = (
        Autoencoder(one, field="image")
        if family == "autoencoder"
        else Variational(one, field="image", binary=False, bounded=False)
    )
    stripes = torch.zeros(COUNT, 6, 5, 1)
    stripes[torch.arange(COUNT), torch.arange(COUNT) % 6] = 1.0
    batch = Batch({"image": stripes}, {}, torch.arange(COUNT))
    with torch.no_grad():
        objective.initialise(batch)
    optimizer = Optimizer(objective, objective.groups())
    objective.train()
    for update in range(80):
        optimizer.zero_grad()
        loss = objective.loss(batch)
        (loss.total / loss.count).backward()
        optimizer.step(1 - update / 80, 0.0)
    with torch.no_grad():
        objective.calibrate([batch])
        assert objective.found()["checks"][0]["passed"]
        written(objective).zero_()
        objective.calibrate([batch])
    assert not objective.found()["checks"][0]["passed"]


def test_the_likelihood_of_many_codes_is_above_the_bound() -> None:
    objective, batch = made("vae", "image")
    assert isinstance(objective, Variational)
    with torch.inference_mode():
        bound = objective.predict(dict(batch.inputs))["elbo"].mean()
        nll = objective.closer(dict(batch.inputs))["nll"].mean()
    assert float(nll) < float(bound)


def test_free_nats_cost_nothing() -> None:
    each = torch.tensor([[0.1, 2.0], [0.3, 4.0]])
    objective = variational("image", free=0.5)
    objective.train()
    assert float(objective.priced(each, 2)) == pytest.approx(2 * (0.5 + 3.0))
    objective.eval()
    assert float(objective.priced(each, 2)) == pytest.approx(6.4)


def test_samples_depend_on_seed_and_number_alone() -> None:
    objective, _ = made("vae", "image")
    assert isinstance(objective, Variational)
    objective.eval()
    with torch.inference_mode():
        whole = objective.draw(1, torch.arange(6))
        part = objective.draw(1, torch.tensor([4, 5]))
        other = objective.draw(2, torch.arange(6))
    torch.testing.assert_close(whole[4:], part)
    assert whole.shape == (6, 6, 5, 1)
    assert not torch.allclose(whole, other)


@pytest.mark.parametrize("family", ["autoencoder", "vae"])
def test_the_way_between_two_begins_and_ends_with_them(family: str) -> None:
    objective, batch = made(family, "image")
    assert isinstance(objective, Coding)
    objective.eval()
    ends = {"image": batch.inputs["image"][:2]}
    with torch.inference_mode():
        way, both = objective.between(ends, 5), objective.reconstruct(ends)
    torch.testing.assert_close(way[[0, -1]], both)


def test_far_rows_score_higher_than_those_learnt_from() -> None:
    objective, batch = made("anomaly", "row")
    objective.eval()
    far = batch.inputs["row"].clone()
    far[:, :4] += 30.0
    with torch.inference_mode():
        near, away = (objective.predict({"row": x})["score"] for x in (batch.inputs["row"], far))
    assert float(away.min()) > float(near.median())


def test_a_usual_code_is_shorter_than_the_example() -> None:
    assert usual_code(SPECS["image"], 10**6) == 15
    assert usual_code(Spec("image", (28, 28, 1)), 55_000) == 126
