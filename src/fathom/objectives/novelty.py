"""Features of new examples to "how unlike the training data": cosine distance to the nearest
stored one.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

REFERENCES = 1000
FLAGGED = 0.99


class Novelty(nn.Module):
    """Stores normalised features of R training examples, and a threshold set on validation
    examples.

    An example is "unlike" when its nearest stored feature is farther than that of 99 % of the
    validation examples (nearest-neighbour out-of-distribution score: Sun et al. 2022,
    arXiv:2204.06507).
    """

    reference: Tensor
    threshold: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("reference", torch.zeros(REFERENCES, width))
        self.register_buffer("threshold", torch.full((), 2.0))

    def distance(self, features: Float[Tensor, "B D"]) -> Float[Tensor, " B"]:
        """Cosine distance to the nearest stored feature, 0 to 2."""
        likeness = F.normalize(features.float(), dim=-1) @ self.reference.T
        return 1.0 - likeness.amax(dim=-1)

    def unlike(self, distance: Float[Tensor, " B"]) -> Bool[Tensor, " B"]:
        """Farther away than 99 % of the validation examples were."""
        return distance > self.threshold

    def remember(self, train: Float[Tensor, "N D"], valid: Float[Tensor, "V D"]) -> None:
        """Store training features (repeated up to R) and set the threshold on validation
        features.
        """
        chosen = F.normalize(train.float(), dim=-1)
        rows = torch.arange(REFERENCES, device=chosen.device) % len(chosen)
        self.reference.copy_(chosen[rows])
        if len(valid):
            self.threshold.copy_(torch.quantile(self.distance(valid), FLAGGED))
