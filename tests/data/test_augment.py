"""Augmented batches keep size and type, follow the seed, and change what is asked for."""

from dataclasses import dataclass, field

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fathom.data.augment import Augment, Strengths, beta, cut_out, mirrored_range, shift
from fathom.data.seeds import generator
from fathom.spec import Spec

ALL = {"flip": 1.0, "crop": 0.4, "affine": 1.0, "colour": 1.0, "cutout": 0.3, "mixup": 0.2}
SPECS = {"photo": Spec("image", (12, 10, 3)), "target": Spec("category", (), ("a", "b", "c"))}


@dataclass(frozen=True)
class Asked:
    augment: dict[str, float] = field(default_factory=dict)
    resolutions: tuple[tuple[float, float], ...] = ()


def pictures(count: int = 9, height: int = 12, width: int = 10, channels: int = 3) -> Tensor:
    shape = (count, height, width, channels)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator(1, "pictures"))


def run(
    strengths: dict[str, float],
    *,
    seed: int = 0,
    epoch: int = 0,
    share: float = 0.0,
    x: Tensor | None = None,
    resolutions: tuple[tuple[float, float], ...] = (),
) -> tuple[Tensor, Tensor]:
    x = pictures() if x is None else x
    index = torch.arange(len(x))
    augment = Augment.of(Asked(strengths, resolutions), SPECS)
    inputs, targets = augment(
        {"photo": x}, {"target": index % 3}, index, generator(seed, "draw"), epoch, share
    )
    return inputs["photo"], targets["target"]


@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.parametrize("channels", [1, 3])
def test_each_change_keeps_form_follows_the_seed_and_changes_pixels(
    name: str, channels: int
) -> None:
    x = pictures(channels=channels)
    before = x.clone()
    once, again = run({name: ALL[name]}, x=x)[0], run({name: ALL[name]}, x=x)[0]
    assert once.shape == x.shape and once.dtype == torch.uint8
    assert torch.equal(once, again)
    assert not torch.equal(once, x)
    assert torch.equal(x, before)


def test_another_seed_draws_another_batch() -> None:
    assert not torch.equal(run(ALL)[0], run(ALL, seed=1)[0])


def test_nothing_asked_for_changes_nothing() -> None:
    x, target = run({})
    assert torch.equal(x, pictures()) and target.tolist() == [0, 1, 2] * 3


def test_each_picture_is_mirrored_in_every_other_epoch() -> None:
    x = pictures()
    even, odd = run({"flip": 1.0})[0], run({"flip": 1.0}, epoch=1)[0]
    for row in range(len(x)):
        seen = [torch.equal(view[row], x[row].flip(1)) for view in (even, odd)]
        assert sorted(seen) == [False, True]


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    most=st.integers(0, 4),
    seed=st.integers(0, 99),
)
def test_a_shifted_picture_is_a_window_of_the_reflected_one(
    height: int, width: int, most: int, seed: int
) -> None:
    x = pictures(4, height, width, 1)
    moved = shift(x, torch.zeros(4, dtype=torch.bool), most, generator(seed))
    reach = min(most, height - 1, width - 1)
    rows, columns = mirrored_range(height, reach), mirrored_range(width, reach)
    whole = x[:, rows][:, :, columns]
    for row in range(4):
        windows = [
            whole[row, top : top + height, left : left + width]
            for top in range(2 * reach + 1)
            for left in range(2 * reach + 1)
        ]
        assert any(torch.equal(moved[row], window) for window in windows)


def test_the_border_is_reflected_without_repeating_it() -> None:
    assert mirrored_range(4, 2).tolist() == [2, 1, 0, 1, 2, 3, 2, 1]


def test_a_cut_out_square_has_the_mean_colour_and_the_rest_stays() -> None:
    x = torch.full((5, 9, 9, 3), 30, dtype=torch.uint8)
    x[0] = 60
    cut = cut_out(x, 0.4, generator(3))
    kept = (cut == x).all(dim=3)
    assert (cut[~kept] == 36).all()
    assert 0 < int((~kept).sum()) <= 5 * 16


