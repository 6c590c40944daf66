"""Networks for sound: padding changes nothing, positions know only their clip, distortion hides."""

from dataclasses import replace

import pytest
import torch

from fathom.networks import Facts
from fathom.networks.hearing import SoundNetwork, distorted, hidden_stretch, stretched
from fathom.networks.registry import NETWORKS
from fathom.spec import Spec

SPEC = Spec("audio", (30, 16))
FAMILIES = [family for family, kinds in NETWORKS.items() if "audio" in kinds]


def network(family: str, outputs: int) -> SoundNetwork:
    torch.manual_seed(0)
    kind = NETWORKS[family]["audio"]
    facts = Facts(examples=40, outputs=outputs, seconds=1.0)
    made = kind.build(SPEC, kind.plan(SPEC, facts).size)
    assert isinstance(made, SoundNetwork)
    for parameter in made.parameters():  # branches that start silent would hide mistakes
        if not float(parameter.detach().abs().sum()):
            torch.nn.init.normal_(parameter, std=0.1)
    return made.eval()


def clips(lengths: list[int], frames: int) -> torch.Tensor:
    source = torch.Generator().manual_seed(2)
    full = torch.randn(len(lengths), 30, 16, generator=source)[:, : max(lengths)]
    padded = torch.zeros(len(lengths), frames, 16)
    for row, length in enumerate(lengths):
        padded[row, :length] = full[row, :length]
    return padded


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("outputs", [4, 0])
def test_longer_padding_changes_nothing(family: str, outputs: int) -> None:
    made, lengths = network(family, outputs), [21, 1, 30, 8]
    real = torch.tensor(lengths)
    with torch.inference_mode():
        short = made(clips(lengths, 30), real).values
        long = made(clips(lengths, 47), real).values
    positions = made.positions(real).tolist() if not outputs else [1] * 4
    for row, count in enumerate(positions):
        torch.testing.assert_close(short[row, :count], long[row, :count], atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_clip_does_not_depend_on_its_neighbours(family: str) -> None:
    made, lengths = network(family, 0), [21, 13]
    real = torch.tensor(lengths)
    x = clips(lengths, 30)
    with torch.inference_mode():
        both, alone = made(x, real).values, made(x[1:], real[1:]).values
    count = int(made.positions(real)[1])
    torch.testing.assert_close(both[1, :count], alone[0, :count], atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_one_vector_where_a_class_is_asked(family: str) -> None:
    made = network(family, 4)
    values = made(clips([9, 30], 30), torch.tensor([9, 30])).values
    assert values.shape == (2, 1, made.width)


def test_a_position_every_few_frames() -> None:
    made = network("cnn", 0)
    values = made(clips([30], 30), torch.tensor([30])).values
    assert values.shape[1] == int(made.positions(torch.tensor([30]))[0]) == 8
    assert made.positions(torch.tensor([0, 1, 4, 5])).tolist() == [1, 1, 1, 2]


def test_hidden_stretches_lie_inside() -> None:
    torch.manual_seed(0)
    length = torch.tensor([10, 4, 20])
    seen = torch.zeros(3, 20, dtype=torch.bool)
    for _ in range(20):
        hidden = hidden_stretch(length, 20, 0.5)
        seen |= hidden
        assert (hidden.sum(dim=1) <= length * 0.5 + 1).all()
        assert not hidden[torch.arange(20) >= length[:, None]].any()
    assert seen.any(dim=1).all()


def test_distortion_keeps_the_shape_and_hides_something() -> None:
    torch.manual_seed(0)
    x = torch.ones(8, 30, 16)
    usual = network("cnn", 4).size
    length = torch.full((8,), 30)
    found = distorted(x, length, replace(usual, hidden=0.3, skipped=0.2, stretch=0.0))
    assert found.shape == x.shape
    assert 0.3 < float(found.mean()) < 1.0
    none = replace(usual, hidden=0.0, skipped=0.0, stretch=0.0)
    assert torch.equal(distorted(x, length, none), x)


def test_stretching_moves_a_tone() -> None:
    torch.manual_seed(3)
    x = torch.zeros(50, 2, 16)
    x[:, :, 10] = 1.0
    peaks = stretched(x, 0.2)[:, 0].argmax(dim=1)
    assert int(peaks.min()) < 10 < int(peaks.max())
    torch.testing.assert_close(stretched(x, 0.0), x)
