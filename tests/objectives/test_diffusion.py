"""Flow matching: the loss against its definition, samples by seed and number."""

import pytest
import torch
from torch import Tensor, nn

from fathom.data.batches import Batch
from fathom.errors import OptionError
from fathom.networks import Features
from fathom.networks.unet import Size, UNet
from fathom.objectives import Draws, Paced, Steered
from fathom.objectives.diffusion import AT_ONCE, Diffusion, Drawing

SHAPE = (8, 8, 1)


TINY = Size(first=16, rest=16, levels=2, blocks=1, fold=2, classes=3, dropout=0.0)


class Known(UNet):
    """The exact velocity where all data are one picture `c`: (x_t - c) / t, told apart by class."""

    def __init__(self) -> None:
        super().__init__(1, TINY)

    def forward(
        self, x: Tensor, length: Tensor | None = None, condition: Tensor | None = None
    ) -> Features:
        assert condition is not None
        t, wish = condition[:, 0].view(-1, 1, 1, 1), condition[:, 1].view(-1, 1, 1, 1)
        size = ((1 - t) ** 2 + t**2) ** -0.5
        noisy = x / size
        velocity = (noisy - wish) / t
        return Features(((velocity - (2 * t - 1) * size**2 * noisy) / size).flatten(1, 2))


def known(classes: int = 3, **drawing: float) -> Diffusion:
    made = Diffusion(
        Known(),
        field="image",
        shape=SHAPE,
        classes=classes,
        drawing=Drawing(**drawing),  # type: ignore[arg-type]
    )
    return made.eval()


def network() -> Diffusion:
    torch.manual_seed(0)
    made = Diffusion(UNet(1, TINY), field="image", shape=SHAPE, classes=3, drawing=Drawing(steps=3))
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.1)
    return made.eval()


def batch(count: int = 64) -> Batch:
    wish = torch.arange(count) % 3 + 1
    pictures = wish.float().view(-1, 1, 1, 1).expand(-1, *SHAPE)
    return Batch({"image": pictures}, {"target": wish}, torch.arange(count))


def test_the_exact_velocity_has_no_loss() -> None:
    """In eval no class is dropped; e - c = (x_t - c) / t."""
    loss = known().loss(batch())
    assert float(loss.total / loss.count) < 1e-6


def test_a_silent_network_guesses_as_well_as_one_can_without_structure() -> None:
    """Standard normal data: what is missed of e - x, given x_t, has variance c(t)^2."""
    torch.manual_seed(0)
    silent = Diffusion(UNet(1, TINY), field="image", shape=SHAPE, classes=3)
    data = Batch({"image": torch.randn(600, *SHAPE)}, batch(600).targets, torch.arange(600))
    loss = silent.loss(data)
    t = torch.special.ndtri((torch.arange(600) + 0.5) / 600).sigmoid()
    expected = float((1 / ((1 - t) ** 2 + t**2)).mean())
    assert float((loss.total / loss.count).detach()) == pytest.approx(expected, rel=0.02)


def test_two_looks_at_validation_differ_by_the_network_alone() -> None:
    made = network()
    first = float(made.loss(batch()).total.detach())
    torch.manual_seed(9)
    assert float(made.loss(batch()).total.detach()) == first
    made.train()
    assert float(made.loss(batch()).total.detach()) != first


def test_one_class_in_ten_is_dropped_in_training() -> None:
    made = known().train()
    x = torch.zeros(4000, 1, 1, 1)
    torch.manual_seed(0)
    _, t, wish = made.corruption(x, torch.ones(4000, dtype=torch.int64))
    assert float((wish == 0).float().mean()) == pytest.approx(0.1, abs=0.02)
    assert float(t.mean()) == pytest.approx(0.5, abs=0.02)


def test_samples_of_the_exact_field_are_the_data() -> None:
    drawn = known(steps=5).draw(0, torch.arange(7))
    expected = (torch.arange(7) % 3 + 1).float().view(-1, 1, 1, 1).expand(-1, *SHAPE)
    torch.testing.assert_close(drawn, expected, atol=1e-4, rtol=0)


def test_a_sample_depends_on_seed_number_and_class_alone() -> None:
    made = network()
    whole = made.draw(4, torch.arange(AT_ONCE + 5))
    assert torch.equal(made.draw(4, torch.tensor([AT_ONCE + 2])), whole[AT_ONCE + 2 : AT_ONCE + 3])
    assert torch.equal(made.draw(4, torch.arange(3)), whole[:3])
    assert not torch.equal(made.draw(5, torch.arange(3)), whole[:3])
    other = made.draw(4, torch.arange(3), made.asked({"wish": 3}))
    assert torch.equal(other[2], whole[2])
    assert not torch.equal(other[0], whole[0])


def test_a_pace_asks_the_network_as_often_as_it_says() -> None:
    made, seen = network(), list[int]()
    assert isinstance(made.network, torch.nn.Module)
    made.network.register_forward_hook(lambda *_: seen.append(1))
    assert isinstance(made, Paced)
    usual = made.draw(0, torch.arange(2))
    assert len(seen) == made.looks == 5
    paces = made.paces()
    assert list(paces) == sorted(paces)
    assert torch.equal(made.draw(0, torch.arange(2), paces[made.looks]), usual)
    for looks, asked in paces.items():
        seen.clear()
        made.draw(0, torch.arange(2), asked)
        assert len(seen) == looks


def test_guidance_and_steps_are_choices() -> None:
    made = network()
    plain = made.draw(0, torch.arange(2))
    assert not torch.equal(made.draw(0, torch.arange(2), made.asked({"guidance": 3.0})), plain)
    assert not torch.equal(made.draw(0, torch.arange(2), made.asked({"steps": 2})), plain)
    assert isinstance(made, Draws)
    assert isinstance(made, Steered)
    with pytest.raises(OptionError, match="steps"):
        made.asked({"steps": 0})
