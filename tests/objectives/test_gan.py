"""Two networks against each other: losses by hand, whose weights move, samples by seed."""

import pytest
import torch
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.errors import OptionError
from fathom.fit.loop import Fitting
from fathom.fit.training import Training
from fathom.networks.duel import Duel, Size
from fathom.objectives import Draws, Steered
from fathom.objectives.disguise import disguised
from fathom.objectives.gan import AT_ONCE, EVERY, STEP, Gan

SHAPE = (9, 8, 1)
SIZE = Size(first=8, rest=8, levels=2, fold=2, classes=3)


def made() -> Gan:
    torch.manual_seed(0)
    gan = Gan(Duel(SHAPE, SIZE), field="image", shape=SHAPE, classes=3)
    for parameter in gan.duel.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return gan


def batch(count: int = 12) -> Batch:
    source = torch.Generator().manual_seed(1)
    pictures = torch.randn(count, *SHAPE, generator=source)
    return Batch({"image": pictures}, {"target": torch.arange(count) % 3 + 1}, torch.arange(count))


def without_slopes(gan: Gan, examples: Batch) -> tuple[int, float]:
    """A seed whose update leaves the slopes out, and the loss with it."""
    for seed in range(50):
        torch.manual_seed(seed)
        gan.sketch(examples.targets["target"])
        if float(torch.rand(())) >= 1 / EVERY:
            torch.manual_seed(seed)
            return seed, float(gan.critic_loss(examples).total.detach())
    raise AssertionError


def test_the_critic_loss_is_that_of_pairs() -> None:
    gan, examples = made(), batch()
    seed, found = without_slopes(gan, examples)
    torch.manual_seed(seed)
    x, wish = examples.inputs["image"], examples.targets["target"]
    drawn = gan.sketch(wish)
    pairs = gan.duel.critic(x, wish) - gan.duel.critic(drawn, wish)
    assert found == pytest.approx(float(F.softplus(-pairs).sum().detach()), rel=1e-5)


def test_slopes_agree_with_the_gradient_in_the_mean() -> None:
    gan, wish = made(), torch.ones(4000, dtype=torch.int64)
    x = batch(1).inputs["image"].expand(4000, -1, -1, -1)
    torch.manual_seed(0)
    with torch.no_grad():
        found = float(gan.slope(x, wish, gan.duel.critic(x, wish)).mean())
    one = x[:1].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(gan.duel.critic(one, wish[:1]).sum(), one)
    assert STEP < 0.1
    assert found == pytest.approx(float(gradient.square().sum()), rel=0.15)


def test_each_step_moves_its_own_network() -> None:
    gan, examples = made(), batch()

    class Feed:
        def at(self, update: int, share: float) -> Batch:
            return examples

    fitting = Fitting(gan, Training(updates=10, batch=12, warmup=0.0))
    before = {name: p.detach().clone() for name, p in gan.named_parameters()}
    steps = {step.name: {id(p) for p in step.module.parameters()} for step in fitting.steps}
    fitting.backward(1, examples)
    fitting.optimizers[1].step(1.0, 0.0)
    for name, parameter in gan.named_parameters():
        moved = not torch.equal(parameter, before[name])
        assert moved == (id(parameter) in steps["artist"]), name
    progress = fitting.update(Feed())  # type: ignore[arg-type]
    assert {"critic.loss", "artist.loss"} <= set(progress.losses)
    assert any(
        not torch.equal(p, before[n]) for n, p in gan.named_parameters() if ".critic." in f".{n}"
    )


def test_the_artists_turn_leaves_no_gradient_in_the_critic() -> None:
    gan, examples = made(), batch()
    gan.artist_loss(examples).total.backward()
    assert all(parameter.grad is None for parameter in gan.duel.critic.parameters())
    assert all(parameter.grad is not None for parameter in gan.duel.artist.parameters())
    assert all(parameter.requires_grad for parameter in gan.duel.critic.parameters())


def test_a_critic_that_is_too_sure_is_shown_more_disguises() -> None:
    gan = made().train()
    for _ in range(10):
        gan.adapt(0.9, 2_500)
    assert float(gan.strength) == pytest.approx(0.05)
    gan.adapt(0.1, 2_500)
    assert float(gan.strength) == pytest.approx(0.045)
    gan.eval().adapt(0.9, 2_500)
    assert float(gan.strength) == pytest.approx(0.045)


def test_a_sample_depends_on_seed_number_and_class_alone() -> None:
    gan = made().eval()
    with torch.inference_mode():
        whole = gan.draw(4, torch.arange(AT_ONCE + 5))
        assert torch.equal(gan.draw(4, torch.tensor([AT_ONCE + 2]))[0], whole[AT_ONCE + 2])
        assert torch.equal(gan.draw(4, torch.arange(3), gan.asked({"wish": 3}))[2], whole[2])
    assert whole.shape == (AT_ONCE + 5, *SHAPE)
    assert isinstance(gan, Draws)
    assert isinstance(gan, Steered)
    with pytest.raises(OptionError, match="one step"):
        gan.asked({"steps": 8})


def test_disguises_keep_the_shape_and_let_gradients_through() -> None:
    x = torch.randn(64, 16, 12, 3, requires_grad=True)
    torch.manual_seed(0)
    changed = disguised(x, 1.0)
    assert changed.shape == x.shape
    assert (changed != x).flatten(1).any(dim=1).all()
    changed.sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert torch.equal(disguised(x, 0.0), x)


def test_validation_is_nearer_to_pictures_like_the_drawn_than_to_others() -> None:
    gan, others = made().eval(), batch(200)
    with torch.inference_mode():
        alike = Batch({"image": gan.sketch(others.targets["target"])}, others.targets, others.index)
        near, far = (float(gan.loss(data).total) for data in (alike, others))
        assert near < 0.1 * far
        assert float(gan.loss(others).total) == far  # the same codes at every look
