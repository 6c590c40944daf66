"""A tiny random network whose scores depend on all tokens before, with a state to carry along."""

from itertools import product

import torch
from torch import Tensor

from fathom.spec import BEGIN, END, PADDING

WIDTH = 8


class Memory:
    """Hidden values (N, WIDTH) of N sequences; counts the steps it was carried through."""

    def __init__(self, hidden: Tensor) -> None:
        self.hidden = hidden

    def take(self, rows: Tensor) -> "Memory":
        return Memory(self.hidden[rows])


class Recurrence:
    """A step function: tokens and memory to scores; `batches` are the sizes it was called with."""

    def __init__(self, vocabulary: int, seed: int = 0, sharpness: float = 2.0) -> None:
        generator = torch.Generator().manual_seed(seed)

        def draw(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator, dtype=torch.float64)

        self.token = draw(vocabulary, WIDTH)
        self.turn = draw(WIDTH, WIDTH) / WIDTH**0.5
        self.out = sharpness * draw(WIDTH, vocabulary) / WIDTH**0.5
        self.bias = torch.zeros(vocabulary, dtype=torch.float64)
        self.start = draw(64, WIDTH)
        self.batches: list[int] = []

    def begin(self, examples: Tensor) -> Memory:
        """The memory of the given examples, each its own."""
        return Memory(self.start[examples])

    def __call__(self, tokens: Tensor, memory: Memory) -> Tensor:
        self.batches.append(len(tokens))
        memory.hidden = torch.tanh(memory.hidden @ self.turn + self.token[tokens])
        scores: Tensor = memory.hidden @ self.out + self.bias
        return scores

    def log_probability(self, example: int, answer: tuple[int, ...]) -> float:
        """Of a whole answer and the END after it."""
        memory, total, last = self.begin(torch.tensor([example])), 0.0, BEGIN
        for token in (*answer, END):
            scores = self(torch.tensor([last]), memory).log_softmax(-1)
            total, last = total + float(scores[0, token]), token
        return total

    def answers(self, limit: int) -> list[tuple[int, ...]]:
        """Every sequence of at most `limit` tokens that are allowed inside an answer."""
        tokens = [t for t in range(len(self.token)) if t not in (PADDING, BEGIN, END)]
        return [answer for size in range(limit + 1) for answer in product(tokens, repeat=size)]
