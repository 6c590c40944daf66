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

AT_ONCE = 64
MOST = 1_000


def keeps(members: Sequence[Member]) -> bool:
    """Whether trained networks write pictures again from their codes."""
    objective = members[0].objective
    return isinstance(objective, Coding) and field_of(members[0]).codec.spec().kind == "image"


def field_of(member: Member) -> Field:
    """The field that is kept."""
    return member.fields.inputs[0]


def coding(member: Member) -> Coding:
    """The objective of a network that keeps pictures; raises OptionError where it does not."""
    objective = member.objective
    if not isinstance(objective, Coding) or field_of(member).codec.spec().kind != "image":
        raise OptionError(
            "This run keeps no pictures in codes.",
            remedy="Train one: fathom train PICTURES --family vae (or autoencoder).",
        )
    objective.eval()
    return objective


def reconstructed(member: Member, table: Table) -> Pictures:
    """The pictures of a table as their codes tell them."""
    objective, codec = coding(member), field_of(member).codec
    examples = Examples(member.fields.encode_inputs(table), {}, member.fields.codecs)
    with torch.inference_mode():
        parts = [
            codec.decode({"value": objective.reconstruct(dict(batch.inputs))})
            for batch in examples.rows(np.arange(len(table)), AT_ONCE)
        ]
    return np.concatenate(parts)


def way(member: Member, ends: Table, count: int) -> Pictures:
    """`count` pictures on the way from the code of a table's first picture to its last one's.

    Only the codes of a VAE have no gaps; between those of an autoencoder, pictures may fall apart.
    """
    objective, codec = coding(member), field_of(member).codec
    if not 2 <= count <= MOST:
        raise OptionError(
            "So many pictures cannot be drawn between two.",
            found=f"{count:,}",
            remedy=f"Ask for 2 to {MOST:,}; both ends count.",
        )
    odd = [one for one in ends.findings if one.severity == "set aside"]
    if len(ends) != 2 or odd:
        raise OptionError(
            "The way goes from one picture to another.",
            where=odd[0].place if odd else "",
            found=odd[0].reason.rstrip(".") if odd else f"{len(ends):,} pictures",
            remedy="Name two files of pictures.",
        )
    examples = Examples(member.fields.encode_inputs(ends), {}, member.fields.codecs)
    with torch.inference_mode():
        batch = examples.batch(np.arange(2), torch.device("cpu"))
        found = objective.between(dict(batch.inputs), count)
        return np.asarray(codec.decode({"value": found}))
