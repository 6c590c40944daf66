"""Pictures to what is left of them in a code, and to the way between two codes."""

from collections.abc import Sequence

import numpy as np
import torch

from fathom.data.batches import Examples
from fathom.data.fields import Field
from fathom.data.table import Table
from fathom.drawn.pictures import Pictures
from fathom.errors import OptionError
from fathom.members import Member
from fathom.objectives.autoencoder import Coding
from fathom.objectives.vae import Variational

AT_ONCE = 64


def keeps(members: Sequence[Member]) -> bool:
    """Whether trained networks write pictures again from their codes."""
    objective = members[0].objective
    return isinstance(objective, Coding) and field_of(members[0]).codec.spec().kind == "image"


def field_of(member: Member) -> Field:
    """The field that is kept."""
    return member.fields.inputs[0]


def reconstructed(member: Member, table: Table) -> Pictures:
    """The pictures of a table as their codes tell them."""
    objective = member.objective
    if not isinstance(objective, Coding):
        raise OptionError(
            "This run keeps no pictures.", remedy="Train one: --family autoencoder or vae."
        )
    codec = field_of(member).codec
    examples = Examples(member.fields.encode_inputs(table), {}, member.fields.codecs)
    objective.eval()
    with torch.inference_mode():
        parts = [
            codec.decode({"value": objective.reconstruct(dict(batch.inputs))})
            for batch in examples.rows(np.arange(len(table)), AT_ONCE)
        ]
    return np.concatenate(parts)


def way(member: Member, ends: Table, count: int) -> Pictures:
    """`count` pictures on the way from the code of a table's first picture to its last one's."""
    objective = member.objective
    if not isinstance(objective, Variational) or len(ends) != 2 or len(ends.unusable()):
        raise OptionError(
            "There is no way between these.",
            remedy="Name two pictures, and a run of --family vae: only there codes have no gaps.",
        )
    examples = Examples(member.fields.encode_inputs(ends), {}, member.fields.codecs)
    objective.eval()
    with torch.inference_mode():
        batch = examples.batch(np.arange(2), torch.device("cpu"))
        found = objective.between(dict(batch.inputs), count)
        return np.asarray(field_of(member).codec.decode({"value": found}))
