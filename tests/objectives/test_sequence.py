"""Sequence: a small reversal is learnt; padding and batches change no answer."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from fathom.data.batches import Batch
from fathom.decoding.beam import Beam
from fathom.networks import Facts
from fathom.networks.registry import DECODERS, NETWORKS
from fathom.networks.transformer import Decoder, Encoder, Size
from fathom.objectives.sequence import Sequence
from fathom.spec import BEGIN, END, PADDING, Spec

V = 12


def awake(made: Sequence) -> Sequence:
    """The same with weights that say something: untrained, each token is as probable as another."""
    for parameter in made.parameters():
        parameter.data.normal_(std=0.3)
    return made


def sequence(smoothing: float = 0.0, vocabulary: int = V, *, copies: bool = False) -> Sequence:
    torch.manual_seed(0)
    size = Size(width=32, layers=2, heads=2, hidden=64, longest=12)
    writer = Decoder(vocabulary, Size(**{**vars(size), "memory": 32}))
    reader: Any = Encoder(vocabulary, size)
    return Sequence(
        reader,
        writer,
        vocabulary,
        field="text",
        longest=12,
        smoothing=smoothing,
        unread=0.0,
        copies=copies,
    )


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


@pytest.mark.parametrize("copies", [False, True])
def test_every_parameter_has_one_rule_and_the_embedding_is_shared(copies: bool) -> None:
    made = sequence(copies=copies)
    named = [name for group in made.groups() for name in group.names]
    assert sorted(named) == sorted(name for name, _ in made.named_parameters())
    reader: Any = made.encoder
    assert made.decoder.embedding is reader.embedding


@pytest.mark.parametrize("copies", [False, True])
def test_a_batch_can_be_learnt_by_heart_and_is_then_answered(copies: bool) -> None:
    made, examples = sequence(copies=copies), batch(8)
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


@pytest.mark.parametrize("copies", [False, True])
def test_longer_padding_changes_no_loss(copies: bool) -> None:
    made, examples = awake(sequence(copies=copies)).eval(), batch(4)
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


def test_the_first_of_several_references_is_learnt() -> None:
    made, examples = awake(sequence()).eval(), batch(4)
    answers, length = examples.targets["target"], examples.targets["target_length"]
    several = torch.nn.functional.pad(answers, (0, 4))
    for row, end in enumerate(length.tolist()):
        several[row, end : end + 4] = torch.tensor([BEGIN, 5, 6, END])
    judged = Batch(
        examples.inputs, {"target": several, "target_length": length + 4}, examples.index
    )
    with torch.no_grad():
        alone, beside = made.loss(examples), made.loss(judged)
    assert float(beside.count) == float(alone.count)
    assert float(beside.total) == pytest.approx(float(alone.total), rel=1e-5)


def test_smoothing_counts_in_training_only() -> None:
    made, examples = awake(sequence(smoothing=0.3)), batch(4)
    with torch.no_grad():
        smooth = float(made.train().loss(examples).total)
        plain = float(made.eval().loss(examples).total)
    assert smooth != pytest.approx(plain, rel=1e-3)


def test_the_first_loss_is_that_of_knowing_nothing_but_the_question() -> None:
    """log V without a pointer; with one, .88 of it and .12 spread evenly over what was read."""
    made, examples = sequence(copies=True).eval(), batch(64)
    with torch.no_grad():
        loss = made.loss(examples)
    assert math.log(V) - 0.6 < float(loss.total / loss.count) < math.log(V) + 0.2


def test_words_that_no_answer_held_are_answered_by_pointing() -> None:
    """Copying is learnt on some tokens and done with others, which a read-out cannot do."""
    known, vocabulary = range(4, 44), 64
    made = sequence(vocabulary=vocabulary, copies=True)
    optimizer = torch.optim.AdamW(made.parameters(), lr=3e-3)

    def copied(tokens: range, count: int, seed: int) -> Batch:
        drawn = torch.randperm(len(tokens) * count, generator=torch.Generator().manual_seed(seed))
        text = tokens.start + drawn[: 3 * count].view(count, 3) % len(tokens)
        ends = torch.ones(count, 1, dtype=torch.int64)
        answer = torch.cat([BEGIN * ends, text, END * ends], dim=1)
        targets = {"target": answer, "target_length": torch.full((count,), 5)}
        inputs = {"text": text, "text_length": torch.full((count,), 3)}
        return Batch(inputs, targets, torch.arange(count))

    for update in range(150):
        optimizer.zero_grad()
        loss = made.loss(copied(known, 32, update))
        (loss.total / loss.count).backward()
        optimizer.step()
    made.eval()
    new = copied(range(44, 64), 20, 1000)
    with torch.inference_mode():
        found = made.predict(dict(new.inputs), Beam(width=2))["answer"]
    right = (found[:, :1] == new.inputs["text"][:, :1]).float().mean()
    assert right > 0.5  # by chance: 1 of 60


@pytest.mark.parametrize("family", sorted(DECODERS))
def test_every_family_can_write_and_copy(family: str) -> None:
    spec = Spec("text", (12,), levels=(V,))
    facts = Facts(examples=100, outputs=0, seconds=1.0, gflops=1.0, tokens=500)
    torch.manual_seed(0)
    reading, writing = NETWORKS[family]["text"], DECODERS[family]["text"]
    reader: Any = reading.build(spec, reading.plan(spec, facts).size)
    plan = writing.plan(spec, replace(facts, memory=reader.width))
    writer: Any = writing.build(spec, plan.size)
    made = Sequence(reader, writer, V, field="text", longest=12, copies=True)
    examples = batch(6)
    made.loss(examples).total.backward()
    for name, parameter in made.named_parameters():
        if name.startswith("pointer."):
            assert parameter.grad is not None and bool(parameter.grad.isfinite().all()), name
    made.eval()
    with torch.inference_mode():
        whole = made.predict(dict(examples.inputs), Beam(width=2))["answer"]
        alone = made.predict({n: x[:1] for n, x in examples.inputs.items()}, Beam(width=2))
    answer = alone["answer"][0]
    assert whole[0, : len(answer)].tolist() == answer.tolist()
