"""The recurrent networks against torch's own bidirectional module, their dropout and their size."""

from collections.abc import Callable
from dataclasses import asdict, replace

import pytest
import torch
from torch import Tensor, nn

from fathom.data.seeds import generator
from fathom.networks import Facts
from fathom.networks.positions import normalised
from fathom.networks.recurrence import Kernel, MinGRU
from fathom.networks.rnn import (
    BACKBONES,
    DECODERS,
    Layer,
    Size,
    TextDecoder,
    TextEncoder,
    state_width,
)
from fathom.spec import Spec

SPEC = Spec("text", (64,), levels=(50,))


def tokens(count: int, positions: int) -> Tensor:
    source = generator(0, count, positions)
    return torch.randint(4, 50, (count, positions), generator=source)


def copy_into(module: nn.RNNBase, layer: int, back: bool, kernel: Kernel) -> None:
    end = f"l{layer}" + ("_reverse" if back else "")
    with torch.no_grad():
        getattr(module, f"weight_ih_{end}").copy_(kernel.inputs)
        getattr(module, f"weight_hh_{end}").copy_(kernel.recurrent)
        getattr(module, f"bias_ih_{end}").copy_(kernel.bias)
        getattr(module, f"bias_hh_{end}").copy_(kernel.recurrent_bias)


@pytest.mark.parametrize(("cell", "module"), [("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_both_directions_are_torch_s_on_packed_sequences(
    cell: str, module: Callable[..., nn.RNNBase]
) -> None:
    torch.manual_seed(0)
    encoder = TextEncoder(50, Size(cell, embedding=6, width=8, depth=2)).eval()
    theirs = module(6, 4, num_layers=2, bidirectional=True, batch_first=True)
    for place, layer in enumerate(encoder.layers):
        assert isinstance(layer, Layer)
        for back, kernel in enumerate((layer.cells.ahead, layer.cells.back)):
            assert isinstance(kernel, Kernel)
            copy_into(theirs, place, bool(back), kernel)
    x, length = tokens(3, 9), torch.tensor([9, 2, 5])
    packed = nn.utils.rnn.pack_padded_sequence(
        normalised(encoder.embedding(x)), length, batch_first=True, enforce_sorted=False
    )
    expected, _ = nn.utils.rnn.pad_packed_sequence(theirs(packed)[0], batch_first=True)
    found = encoder(x, length).values[..., :8]
    for row, real in enumerate(length.tolist()):
        torch.testing.assert_close(found[row, :real], normalised(expected[row, :real]))


def test_the_arithmetic_is_what_the_matrices_hold() -> None:
    for cell in ("elman", "lstm", "gru", "mingru"):
        for directions in (1, 2):
            size = Size(cell, embedding=32, width=32, depth=3)
            made = (TextDecoder if directions == 1 else TextEncoder)(50, size)
            held = [
                p.numel()
                for name, p in made.named_parameters()
                if "bias" not in name and "embedding" not in name and "look" not in name
            ]
            assert sum(held) == size.weights(directions)


def test_a_gated_state_is_half_as_wide_again_as_the_stream() -> None:
    cell = TextDecoder(50, Size("mingru", 32, 32, 1)).stack()[0].cells.ahead
    assert isinstance(cell, MinGRU) and cell.inner == state_width(32, 1) == 48


def test_a_silent_block_passes_the_embedding_through() -> None:
    decoder = TextDecoder(50, Size("mingru", 16, 16, 2))
    y = tokens(2, 5)
    torch.testing.assert_close(
        decoder(y).values, normalised(decoder.embedding(y)), atol=1e-5, rtol=1e-5
    )


def test_dropout_only_in_training_and_seeded() -> None:
    size = Size("lstm", 16, 16, 1, dropout=0.5, disconnect=0.5, forget=0.2)
    decoder = TextDecoder(50, size)
    y = tokens(2, 5)
    torch.manual_seed(1)
    first = decoder(y).values
    assert not torch.equal(decoder(y).values, first)
    torch.manual_seed(1)
    assert torch.equal(decoder(y).values, first)
    decoder.eval()
    plain = TextDecoder(50, replace(size, dropout=0.0, disconnect=0.0, forget=0.0))
    plain.load_state_dict(decoder.state_dict())
    assert torch.equal(decoder(y).values, plain(y).values)


def test_the_default_cell_and_the_one_asked_for() -> None:
    facts = Facts(examples=1000, outputs=2, seconds=60.0, tokens=64_000)
    assert DECODERS["text"].plan(SPEC, facts).size["cell"] == "mingru"
    for kind in (*BACKBONES.values(), *DECODERS.values()):
        assert kind.plan(SPEC, replace(facts, cell="gru")).size["cell"] == "gru"


def test_deep_only_where_wide_and_where_layers_do_not_wait() -> None:
    spec = Spec("text", (256,), levels=(65,))
    facts = Facts(examples=3500, outputs=65, seconds=300.0, gflops=250.0, tokens=900_000)
    narrow = DECODERS["text"].plan(spec, facts)
    wide = DECODERS["text"].plan(spec, replace(facts, seconds=20_000.0, tokens=30_000_000))
    assert (narrow.size["depth"], wide.size["depth"]) == (4, 6)
    assert 224 <= int(narrow.size["width"]) < 320
    assert DECODERS["text"].plan(spec, replace(facts, cell="lstm")).size["depth"] == 2
    assert narrow.size == asdict(Size(**narrow.size))  # type: ignore[arg-type]
