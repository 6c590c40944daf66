"""Sequence: a small reversal is learnt; padding and batches change no answer."""

from typing import Any

import pytest
import torch

from fathom.data.batches import Batch
from fathom.decoding.beam import Beam
from fathom.networks.transformer import Decoder, Encoder, Size
from fathom.objectives.sequence import Sequence
from fathom.spec import BEGIN, END, PADDING

V = 12


def awake(made: Sequence) -> Sequence:
    """The same with weights that say something: untrained, each token is as probable as another."""
    for parameter in made.parameters():
        parameter.data.normal_(std=0.3)
    return made


def sequence(smoothing: float = 0.0) -> Sequence:
    torch.manual_seed(0)
    size = Size(width=32, layers=2, heads=2, hidden=64, longest=12)
    writer = Decoder(V, Size(**{**vars(size), "memory": 32}))
    reader: Any = Encoder(V, size)
    return Sequence(reader, writer, V, field="text", longest=12, smoothing=smoothing, unread=0.0)


def batch(count: int, seed: int = 0) -> Batch:
    """Questions of 3 to 5 tokens, answers are the questions backward."""
    generator = torch.Generator().manual_seed(seed)
    length = torch.randint(3, 6, (count,), generator=generator)
    text = torch.randint(4, V, (count, 5), generator=generator)
    text = text.masked_fill(torch.arange(5) >= length[:, None], PADDING)
    answers = torch.full((count, 7), PADDING)
    for row, (question, n) in enumerate(zip(text, length.tolist(), strict=True)):
        answers[row, : n + 2] = torch.tensor([BEGIN, *question[:n].flip(0).tolist(), END])
    targets = {"target": answers, "target_length": length + 2}
    return Batch({"text": text, "text_length": length}, targets, torch.arange(count))


def test_every_parameter_has_one_rule_and_the_embedding_is_shared() -> None:
    made = sequence()
    named = [name for group in made.groups() for name in group.names]
    assert sorted(named) == sorted(name for name, _ in made.named_parameters())
    reader: Any = made.encoder
    assert made.decoder.embedding is reader.embedding


def test_a_batch_can_be_learnt_by_heart_and_is_then_answered() -> None:
    made, examples = sequence(), batch(8)
    optimizer = torch.optim.AdamW(made.parameters(), lr=1e-2)
    for _ in range(250):
        optimizer.zero_grad()
        loss = made.loss(examples)
        (loss.total / loss.count).backward()
        optimizer.step()
    assert float(loss.total.detach() / loss.count) < 0.1
    made.eval()
    with torch.inference_mode():
        found = made.predict(dict(examples.inputs), Beam(width=3))["answer"]
    for answer, truth in zip(found, examples.targets["target"], strict=True):
        told = truth[1 : int((truth == END).nonzero()[0])]
        assert answer[: len(told)].tolist() == told.tolist()
        assert (answer[len(told) :] == PADDING).all()


def test_longer_padding_changes_no_loss() -> None:
    made, examples = awake(sequence()).eval(), batch(4)
    longer = Batch(
        {**examples.inputs, "text": torch.nn.functional.pad(examples.inputs["text"], (0, 3))},
        {
            **examples.targets,
            "target": torch.nn.functional.pad(examples.targets["target"], (0, 2)),
        },
        examples.index,
    )
    with torch.no_grad():
        assert float(made.loss(longer).total) == pytest.approx(
            float(made.loss(examples).total), rel=1e-5
        )
        assert float(made.loss(longer).count) == float(made.loss(examples).count)


def test_smoothing_counts_in_training_only() -> None:
    made, examples = awake(sequence(smoothing=0.3)), batch(4)
    with torch.no_grad():
        smooth = float(made.train().loss(examples).total)
        plain = float(made.eval().loss(examples).total)
    assert smooth != pytest.approx(plain, rel=1e-3)
