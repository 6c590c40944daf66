"""Attention over a memory against its equations; padding and missing memories."""

import pytest
import torch
from torch import Tensor

from fathom.data.seeds import generator
from fathom.networks import Memory
from fathom.networks.memory import MemoryAttention, StateCache, looked


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator(0, *shape))


def test_attention_is_luong_s_equations() -> None:
    torch.manual_seed(0)
    attention = MemoryAttention(4, 3)
    x, values = drawn(2, 5, 4), drawn(2, 6, 3)
    found = attention(x, attention.look(Memory(values, torch.tensor([6, 6]))))
    for row in range(2):
        scores = x[row] @ attention.keys.weight @ values[row].T / 2
        context = torch.softmax(scores, dim=-1) @ values[row]
        joined = torch.cat([context, x[row]], dim=-1) @ attention.join.weight.T
        torch.testing.assert_close(found[row], torch.tanh(joined))


def test_padding_of_the_memory_is_not_seen() -> None:
    torch.manual_seed(0)
    attention = MemoryAttention(4, 3)
    x, values, length = drawn(2, 5, 4), drawn(2, 6, 3), torch.tensor([2, 4])
    plain = attention(x, attention.look(Memory(values, length)))
    values[0, 2:], values[1, 4:] = 100.0, -100.0
    assert torch.equal(attention(x, attention.look(Memory(values, length))), plain)


def test_a_memory_without_attention_and_attention_without_a_memory_are_refused() -> None:
    with pytest.raises(ValueError, match="no attention over a memory and gets one"):
        looked(None, Memory(drawn(1, 2, 3), torch.tensor([2])))
    with pytest.raises(ValueError, match="an attention over a memory and gets none"):
        looked(MemoryAttention(4, 3), None)


def test_rows_of_a_cache_can_be_taken_several_times() -> None:
    memory = looked(MemoryAttention(4, 3), Memory(drawn(3, 2, 3), torch.tensor([1, 2, 2])))
    cache = StateCache([(drawn(3, 5), drawn(3, 2, 2))], memory)
    taken = cache.take(torch.tensor([2, 0, 2, 2]))
    assert torch.equal(taken.layers[0][1], cache.layers[0][1][[2, 0, 2, 2]])
    assert memory is not None and taken.memory is not None
    assert torch.equal(taken.memory.padding, memory.padding[[2, 0, 2, 2]])
