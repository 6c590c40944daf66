"""Tokens a second of generation with kept keys and values beside recomputing every position:
`python benchmarks/generation.py [--rounds 5]`.

Both continue 16 prompts of one token to the end of a context of 256, with the decoder that the
recipe plans for one minute, and draw the same numbers; in float32 their tokens must be equal.
They take turns in one process. Reported are medians with ranges, and the ratio of each round.
"""

import argparse
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from fathom.decoding.generate import gather, generate
from fathom.decoding.tokens import Sampling
from fathom.fit.allocation import keep_freed_memory
from fathom.networks import Facts
from fathom.networks.registry import DECODERS
from fathom.objectives.language import Language
from fathom.spec import BEGIN, END, Spec
from recurrence import shown

BATCH, CONTEXT, VOCABULARY, GOAL = 16, 256, 512, 8.0
SPEC = Spec(kind="text", shape=(CONTEXT,), levels=(VOCABULARY,))
FACTS = Facts(examples=4_000, outputs=0, seconds=45.0, tokens=500_000)
OPTIONS = Sampling(forbidden=(0, BEGIN, END))


class Seen:
    """A state that is but the tokens so far."""

    def __init__(self) -> None:
        self.tokens: list[Tensor] = []

    def take(self, rows: Tensor) -> "Seen":
        """Some of the sequences."""
        raise NotImplementedError("no sequence ends here")


def planned(family: str) -> Language:
    """The product's network, with a read-out that prefers something."""
    torch.manual_seed(0)
    kind = DECODERS[family]["text"]
    decoder = kind.build(SPEC, kind.plan(SPEC, FACTS).size)
    objective = Language(decoder, VOCABULARY, field="text", context=CONTEXT).eval()
    for weight in objective.parameters():
        if not weight.any():  # branches and read-outs start silent
            nn.init.normal_(weight, std=weight.shape[-1] ** -0.5)
    return objective


def recomputed(objective: Language, prompt: Tensor) -> Iterator[Tensor]:
    """Continue prompts, every step from the first position on."""

    def step(token: Tensor, seen: Seen) -> Tensor:
        seen.tokens.append(token)
        with torch.inference_mode():
            values = objective.decoder(torch.stack(seen.tokens, dim=1)).values
            scores: Tensor = objective.head(values[:, -1])
        return scores

    return generate(step, Seen(), prompt=prompt, options=OPTIONS, limit=CONTEXT - 1)


def timed(write: Callable[[], Iterator[Tensor]]) -> tuple[Tensor, float]:
    """The tokens, and how many came in a second."""
    started = time.perf_counter()
    tokens = gather(write()).tokens
    return tokens, tokens.numel() / (time.perf_counter() - started)


def measured(family: str, rounds: int) -> None:
    """Print speeds and ratios of a family."""
    objective = planned(family)
    prompt = torch.arange(4, 4 + BATCH)[:, None]
    ways = {
        "kept": lambda: objective.generate(prompt, OPTIONS, limit=CONTEXT - 1),
        "recomputed": lambda: recomputed(objective, prompt),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    equal = True
    for _ in range(rounds):
        found = {name: timed(way) for name, way in ways.items()}
        equal &= torch.equal(found["kept"][0], found["recomputed"][0])
        for name, (_, speed) in found.items():
            speeds[name].append(speed)
    ratios = [a / b for a, b in zip(speeds["kept"], speeds["recomputed"], strict=True)]
    weights = sum(weight.numel() for weight in objective.parameters())
    for name, values in speeds.items():
        print(f"{family} {name}: {shown(values, lambda v: f'{v:,.0f}')} tokens/s")
    print(
        f"{family}, {weights:,} weights: {shown(ratios, lambda v: f'{v:.1f}')} times as fast "
        f"(goal {GOAL:.0f}); the same tokens: {'yes' if equal else 'NO'}"
    )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--families", nargs="*", default=["transformer"])
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    keep_freed_memory()
    for family in asked.families:
        measured(family, asked.rounds)


if __name__ == "__main__":
    main()
