"""Flow matching: the loss against its definition, samples by seed and number."""

import pytest
import torch
from torch import Tensor, nn

from fathom.data.batches import Batch
from fathom.errors import OptionError
from fathom.networks import Features, Group
from fathom.networks.unet import Size, UNet
from fathom.objectives import Draws, Steered
from fathom.objectives.diffusion import AT_ONCE, Diffusion, Drawing

SHAPE = (8, 8, 1)


class Known(nn.Module):
    """The exact velocity where all data are one picture `c`: (x_t - c) / t, told apart by class."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, length: Tensor | None = None, condition: Tensor | None = None) -> Features:
        assert condition is not None
        t, wish = condition[:, 0].view(-1, 1, 1, 1), condition[:, 1].view(-1, 1, 1, 1)
        return Features(((x - wish) / t + self.weight).flatten(1, 2))

    def groups(self) -> tuple[Group, ...]:
        return (Group(("weight",), "adamw", 1e-3),)


def known(classes: int = 3, **drawing: float) -> Diffusion:
    made = Diffusion(
        Known(),  # type: ignore[arg-type]
        field="image",
        shape=SHAPE,
        classes=classes,
        drawing=Drawing(**drawing),  # type: ignore[arg-type]
    )
    return made.eval()


def network() -> Diffusion:
    torch.manual_seed(0)
    size = Size(first=16, rest=16, levels=2, blocks=1, fold=2, classes=3, dropout=0.0)
    made = Diffusion(UNet(1, size), field="image", shape=SHAPE, classes=3, drawing=Drawing(steps=3))
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


def test_a_network_that_answers_zero_loses_the_variance_of_noise_and_data() -> None:
    """E |e - x|^2 = 1 + E x^2 for standard noise."""
    torch.manual_seed(0)
    size = Size(first=16, rest=16, levels=2, blocks=1, fold=2, classes=3, dropout=0.0)
    silent = Diffusion(UNet(1, size), field="image", shape=SHAPE, classes=3)
    loss = silent.loss(batch(600))
    assert float(loss.total / loss.count) == pytest.approx(1 + (1 + 4 + 9) / 3, rel=0.02)


def test_two_looks_at_validation_differ_by_the_network_alone() -> None:
    made = network()
    first = float(made.loss(batch()).total)
    torch.manual_seed(9)
    assert float(made.loss(batch()).total) == first
    made.train()
    assert float(made.loss(batch()).total) != first


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


def test_guidance_and_steps_are_choices() -> None:
    made = network()
    plain = made.draw(0, torch.arange(2))
    assert not torch.equal(made.draw(0, torch.arange(2), made.asked({"guidance": 3.0})), plain)
    assert not torch.equal(made.draw(0, torch.arange(2), made.asked({"steps": 2})), plain)
    assert isinstance(made, Draws)
    assert isinstance(made, Steered)
    with pytest.raises(OptionError, match="steps"):
        made.asked({"steps": 0})