def test_smaller_resolutions_come_first_and_the_last_is_whole() -> None:
    for strengths in ({}, {"translate": 2.0}, {"crop": 0.4}):
        sides = [
            tuple(run(strengths, share=share, resolutions=((0.5, 0.5),))[0].shape[1:3])
            for share in (0.0, 0.5)
        ]
        assert sides == [(6, 5), (12, 10)]


def test_a_constant_picture_stays_constant_through_geometry_and_sizes() -> None:
    x = torch.full((6, 12, 10, 3), 77, dtype=torch.uint8)
    strengths = {"flip": 1.0, "crop": 0.4, "affine": 1.0}
    seen = run(strengths, x=x, resolutions=((1.0, 0.5),))[0]
    assert (seen == 77).all()


def test_mixing_blends_pictures_and_targets_in_the_same_shares() -> None:
    x = torch.zeros(40, 8, 8, 1, dtype=torch.uint8)
    x[0::2] = 200  # each picture's partner is of the other brightness
    index = torch.arange(40)
    for strengths in ({"mixup": 0.5}, {"cutmix": 1.0}):
        augment = Augment(Strengths(**strengths), ("p",), classes=2)
        seen, soft = augment.mixed(x, (index % 2 == 0).long(), generator(2))
        torch.testing.assert_close(soft.sum(dim=1), torch.ones(40))
        bright = seen.float().mean(dim=(1, 2, 3)) / 200
        torch.testing.assert_close(bright, soft[:, 1], atol=5e-3, rtol=0)
        assert bool((soft[:, 1] > 0).any() and (soft[:, 1] < 1).any())


def test_number_targets_are_mixed_too() -> None:
    augment = Augment(Strengths(mixup=1.0), ("p",))
    target = torch.tensor([[0.0], [10.0]])
    _, mixed = augment.mixed(pictures(2), target, generator(0))
    assert float(mixed.min()) >= 0 and float(mixed.max()) <= 10 and not torch.equal(mixed, target)


def test_pictures_beside_other_fields_are_not_mixed() -> None:
    augment = Augment(Strengths(mixup=1.0), ("p",), classes=3)
    inputs = {"p": pictures(3), "row": torch.zeros(3, 2)}
    index = torch.arange(3)
    _, targets = augment(inputs, {"target": index}, index, generator(0), 0, 0.0)
    assert targets["target"].dtype == torch.int64


def test_strong_changes_end_when_calm_begins() -> None:
    strengths = {"cutout": 0.5, "colour": 1.0, "mixup": 0.2, "calm": 0.8}
    x, target = run(strengths, share=0.8)
    assert torch.equal(x, pictures()) and target.dtype == torch.int64
    assert not torch.equal(run(strengths, share=0.79)[0], pictures())


def test_turned_pictures_are_shifted_too() -> None:
    x = torch.zeros(64, 12, 12, 1, dtype=torch.uint8)
    x[:, 6, 6] = 255
    moved, still = (run({"affine": 0.01, "translate": far}, x=x)[0] for far in (3.0, 0.0))
    assert len({int(picture.argmax()) for picture in moved}) > 20
    assert len({int(picture.argmax()) for picture in still}) < 5


def test_tables_without_pictures_pass_through() -> None:
    augment = Augment.of(Asked({"flip": 1.0}), {"row": Spec("row", (2,))})
    inputs, targets = {"row": torch.zeros(2, 2)}, {"target": torch.zeros(2)}
    assert augment(inputs, targets, torch.arange(2), generator(0), 0, 0.0) == (inputs, targets)


def test_the_larger_share_of_beta_draws_has_the_right_mean() -> None:
    drawn = beta(0.2, 20_000, generator(0))
    assert float(drawn.min()) >= 0.5 and float(drawn.max()) <= 1
    exact = torch.distributions.Beta(0.2, 0.2).sample((200_000,))
    assert float(drawn.mean()) == pytest.approx(
        float(torch.maximum(exact, 1 - exact).mean()), abs=0.01
    )


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="blur"):
        Augment.of(Asked({"blur": 1.0}), SPECS)
