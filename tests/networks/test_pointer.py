"""Copying by hand, and what a pointer never does: point at padding, change with it."""

import torch
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.seeds import generator
from fathom.networks import Memory
from fathom.networks.pointer import Pointed, Pointer

V, WIDTH, MEMORY = 9, 6, 5


def pointer() -> Pointer:
    torch.manual_seed(0)
    return Pointer(WIDTH, MEMORY, 4).eval()


def question(places: int = 5) -> tuple[Memory, torch.Tensor, torch.Tensor]:
    source = generator(1)
    values = torch.randn(2, places, MEMORY, generator=source)
    embedded = torch.randn(2, places, 4, generator=source)
    tokens = torch.tensor([[4, 5, 4, 6, 7], [8, 5, 0, 0, 0]])[:, :places]
    return Memory(values, torch.tensor([5, 2])), embedded, tokens


def test_the_mixture_by_hand() -> None:
    """See et al. 2017, equation 9: twice the same token in the question adds up."""
    made = pointer()
    made.shift.data.fill_(0.0)  # half is written
    scores = torch.zeros(1, 4)
    attention = torch.tensor([[0.5, 0.3, 0.2]])
    found = made(scores, torch.zeros(1, WIDTH), attention, torch.tensor([[3, 1, 3]])).exp()
    torch.testing.assert_close(found, torch.tensor([[0.125, 0.275, 0.125, 0.475]]))


def test_probabilities_add_up_and_copying_raises_only_what_was_read() -> None:
    made = pointer()
    pointed = made.offered(*question())
    features = torch.randn(2, 3, WIDTH, generator=generator(2))
    scores = torch.randn(6, V, generator=generator(3))
    attention = made.attention(features, pointed).flatten(0, 1)
    tokens = pointed.tokens.repeat_interleave(3, 0)
    found = made(scores, features.flatten(0, 1), attention, tokens).exp()
    torch.testing.assert_close(found.sum(-1), torch.ones(6))
    written = torch.sigmoid(made.shift) * F.softmax(scores, -1)  # the gate knows nothing yet
    raised = found - written > 1e-6
    assert raised[:3].any(0).nonzero()[:, 0].tolist() == [4, 5, 6, 7]
    assert raised[3:].any(0).nonzero()[:, 0].tolist() == [5, 8]


def test_padding_is_never_pointed_at_and_changes_nothing() -> None:
    made = pointer()
    memory, embedded, tokens = question()
    features = torch.randn(2, 3, WIDTH, generator=generator(2))
    found = made.attention(features, made.offered(memory, embedded, tokens))
    assert not found[1, :, 2:].any()
    alone = made.offered(
        Memory(memory.values[1:, :2], memory.length[1:]), embedded[1:, :2], tokens[1:, :2]
    )
    torch.testing.assert_close(made.attention(features[1:], alone), found[1:, :, :2])


def test_an_encoder_without_places_is_pointed_into_by_its_tokens() -> None:
    made = pointer()
    memory, embedded, tokens = question()
    pointed = made.offered(Memory(memory.values[:, :1], memory.length), embedded, tokens)
    assert pointed.keys.shape[:2] == tokens.shape
    assert not torch.allclose(pointed.keys[0, 0], pointed.keys[0, 1])


def test_rows_are_taken_together() -> None:
    pointed = pointer().offered(*question())
    taken = pointed.take(torch.tensor([1, 1, 0]))
    assert isinstance(taken, Pointed)
    assert taken.tokens.tolist() == pointed.tokens[[1, 1, 0]].tolist()
    assert torch.equal(taken.padding, pointed.padding[[1, 1, 0]])


def test_beams_of_a_question_point_into_it_without_a_copy() -> None:
    made = pointer()
    pointed = made.offered(*question())
    rows = torch.tensor([0, 0, 0, 1, 1, 1])
    taken = pointed.take(rows)
    assert taken.keys.data_ptr() == pointed.keys.data_ptr()
    features = torch.randn(6, 1, WIDTH, generator=generator(2))
    copied = Pointed(pointed.keys[rows], pointed.tokens[rows], pointed.padding[rows])
    torch.testing.assert_close(made.attention(features, taken), made.attention(features, copied))
    assert torch.equal(taken.read(torch.arange(6)), pointed.tokens[rows])
