"""Two networks against each other: an artist draws, a critic tells drawn from real.

With G(z) a drawn picture, x a real one and D(.) how real the critic finds either, both are paired
and only their difference counts (Jolicoeur-Martineau 2018, arXiv:1807.00734; Huang et al. 2024,
section 2, arXiv:2501.05441):

    critic: E softplus(-(D(x) - D(G(z)))) + gamma / 2 (R1 + R2)
    artist: E softplus(-(D(G(z)) - D(x)))

The critic of the first GANs could reject all drawn pictures alike; one that is paired must tell
each drawn picture from a real one, which keeps the artist from drawing few kinds. R1 and R2 are the
squared slopes of D at real and at drawn pictures (Mescheder et al. 2018, equation 9,
arXiv:1801.04406): without them the two circle around each other for ever.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.data.batches import Batch
from fathom.data.seeds import generator, noise
from fathom.decoding.options import require
from fathom.errors import OptionError
from fathom.networks import Group
from fathom.networks.duel import CODE, Duel
from fathom.networks.gaussians import Gaussians
from fathom.networks.random_features import RandomFeatures
from fathom.objectives import UNSET, Loss, Objective, Step, Tensors
from fathom.objectives.disguise import disguised
from fathom.objectives.numbered import ANY, alone, in_turn

GAMMA = 0.5  # at 32 pixels, for pictures of unit variance
EVERY = 4  # slopes are looked at in one update of so many, and weigh as many times more
STEP = 0.05
# Of adaptive augmentation; so many pictures from none to all of it (Karras et al. 2020, section
# 3.1, arXiv:2006.06676): early on a critic is sure because what is drawn is poor, not because it
# knows the pictures.
SURE, SLOWLY, MOST = 0.6, 500_000, 0.8
BEYOND = 0.05  # of what exceeds the brightest and the darkest, still seen by the critic
AT_ONCE = 32


@dataclass(frozen=True)
class Choice:
    """How samples are drawn: the seed, and the class of all, 0: each in turn."""

    seed: int = 0
    wish: int = ANY

    def __post_init__(self) -> None:
        require(self, {"seed": (0 <= self.seed < 2**63, "a whole number from 0")})


class Gan(Objective):
    """Learns from pictures (B, H, W, C) of the input `field`, of the classes in the target.

    strength: the share of pictures that both sorts are disguised with before the critic sees them;
    it rises while the critic is too sure, which it is when it knows the training pictures by heart.
    """

    slow = True
    looks = 1
    strength: Tensor
    ends: Tensor

    def __init__(self, duel: Duel, *, field: str, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.duel = duel
        self.drawn = field
        self.shape = shape
        self.classes = classes
        self.gamma = GAMMA * (min(shape[:2]) / 32) ** 2
        self.register_buffer("strength", torch.zeros(()))
        self.features = RandomFeatures(shape[2])
        self.gaussians = Gaussians(math.prod(shape), classes)
        self.register_buffer("ends", torch.tensor([-UNSET, UNSET]))

    def initialise(self, batch: Batch) -> None:
        """Learn means and covariances of the classes, and between which values pictures lie."""
        x = batch.inputs[self.drawn]
        self.gaussians.fit(x, batch.targets["target"])
        self.ends.copy_(torch.stack([x.min(), x.max()]))

    def groups(self) -> tuple[Group, ...]:
        """The pair's own rules."""
        return tuple(group.prefixed("duel") for group in self.duel.groups())

    def steps(self) -> tuple[Step, ...]:
        """The critic's turn, then the artist's."""
        return (
            Step("critic", self.duel.critic, self.critic_loss),
            Step("artist", self.duel.artist, self.artist_loss),
        )

    def loss(self, batch: Batch) -> Loss:
        """Both turns at once, to time an update; of validation, how far drawn pictures are."""
        if not self.training:
            return self.distance(batch)
        critic, artist = self.critic_loss(batch), self.artist_loss(batch)
        return Loss(critic.total + artist.total, critic.count)

    def critic_loss(self, batch: Batch) -> Loss:
        """softplus(-(D(x) - D(G(z)))), summed over pairs, with the slopes now and then."""
        x, wish = batch.inputs[self.drawn], batch.targets["target"]
        with torch.no_grad():
            drawn = self.sketch(wish)
        x, drawn = (disguised(some, float(self.strength)) for some in (x, drawn))
        both, wishes = torch.cat([x, drawn]), wish.repeat(2)
        scores = self.duel.critic(both, wishes)
        real, fake = scores.chunk(2)
        total = F.softplus(fake - real).sum()
        if float(torch.rand(())) < 1 / EVERY:
            slopes = self.slope(both, wishes, scores)
            total = total + EVERY * self.gamma / 2 * slopes.sum()
        sure = torch.sign(real.detach() - fake.detach().mean()).mean()
        self.adapt(float(sure), len(x))
        count = torch.tensor(float(len(x)))
        return Loss(total, count, {"sure": sure * count, "gap": (real - fake).detach().sum()})

    def artist_loss(self, batch: Batch) -> Loss:
        """softplus(-(D(G(z)) - D(x))), summed over pairs."""
        x, wish = batch.inputs[self.drawn], batch.targets["target"]
        x, drawn = (disguised(some, float(self.strength)) for some in (x, self.sketch(wish)))
        with torch.no_grad():
            real = self.duel.critic(x, wish)
        with still(self.duel.critic):
            fake = self.duel.critic(drawn, wish)
        return Loss(F.softplus(real - fake).sum(), torch.tensor(float(len(x))))

    def slope(
        self, x: Float[Tensor, "B H W C"], wish: Int[Tensor, " B"], score: Float[Tensor, " B"]
    ) -> Float[Tensor, " B"]:
        """About |grad D(x)|^2, as the square of (D(x + s n) - D(x)) / s for n ~ N(0, 1): its mean
        over n is the same for small s, and nothing is differentiated twice (as the approximated R1
        of Lin et al. 2025, arXiv:2501.08316).
        """
        moved = self.duel.critic(x + STEP * torch.randn_like(x), wish)
        found: Tensor = ((moved - score) / STEP).square()
        return found

    @torch.no_grad()
    def adapt(self, sure: float, seen: int) -> None:
        """More disguise where the critic is right about too many real pictures, else less, after
        as many pictures were seen.
        """
        if self.training:
            self.strength.add_(seen / SLOWLY if sure > SURE else -seen / SLOWLY).clamp_(0, MOST)

    def picture(
        self, code: Float[Tensor, "B E"], wish: Int[Tensor, " B"]
    ) -> Float[Tensor, "B H W C"]:
        """G(z): what a Gaussian of the class draws by the code, and what the artist adds.

        The artist need not find out first where digits are white and in which directions they vary
        most. What is darker or brighter than any picture is nearly cut off: not all, so that
        gradients pass.
        """
        drawn = self.gaussians.drawn(code, wish).view(-1, *self.shape) + self.duel.artist(
            code, wish
        )
        inside = drawn.clamp(self.ends[0], self.ends[1])
        return torch.lerp(inside, drawn, BEYOND)

    def sketch(self, wish: Int[Tensor, " B"]) -> Float[Tensor, "B H W C"]:
        """A picture of each class from new noise."""
        code = torch.randn(len(wish), CODE).to(wish.device)
        found: Tensor = self.picture(code, wish)
        return found

    def distance(self, batch: Batch) -> Loss:
        """Squared distance of the mean random features of drawn and real pictures: the losses of
        the two tell who is ahead, not how good the pictures are.
        """
        x, wish = batch.inputs[self.drawn], batch.targets["target"]
        code = torch.randn(len(wish), CODE, generator=generator(0, "validation"))
        seen, real = self.features(self.picture(code, wish)), self.features(x)
        spread = real.std(dim=0, correction=0).clamp_min(1e-3)
        off = ((seen.mean(dim=0) - real.mean(dim=0)) / spread).square().mean()
        count = torch.tensor(float(len(x)))
        return Loss(off * count, count)

    def draw(
        self, seed: int, numbers: Int[Tensor, " B"], options: Any = None
    ) -> Float[Tensor, "B H W C"]:
        """Samples by number; without a class asked for, number n has class n modulo K."""
        asked = replace(options if isinstance(options, Choice) else Choice(), seed=seed)
        wish = in_turn(numbers, self.classes, asked.wish)
        return self.predict({"sample": numbers, "wish": wish}, asked)["answer"]

    def asked(self, words: Mapping[str, Any]) -> Choice:
        """By class; there are no steps, and nothing to guide."""
        odd = [word for word in words if word != "wish"]
        if odd:
            raise OptionError(
                "This run draws in one step.",
                found=f"--{odd[0]}",
                remedy="Leave that out; --class and --seed are what there is to choose.",
            )
        return Choice(wish=words["wish"])

    def predict(self, inputs: Tensors, options: Any = None) -> Tensors:
        """Samples (N, H, W, C) as `answer`; inputs: `sample`, their numbers, and `wish`, their
        classes or 0. Always as many at once, so that none depends on those beside it.
        """
        asked = options if isinstance(options, Choice) else Choice()

        def draw(numbers: Int[Tensor, " B"], wish: Int[Tensor, " B"]) -> Float[Tensor, "B H W C"]:
            return self.picture(noise(asked.seed, numbers, (CODE,)), wish)

        return {"answer": alone(draw, inputs["sample"], inputs["wish"], AT_ONCE)}


@contextmanager
def still(network: nn.Module) -> Iterator[None]:
    """What is computed in here passes gradients through the network and leaves none in it.

    The artist's turn asks only which way a drawn picture should change; gradients of the critic's
    weights, which nobody takes, would cost as much again.
    """
    moving = [parameter for parameter in network.parameters() if parameter.requires_grad]
    try:
        for parameter in moving:
            parameter.requires_grad_(False)
        yield
    finally:
        for parameter in moving:
            parameter.requires_grad_(True)
