"""Examples from random codes: a network learns what data look like (variational autoencoder).

It holds that an example x came about in two steps: a code z was drawn from N(0, I), and x from
p(x | z), which a synthesis gives. An encoder q(z | x) = N(mu, sigma^2) says which codes an example
may have come from. What all examples' log-likelihood is at least,

    log p(x) >= E_q log p(x | z) - KL(q(z | x) || p(z)) = ELBO      (Kingma and Welling 2014, eq. 3)

is made as large as can be. The first term asks that the code tells the example; the second that
codes stay near N(0, I), so that a code drawn from there gives an example that never was.

Kingma and Welling 2014, arXiv:1312.6114; Burda et al. 2016, arXiv:1509.00519; Kingma et al. 2016,
arXiv:1606.04934; Rybkin et al. 2021, arXiv:2006.13202.
"""

import math
from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.data.binarised import drawn_anew, drawn_once, own_noise
from fathom.data.seeds import noise
from fathom.networks import Group
from fathom.networks.coders import Coder
from fathom.objectives import Loss, Tensors
from fathom.objectives.autoencoder import ALIKE, UNUSUAL, Coding

SAMPLES = 4  # of the code, for the bound of an example that is measured
IMPORTANCE = 500  # for its likelihood
AT_ONCE = 5_000  # codes written at once
LEAST_LOG_VARIANCE = -10.0
USED, LEAST_TOLD = 0.01, 1.0  # nats of a number, and of all, below which a code is silent


