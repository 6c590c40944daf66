"""What a run draws by its usual sampler beside 250 steps of the same network, by the run's judge:
`python benchmarks/solver_steps.py RUN [--samples 256] [--steps 250]`.

Both begin from the same noise and are asked for the same classes. Reported are the kernel distance
to held-out pictures and label agreement with 95 % intervals, and the difference with its own, from
the same resamples. The goal: at most 25 looks of the network at a sample, guidance included, and no
worse: the interval of the difference in distance is not wholly above 0. Few samples hide a
difference: of 64 the interval is twice as wide as of 256.
"""

import argparse
from dataclasses import asdict
from typing import Any

import fathom
from fathom.evaluate import HeldOut
from fathom.objectives import Paced, Steered
from fathom.train.listener import Listener
from fathom.train.sampling import samples, sitting_of

GOAL = 25


def shown(name: str, found: dict[str, Any]) -> str:
    """A value with its interval."""
    return f"{name} {found['value']:.4f} ({found['low']:.4f} to {found['high']:.4f})"


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--samples", type=int, default=256)
    parser.add_argument("--steps", type=int, default=250)
    asked = parser.parse_args()
    sitting = sitting_of(fathom.load(asked.run), Listener())
    objective = sitting.objective
    assert isinstance(objective, Paced)
    assert isinstance(objective, Steered)
    held_out = sitting.real("test", asked.samples)
    judged = HeldOut.of("sample", held_out.truth, seed=sitting.recipe.seed)
    fields = []
    for name, options in (
        (f"usual, {objective.looks} looks", None),
        (f"{asked.steps} steps", objective.asked({"steps": asked.steps})),
    ):
        pixels = samples(objective, sitting.prepared, held_out.wish, options)
        crowd = sitting.crowd(pixels, held_out.wish)
        fields.append(judged.prepared(crowd.fields))
        values = judged.measured(fields[-1])
        told = [
            shown(metric, values[metric])
            for metric in ("kid", "label_agreement")
            if metric in values
        ]
        print(f"{name}, {len(pixels)} samples: {', '.join(told)}")
    apart = judged.difference("kid", fields[0], fields[1])
    met = objective.looks <= GOAL and apart.low <= 0
    print(f"{shown('usual minus many: kid', asdict(apart))}; goal met: {'yes' if met else 'NO'}")


if __name__ == "__main__":
    main()
