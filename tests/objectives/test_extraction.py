"""Units are parted, scored, chosen and put together as by hand."""

import math

import pytest
import torch

from fathom.data.batches import Batch
from fathom.networks import Facts
from fathom.networks.registry import NETWORKS
from fathom.objectives.extraction import Extraction, Units, chosen, kept
from fathom.spec import BEGIN, END, PADDING, Spec

V, T = 20, 12
SPEC = Spec("text", (T,), levels=(V,))
TOKENS = torch.tensor(
    [
        [BEGIN, 5, 6, BEGIN, 7, BEGIN, 8, 9, 10, PADDING],
        [BEGIN, 11, 12, 13, 14, PADDING, PADDING, PADDING, PADDING, PADDING],
    ]
)
LENGTH = torch.tensor([9, 5])


def extraction(family: str = "transformer") -> Extraction:
    torch.manual_seed(0)
    kind = NETWORKS[family]["text"]
    plan = kind.plan(SPEC, Facts(examples=64, outputs=0, seconds=1.0, gflops=0.1, tokens=600))
    return Extraction(kind.build(SPEC, plan.size), V, field="text")  # type: ignore[arg-type]


def batch(tokens: torch.Tensor = TOKENS, length: torch.Tensor = LENGTH) -> Batch:
    labels = torch.tensor([[1, 0, 0], [1, 0, 0]])[: len(tokens)]
    summary = torch.tensor([[BEGIN, 5, 6, END], [BEGIN, 11, 12, END]])[: len(tokens)]
    targets = {"target": summary, "target_label": labels}
    inputs = {"text": tokens, "text_length": length}
    return Batch(inputs, targets, torch.arange(len(tokens)))


def test_units_are_parted_by_their_marks() -> None:
    units = Units.of(TOKENS, LENGTH)
    assert units.size.tolist() == [[2, 1, 3], [4, 0, 0]]
    assert units.real.tolist() == [[True, True, True], [True, False, False]]
    assert units.place[0].tolist() == [-1, 0, 0, -1, 1, -1, 2, 2, 2, -1]
    texts, length = units.texts(TOKENS)
    assert length.tolist() == [2, 1, 3, 4]
    assert texts.tolist() == [[5, 6, 0, 0], [7, 0, 0, 0], [8, 9, 10, 0], [11, 12, 13, 14]]


@pytest.mark.parametrize(
    ("budget", "taken"),
    [(1.0, [8, 9, 10]), (4.0, [7, 8, 9, 10]), (5.0, [5, 6, 7, 8, 9, 10]), (3.4, [8, 9, 10])],
)
def test_the_most_probable_units_are_taken_up_to_the_budget(
    budget: float, taken: list[int]
) -> None:
    units = Units.of(TOKENS, LENGTH)
    scores = torch.tensor([[-1.0, 0.5, 2.0], [-5.0, 9.0, 9.0]])
    answer = kept(TOKENS, units, chosen(units, scores, budget))
    assert [token for token in answer[0].tolist() if token] == taken
    assert [token for token in answer[1].tolist() if token] == [11, 12, 13, 14]


@pytest.mark.parametrize("family", sorted(n for n, kinds in NETWORKS.items() if "text" in kinds))
def test_the_first_loss_is_log_2_and_one_batch_can_be_learnt(family: str) -> None:
    objective = extraction(family)
    objective.initialise(batch())
    first = objective.loss(batch())
    assert float(first.count) == 4
    assert float((first.total / first.count).detach()) == pytest.approx(math.log(2), abs=1e-5)
    named = [name for group in objective.groups() for name in group.names]
    assert sorted(named) == sorted(name for name, _ in objective.named_parameters())
    rule = torch.optim.Adam(objective.parameters(), 0.01)
    for _ in range(60):
        rule.zero_grad()
        loss = objective.loss(batch())
        (loss.total / loss.count).backward()
        rule.step()
    objective.eval()
    assert objective.predict(dict(batch().inputs))["answer"][0].tolist()[:2] == [5, 6]


def test_padding_and_company_change_nothing() -> None:
    objective = extraction().eval()
    torch.nn.init.normal_(objective.deep.weight)
    objective.initialise(batch())
    _, together = objective.scores(batch().inputs)
    longer = torch.nn.functional.pad(TOKENS[:1], (0, 5))
    _, alone = objective.scores({"text": longer, "text_length": LENGTH[:1]})
    assert torch.allclose(together[:1], alone, atol=1e-5)


def test_the_length_of_answers_is_chosen_by_the_true_ones() -> None:
    objective = extraction().eval()
    with torch.no_grad():
        objective.budget.fill_(99.0)
        for part in (objective.wide[0], objective.wide[-1]):
            assert isinstance(part, torch.nn.Linear)
            part.weight.zero_()
            part.weight[0, 0] = 9.0  # the first unit is the best
        objective.calibrate([batch()])
    assert float(objective.budget) <= 3.0
    assert objective.predict(dict(batch().inputs))["answer"][0].tolist()[:2] == [5, 6]


def test_a_text_without_units_has_an_empty_answer() -> None:
    objective = extraction().eval()
    empty = {"text": torch.zeros(1, 1, dtype=torch.int64), "text_length": torch.zeros(1).long()}
    assert objective.predict(empty)["answer"].tolist() == [[PADDING]]


def test_bags_of_few_texts_at_a_time_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    objective = extraction().eval()
    objective.initialise(batch())
    units = Units.of(TOKENS, LENGTH)
    together = objective.resemblance(TOKENS, units)
    monkeypatch.setattr("fathom.objectives.extraction.CELLS", 1)
    for first, second in zip(together, objective.resemblance(TOKENS, units), strict=True):
        assert torch.equal(first, second)