class Variational(Coding):
    """binary: pixels are on or off, p(x | z) is Bernoulli; else it is a Gaussian whose scale, the
    same for all values, is learnt (Rybkin et al. 2021, section 3.1).

    bounded: values are shown between 0 and 1. free: nats of each number of the code that cost
    nothing (free bits: Kingma et al. 2016, equation 15), lest the code fall silent early.
    """

    divergence: Tensor

    def __init__(
        self, coder: Coder, *, field: str, binary: bool, bounded: bool, free: float = 0.0
    ) -> None:
        super().__init__(coder, field=field, heads=2)
        self.drawn = field
        self.binary = binary
        self.bounded = bounded or binary
        self.free = free
        self.couples = free > 0  # the free nats are of the batch's mean
        self.log_scale = nn.Parameter(torch.zeros(()))  # log of sigma over the data's own scale
        self.register_buffer("divergence", torch.zeros(coder.code))
        with torch.no_grad():
            self.head.weight.mul_(0.1)

    def groups(self) -> tuple[Group, ...]:
        """One more parameter: the scale."""
        scale = Group(("log_scale",), "adamw", 10 * self.coder.rate, 0.9, 0.99)
        return (*super().groups(), scale)

    def posterior(
        self, values: Float[Tensor, "B P"]
    ) -> tuple[Float[Tensor, "B K"], Float[Tensor, "B K"]]:
        """mu and log sigma^2 of q(z | x)."""
        mean, log_variance = self.head(self.coder.read(values)).chunk(2, dim=1)
        return mean, log_variance.clamp_min(LEAST_LOG_VARIANCE)

    def loss(self, batch: Batch) -> Loss:
        """-ELBO in nats, summed over examples, by one code each."""
        values = self.coder.values(batch.inputs[self.field])  # x
        if self.binary:
            values = drawn_anew(values)
        mean, log_variance = self.posterior(values)
        deviation = (log_variance / 2).exp()
        code = mean + deviation * torch.randn_like(mean)  # z = mu + sigma * epsilon (eq. 10)
        each = divergences(mean, log_variance)  # (B, K)
        lost = -self.log_likelihood(values, code)
        total = lost.sum() + self.priced(each, len(values))
        parts = {"reconstruction": lost.sum().detach(), "divergence": each.sum().detach()}
        return Loss(total, torch.tensor(float(len(values))), parts)

    def priced(self, each: Float[Tensor, "B K"], count: int) -> Float[Tensor, ""]:
        """The divergence that is paid for: of each number what exceeds its free nats."""
        if not (self.training and self.free):
            return each.sum()
        return count * each.mean(dim=0).clamp_min(self.free).sum()

    def log_likelihood(
        self, values: Float[Tensor, "B P"], code: Float[Tensor, "B K"]
    ) -> Float[Tensor, " B"]:
        """log p(x | z), in nats."""
        if self.binary:  # sum over pixels of x log y + (1 - x) log(1 - y) (Appendix C.1)
            scores = self.coder.raw(code) + self.odds()  # y = sigmoid(s): x s - log(1 + e^s)
            return (values * scores - F.softplus(scores)).sum(dim=1)
        # log N(x; g(z), s^2) = -P/2 log(2 pi s^2) - |x - g(z)|^2 / (2 s^2)
        log_deviation = self.log_scale + self.coder.spread.log()
        squares = (values - self.coder.write(code)).square().sum(dim=1)
        constant = values.shape[1] * (0.5 * math.log(2 * math.pi) + log_deviation)
        return -constant - 0.5 * squares * (-2 * log_deviation).exp()

    def odds(self) -> Float[Tensor, " P"]:
        """The log odds of each pixel of the mean picture: what a silent code should say."""
        return torch.logit(self.coder.centre.clamp(0.002, 0.998))

    def code(self, values: Float[Tensor, "B P"]) -> Float[Tensor, "B K"]:
        """mu: the middle of where an example may have come from."""
        return self.posterior(values)[0]

    def written(self, code: Float[Tensor, "B K"]) -> Float[Tensor, "B P"]:
        """The mean of p(x | z)."""
        if self.binary:
            return torch.sigmoid(self.coder.raw(code) + self.odds())
        values = self.coder.write(code)
        return values.clamp(0.0, 1.0) if self.bounded else values

    def measured(self, inputs: Tensors) -> Float[Tensor, "B P"]:
        """The values that are measured: pixels that are on or off are drawn once and for all."""
        values = self.coder.values(inputs[self.field])
        if not self.binary:
            return values
        pixels = (values * 255).round().to(torch.uint8).cpu().numpy()
        return torch.from_numpy(drawn_once(pixels)).to(values)

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """`code`, `error`, `unlike`, and `elbo` (B,): the negative bound, by 4 codes each."""
        values = self.measured(inputs)
        mean, log_variance = self.posterior(values)
        elbo = self.bound(values, mean, log_variance)
        error = self.error(values, mean)
        return {"code": mean, "error": error, "elbo": elbo, "unlike": elbo > self.limit}

    def bound(
        self,
        values: Float[Tensor, "B P"],
        mean: Float[Tensor, "B K"],
        log_variance: Float[Tensor, "B K"],
    ) -> Float[Tensor, " B"]:
        """-ELBO of each example, by noise of its own."""
        draws = own_noise(values, (SAMPLES, self.coder.code))
        return -self.log_weights(values, mean, log_variance, draws).mean(dim=1)

    def closer(self, inputs: Tensors) -> Tensors:
        """`nll` (B,): -log of the mean weight of 500 codes drawn from q (Burda et al. 2016, eq. 8).

        log p(x) ~ log 1/500 sum_k w_k with w_k = p(x | z_k) p(z_k) / q(z_k | x).
        """
        values = self.measured(inputs)
        mean, log_variance = self.posterior(values)
        found = []
        for row in range(len(values)):
            one = slice(row, row + 1)
            draws = own_noise(values[one], (IMPORTANCE, self.coder.code), seed=1)
            logs = self.log_weights(values[one], mean[one], log_variance[one], draws)
            found.append(math.log(IMPORTANCE) - logs.logsumexp(dim=1))
        return {"nll": torch.cat(found)}

    def log_weights(
        self,
        values: Float[Tensor, "B P"],
        mean: Float[Tensor, "B K"],
        log_variance: Float[Tensor, "B K"],
        draws: Float[Tensor, "B S K"],
    ) -> Float[Tensor, "B S"]:
        """log w = log p(x | z) + log p(z) - log q(z | x) for S codes of each example.

        With z = mu + sigma * epsilon the constants of the two normal densities cancel.
        """
        codes = mean[:, None] + (log_variance / 2).exp()[:, None] * draws  # (B, S, K)
        prior = -0.5 * codes.square().sum(dim=2)
        posterior = -0.5 * (draws.square() + log_variance[:, None]).sum(dim=2)
        count, samples = draws.shape[:2]
        flat, repeated = codes.flatten(0, 1), values.repeat_interleave(samples, dim=0)
        likelihood = torch.cat(
            [
                self.log_likelihood(repeated[s : s + AT_ONCE], flat[s : s + AT_ONCE])
                for s in range(0, count * samples, AT_ONCE)
            ]
        )
        return likelihood.view(count, samples) + prior - posterior

    def calibrate(self, batches: Iterable[Batch]) -> None:
        """Set the alarm's limit and the mean divergence of each number, on validation."""
        self.eval()
        every = [self.measured(dict(batch.inputs)) for batch in batches]
        bounds, each = [], torch.zeros_like(self.divergence)
        for values in every:
            mean, log_variance = self.posterior(values)
            bounds.append(self.bound(values, mean, log_variance))
            each += divergences(mean, log_variance).sum(dim=0)
        if bounds:
            self.limit.copy_(torch.quantile(torch.cat(bounds), UNUSUAL))
            self.divergence.copy_(each / sum(map(len, every)))
        self.compare(every)

    def found(self) -> dict[str, Any]:
        """The divergence of each number of the code, and whether the code fell silent."""
        nats = self.divergence.tolist()
        used, told = sum(n > USED for n in nats), sum(nats)
        passed = used >= max(1, 0.1 * len(nats)) and told >= LEAST_TOLD
        words = f"{used} of {len(nats)} numbers of the code are used; it tells {told:.1f} nats."
        alike = float(self.lost[1]) <= ALIKE
        check = self.checked(alike or (passed and not self.ignored), f"{words} {self.told()}")
        return {"latent": {"divergence": nats}, "checks": [check]}

    def draw(
        self, seed: int, numbers: Int[Tensor, " B"], options: Any = None
    ) -> Float[Tensor, "B ..."]:
        """New examples: z from N(0, I), then the mean of p(x | z)."""
        return self.coder.whole(self.written(noise(seed, numbers, (self.coder.code,))))


def divergences(
    mean: Float[Tensor, "B K"], log_variance: Float[Tensor, "B K"]
) -> Float[Tensor, "B K"]:
    """KL(N(mu, sigma^2) || N(0, 1)) = (mu^2 + sigma^2 - 1 - log sigma^2) / 2 of each number of the
    code, in nats (Kingma and Welling 2014, Appendix B).
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
