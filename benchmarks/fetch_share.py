"""The share of a training step that goes to drawing and augmenting its batch: `python
benchmarks/fetch_share.py [DATA ...]`.

The product plans for a budget as it would for `fathom train`, then updates are timed from outside,
a few at each resolution of the plan, with the feed timed inside them.
"""

import argparse
import os
import statistics
import time
from contextlib import closing
from itertools import islice
from pathlib import Path

import torch

from fathom.data.batches import Batch
from fathom.fit.allocation import keep_freed_memory
from fathom.fit.loop import Feed, fit
from fathom.train.feeds import RowFeed
from fathom.train.listener import Listener
from fathom.train.options import Clock, Options
from fathom.train.planning import plan
from fathom.train.prepare import prepare

DATA = Path(os.environ.get("FATHOM_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
BAR = 0.05


class Timed(Feed):
    """The product's feed, seen from a given share of the training, with the seconds it took."""

    def __init__(self, feed: RowFeed, share: float) -> None:
        self.feed = feed
        self.share = share
        self.seconds: list[float] = []

    def at(self, update: int, share: float) -> Batch:
        """The batch of an update."""
        started = time.perf_counter()
        batch = self.feed.at(update, self.share)
        self.seconds.append(time.perf_counter() - started)
        return batch


def measured(name: str, budget_s: float, updates: int) -> None:
    """Print the median milliseconds of an update and of its fetch at every resolution."""
    options = Options(budget_s=budget_s)
    prepared = prepare(str(DATA / name), options, Listener())
    keep_freed_memory()
    planned = plan(prepared, options, name, Clock(budget_s), Listener())
    feed = RowFeed(planned.recipe, prepared)
    begun, share = 0.0, 0.0
    for until, scale in (*planned.recipe.resolutions, (1.0, 1.0)):
        source = Timed(feed, begun)
        taken = []
        with closing(fit(planned.objective, source, planned.recipe.training)) as turns:
            started = time.perf_counter()
            for _ in islice(turns, updates):
                taken.append(time.perf_counter() - started)
                started = time.perf_counter()
        update_s, fetch_s = statistics.median(taken[2:]), statistics.median(source.seconds[2:])
        share += (until - begun) * fetch_s / update_s
        begun = until
        print(
            f"{name}, side x {scale:g}: update {1e3 * update_s:.1f} ms, fetch {1e3 * fetch_s:.2f}"
        )
    print(
        f"{name}: {100 * share:.1f} % of a step is fetching and augmenting (bar {100 * BAR:.0f} %)"
    )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="*", default=["mnist", "cifar10"])
    parser.add_argument("--budget", type=float, default=60.0, help="Seconds planned for.")
    parser.add_argument("--updates", type=int, default=20)
    asked = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    for name in asked.data:
        measured(name, asked.budget, asked.updates)


if __name__ == "__main__":
    main()
