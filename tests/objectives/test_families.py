"""Every family that foretells or writes texts, with the objectives that it serves."""

import math

import pytest
import torch
from torch import nn

from fathom.data.batches import Batch
from fathom.fit.optimizer import Optimizer
from fathom.networks import Decoder, Facts, TextBackbone
from fathom.networks.registry import DECODERS, NETWORKS
from fathom.objectives import Objective
from fathom.objectives.language import Language
from fathom.objectives.sequence import Sequence
from fathom.spec import BEGIN, END, Spec

V, T = 12, 8
SPEC = Spec("text", (T,), levels=(V,))
FACTS = Facts(examples=64, outputs=0, seconds=1.0, gflops=1.0, tokens=64 * T)
FAMILIES = sorted(DECODERS)


def decoder(family: str, memory: int = 0) -> Decoder:
    kind = DECODERS[family]["text"]
    facts = Facts(**{**vars(FACTS), "memory": memory})
    built = kind.build(SPEC, {**kind.plan(SPEC, facts).size, "dropout": 0.0})
    assert isinstance(built, Decoder)
    return built


def encoder(family: str) -> TextBackbone:
    kind = NETWORKS[family]["text"]
    built = kind.build(SPEC, kind.plan(SPEC, FACTS).size)
    assert isinstance(built, TextBackbone)
    return built


def texts() -> Batch:
    generator = torch.Generator().manual_seed(0)
    text = torch.randint(4, V, (6, T - 1), generator=generator)
    length = torch.full((6,), T - 1)
    answer = torch.cat([torch.full((6, 1), BEGIN), text, torch.full((6, 1), END)], dim=1)
    targets = {"target": answer, "target_length": torch.full((6,), T + 1)}
    return Batch({"text": text, "text_length": length}, targets, torch.arange(6))


def language(family: str) -> Language:
    torch.manual_seed(0)
    return Language(decoder(family), V, field="text", context=T)


def sequence(family: str) -> Sequence:
    torch.manual_seed(0)
    reader = encoder(family)
    writer = decoder(family, memory=reader.width)
    return Sequence(reader, writer, V, field="text", longest=T + 1, smoothing=0.0, unread=0.0)


@pytest.mark.parametrize("make", [language, sequence])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_first_loss_is_log_v_and_a_batch_can_be_learnt(family: str, make: object) -> None:
    assert callable(make)
    made: Objective = make(family)
    batch = texts()
    named = [name for group in made.groups() for name in group.names]
    assert sorted(named) == sorted(name for name, _ in made.named_parameters())
    optimizer = Optimizer(made, made.groups())
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = made.loss(batch)
        mean = loss.total / loss.count
        mean.backward()
        optimizer.step()
        losses.append(float(mean.detach()))
    assert losses[0] == pytest.approx(math.log(V), abs=1e-4)
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_does_not_depend_on_the_batch(family: str) -> None:
    made, batch = sequence(family).eval(), texts()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.3)
    with torch.inference_mode():
        together = made.predict(dict(batch.inputs))["answer"]
        alone = made.predict({name: value[2:3] for name, value in batch.inputs.items()})["answer"]
    assert together[2, : alone.shape[1]].tolist() == alone[0].tolist()
