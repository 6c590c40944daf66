"""The stretch around each row of a series to how unusual the row is, and whether it is an alarm.

Three measures, each over its own mean in training: how far the smoothed value is from the median,
what the main axes of training windows leave of the windows that hold the row (both in closed form),
and how badly a network foretells the hidden middle of the stretch from both sides of it. The score
is the mean of their logarithms. Near the ends of the series, what is not known (nan) is left out:
only whole windows are measured, and nothing is foretold from one side alone.
"""

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.networks import Backbone, Group
from fathom.networks.heads import MemberLinear
from fathom.networks.series_reader import read_out
from fathom.objectives import Loss, Objective, Tensors

UNSET = 1e9
EXPLAINED = 0.9
FALSE_ALARMS = 0.01  # of held-out rows that are taken as normal
SMALLEST = 1e-6
MEASURES = 3


class Watching(Objective):
    """mean over three measures of log(1 + measure / its mean in training).

    window: rows of a window, L; the field holds W = 2 L - 1 rows around each. The loss is Huber's,
    so that what is odd in training teaches little. limit: the score that 99 of 100 held-out rows
    before the end of learning stay below.
    """

    slow = True  # validation looks at the loss, which needs no labels

    mean: Tensor
    axes: Tensor
    middle: Tensor
    usual: Tensor
    limit: Tensor

    def __init__(self, backbone: Backbone, *, field: str, window: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.field, self.window = field, window
        self.hidden = max(1, window // 2)
        self.head = MemberLinear(backbone.members, backbone.width, self.hidden, backbone.head)
        self.couples = backbone.couples
        self.register_buffer("mean", torch.zeros(window))
        self.register_buffer("axes", torch.zeros(window, window))
        self.register_buffer("middle", torch.zeros(()))
        self.register_buffer("usual", torch.ones(MEASURES))
        self.register_buffer("limit", torch.full((), UNSET))

    @torch.no_grad()
    def initialise(self, batch: Batch) -> None:
        """Find the main axes of training windows, which explain nine tenths of their variance."""
        x = batch.inputs[self.field].float()
        windows = x[..., self.window - 1 :].flatten(0, 1)
        windows = windows[~windows.isnan().any(dim=1)]
        self.mean.copy_(windows.mean(dim=0))
        self.middle.copy_(windows[:, 0].median())
        left = (windows - self.mean).double()
        values, vectors = torch.linalg.eigh(left.T @ left)
        share = values.flip(0).clamp_min(0).cumsum(0) / values.clamp_min(0).sum().clamp_min(1e-12)
        kept = vectors.flip(1)[:, : int((share < EXPLAINED).sum()) + 1]
        self.axes.copy_((kept @ kept.T).float())
        self.backbone.initialise(self.masked(x)[0])

    def groups(self) -> tuple[Group, ...]:
        """The backbone's rules and the head's."""
        return (
            *(group.prefixed("backbone") for group in self.backbone.groups()),
            *(group.prefixed("head") for group in self.head.groups()),
        )

    def masked(
        self, x: Float[Tensor, "B C W"]
    ) -> tuple[Float[Tensor, "N W 2"], Float[Tensor, "N H"]]:
        """Each series without the middle of its stretch, beside what is hidden; and the middle.

        Of the middle nan stays nan; where else nothing is known, the network sees the mean, 0.
        """
        rows = x.flatten(0, 1).float()
        start = (rows.shape[1] - self.hidden) // 2
        hidden = torch.zeros_like(rows)
        hidden[:, start : start + self.hidden] = 1.0
        seen = torch.stack([rows.nan_to_num(0.0) * (1 - hidden), hidden], dim=2)
        return seen, rows[:, start : start + self.hidden]

    def foretold(self, x: Float[Tensor, "B C W"]) -> Float[Tensor, "N H"]:
        """How far the network is from the hidden middle of each series."""
        seen, middle = self.masked(x)
        return read_out(self.backbone, self.head, seen).float() - middle

    def loss(self, batch: Batch) -> Loss:
        """Huber's loss of each hidden value that is known, summed."""
        missed = self.foretold(batch.inputs[self.field])
        missed = missed[~missed.isnan()]
        count = torch.tensor(float(missed.numel()), device=missed.device)
        return Loss(F.smooth_l1_loss(missed, torch.zeros_like(missed), reduction="sum"), count)

    def level(self, x: Float[Tensor, "B C W"]) -> Float[Tensor, "B C"]:
        """The mean distance from the median, over the window in whose middle the row is.

        At an end of the series it is the first or the last window, so that all are equally smooth.
        """
        row, half = self.window - 1, self.window // 2
        known = ~x[:, 0].isnan()
        before, after = known[:, :row].sum(dim=1), known[:, row + 1 :].sum(dim=1)
        start = torch.maximum((row + after - 2 * half).clamp_max(row - half), row - before)
        start = start.clamp(0, 2 * (row - half))
        places = start[:, None] + torch.arange(2 * half + 1, device=x.device)
        places = places[:, None].expand(-1, x.shape[1], -1)
        return (x.gather(2, places) - self.middle).abs().nanmean(dim=2)

    def measures(self, x: Float[Tensor, "B C W"]) -> Float[Tensor, "B M"]:
        """How odd each row is in three ways, the mean over series; nan where it can't be told."""
        x = x.float()
        left = x.unfold(2, self.window, 1) - self.mean  # (B, C, L, L)
        form = (left - left @ self.axes).square().mean(dim=3).nanmean(dim=2)
        surprise = self.foretold(x).square().mean(dim=1).view(x.shape[:2])
        surprise = surprise.masked_fill(x.isnan().any(dim=2), float("nan"))
        return torch.stack([self.level(x), form, surprise], dim=2).mean(dim=1)

    def score(self, measures: Float[Tensor, "B M"]) -> Float[Tensor, " B"]:
        """The measures as one."""
        return (measures / self.usual).log1p().nanmean(dim=1)

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`score` (B,), `answer` (B,): 1 is an alarm, `threshold` and `buffer` (B,)."""
        score = self.score(self.measures(inputs[self.field]))
        return {
            "answer": (score > self.limit).long(),
            "score": score,
            "threshold": self.limit.expand(len(score)),
            "buffer": torch.full((len(score),), self.window, device=score.device),
        }

    @torch.no_grad()
    def remember(self, train: Iterable[Batch], valid: Iterable[Batch]) -> None:
        """Set what is usual by training, and the limit by the rows held out beside it."""
        self.eval()
        seen = torch.cat([self.measures(batch.inputs[self.field]) for batch in train])
        self.usual.copy_(seen.nanmean(dim=0).clamp_min(SMALLEST))
        held = [self.score(self.measures(batch.inputs[self.field])) for batch in valid]
        known = torch.cat(held) if held else self.score(seen)
        self.limit.copy_(torch.quantile(known, 1 - FALSE_ALARMS))
