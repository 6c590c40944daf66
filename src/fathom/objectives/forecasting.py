"""Windows of series to forecasts: a linear first one, what a network adds, and a 90 % interval."""

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from fathom.data.batches import Batch
from fathom.networks import Backbone, Group
from fathom.networks.heads import MemberLinear
from fathom.networks.linear_skip import LinearSkip
from fathom.networks.series_reader import read_out
from fathom.objectives import Loss, Objective, Tensors

TARGET = "target"
COVERED = 0.9
SMALLEST = 0.05  # of the deviation of a series: flatter windows are not blown up further
FEWEST = 10  # validation forecasts without which the network adds nothing
STRETCHES = 4
SHARES = 20  # between none and all
CORRECTION_RATE = 3e-4
MOST_SCORES = 20_000_000


class Forecasting(Objective):
    """forecast = skip(window) + share * (correction (window - last) + deviation * f(window)).

    Every series is looked at by itself with the same weights. The skip is the least squares
    solution, which the median is not: `correction`, zero at first, is a linear map learnt together
    with the network f, which sees the window normalised. Loss: the absolute error of the forecast,
    as the scaled error it is judged by, and the pinball losses of both ends of the interval
    (Koenker and Bassett 1978). share: how much is added to the skip, 0 to 1, which `calibrate` sets
    to what every stretch of validation likes, so that what does not help leaves the linear forecast
    alone. margin: what is added to both ends so that 90 % of validation lies between them
    (conformalised quantile regression, Romano et al. 2019, Algorithm 1, arXiv:1905.03222), for each
    series and row ahead.

    field: the windows among the inputs. first: rows of the table before it are not learnt from.
    """

    share: Tensor
    margin: Tensor

    def __init__(
        self,
        skip: LinearSkip,
        backbone: Backbone,
        *,
        field: str,
        shape: tuple[int, int],
        first: int,
    ) -> None:
        super().__init__()
        horizon, series = shape
        self.skip = skip
        self.backbone = backbone
        self.head = MemberLinear(backbone.members, backbone.width, 3 * horizon, backbone.head)
        self.correction = nn.Parameter(torch.zeros(max(skip.lookbacks), horizon))
        self.field, self.horizon, self.first = field, horizon, first
        self.couples = backbone.couples
        self.register_buffer("share", torch.ones(()))
        self.register_buffer("margin", torch.zeros(series, horizon))

    def initialise(self, batch: Batch) -> None:
        """Fit the linear part on training windows in the order of time."""
        order = batch.index.argsort()
        order = order[batch.index[order] >= self.first]
        if len(order) > 2:
            self.skip.fit(batch.inputs[self.field][order], batch.targets[TARGET][order])
        self.backbone.initialise(batch.inputs[self.field].flatten(0, 1)[..., None])

    def groups(self) -> tuple[Group, ...]:
        """The backbone's rules and the head's; the skip itself stays as it was solved."""
        return (
            Group(("correction",), "adamw", CORRECTION_RATE),
            *(group.prefixed("backbone") for group in self.backbone.groups()),
            *(group.prefixed("head") for group in self.head.groups()),
        )

    def parts(
        self, x: Float[Tensor, "B C L"]
    ) -> tuple[Float[Tensor, "B C H"], Float[Tensor, "3 B C H"]]:
        """The linear forecast, and what the network adds to it and to both ends."""
        windows = x.flatten(0, 1).float()
        ahead = self.skip(windows)
        last, deviation = windows[:, -1:], windows.std(dim=1, keepdim=True).clamp_min(SMALLEST)
        seen = ((windows - last) / deviation)[..., None]
        scores = read_out(self.backbone, self.head, seen)
        point, low, high = (scores * deviation).unflatten(1, (3, self.horizon)).unbind(dim=1)
        added = torch.stack([point + (windows - last) @ self.correction, low, high])
        shape = (*x.shape[:2], self.horizon)
        return ahead.view(shape), added.view(3, *shape)

    def loss(self, batch: Batch) -> Loss:
        """Absolute error and pinball losses of every known number ahead, summed."""
        target = batch.targets[TARGET]
        ahead, (added, below, above) = self.parts(batch.inputs[self.field])
        known = ~target.isnan() & (batch.index >= self.first)[:, None, None]
        target = torch.where(known, target, 0.0)
        forecast = ahead + added
        fixed = forecast.detach()
        share = (1 - COVERED) / 2
        ends = pinball(target - fixed - below, share) + pinball(target - fixed - above, 1 - share)
        terms = (forecast - target).abs() + ends
        return Loss((terms * known).sum(), known.sum().float())

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`answer`, `low` and `high` (B, C, H): what comes, and the 90 % interval."""
        ahead, added = self.parts(inputs[self.field])
        answer, low, high = self.read(ahead, added)
        low, high = low - self.margin, high + self.margin
        return {
            "answer": answer,
            "low": torch.minimum(low, answer),
            "high": torch.maximum(high, answer),
        }

    def read(self, ahead: Tensor, added: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The forecast and the ends of its interval before they are calibrated."""
        answer = ahead + self.share * added[0]
        return answer, answer + self.share * added[1], answer + self.share * added[2]

    @torch.no_grad()
    def calibrate(self, batches: Iterable[Batch]) -> None:
        """Set how loose the skip is, how much is added to it, and the margin of the interval, on
        validation.
        """
        self.skip.looseness.fill_(0.0)
        seen: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
        for batch in batches:
            x, target = batch.inputs[self.field], batch.targets[TARGET]
            most = max(1, MOST_SCORES // target[0].numel())
            if sum(len(each) for each, _, _, _ in seen) >= most:
                break
            ahead, added = self.parts(x)
            looser = self.skip.mapped(x.flatten(0, 1).float(), "looser").view_as(ahead)
            seen.append((ahead, added.movedim(1, 0), target, looser))
        if not seen:
            return
        ahead, added, target, looser = map(torch.cat, zip(*seen, strict=True))
        added = added.movedim(0, 1)
        if len(target) >= FEWEST:
            self.skip.looseness.fill_(best_share(target - ahead, looser))
            ahead = ahead + self.skip.looseness * looser
        self.share.fill_(sure_share(target - ahead, added[0]) if len(target) >= FEWEST else 0.0)
        _, low, high = self.read(ahead, added)
        self.margin.copy_(margins(torch.maximum(low - target, target - high)))


def pinball(above: Float[Tensor, "B C H"], quantile: float) -> Float[Tensor, "B C H"]:
    """The loss that a quantile minimises, of truth minus quantile."""
    return torch.maximum(quantile * above, (quantile - 1) * above)


def sure_share(left: Float[Tensor, "N C H"], added: Float[Tensor, "N C H"]) -> float:
    """The least of the best shares of four stretches of time, the examples being in its order.

    What helps in one season alone is no gain: on hourly data a network that 40 updates had taught
    was given 0.86 by validation as a whole, and made the test error 5 % larger.
    """
    parts = zip(left.chunk(STRETCHES), added.chunk(STRETCHES), strict=True)
    return min(best_share(*part) for part in parts)


def best_share(left: Float[Tensor, "N C H"], added: Float[Tensor, "N C H"]) -> float:
    """The share s of 0, 1/20 ... 1 for which the sum of |left - s added| is least."""
    known = ~left.isnan()
    left, added = torch.where(known, left, 0.0), added * known
    errors = [float((left - k / SHARES * added).abs().double().sum()) for k in range(SHARES + 1)]
    return errors.index(min(errors)) / SHARES


def margins(scores: Float[Tensor, "N C H"]) -> Float[Tensor, "C H"]:
    """The finite-sample quantile of how far the truth lies outside, over N validation forecasts.

    Where there are too few of them, over all rows ahead together.
    """
    shape = scores.shape[1:]
    if len(scores) < FEWEST:
        together = quantile_of(scores.movedim(1, 0).flatten(1).T)
        return together[:, None].expand(shape)
    return quantile_of(scores.flatten(1)).view(shape)


def quantile_of(scores: Float[Tensor, "N S"]) -> Float[Tensor, " S"]:
    """The ceil(0.9 (n + 1))-th smallest of the n known scores of each column, infinite if fewer."""
    known = (~scores.isnan()).sum(dim=0)
    ordered = scores.nan_to_num(float("inf")).sort(dim=0).values
    rank = (COVERED * (known + 1)).ceil().long()
    found = ordered.gather(0, (rank - 1).clamp(0, len(scores) - 1)[None])[0]
    return torch.where(rank <= known, found, torch.inf)
