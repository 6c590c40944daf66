"""Table of contents of the networks: family name to the input kinds it takes."""

from collections.abc import Callable, Mapping

import fathom.networks.cnn as cnn
import fathom.networks.cnn_text as cnn_text
import fathom.networks.mlp as mlp
import fathom.networks.mlp_text as mlp_text
import fathom.networks.rnn as rnn
import fathom.networks.transformer as transformer
from fathom.networks import Facts, Kind

NETWORKS: Mapping[str, Mapping[str, Kind]] = {
    "cnn": {**cnn.BACKBONES, **cnn_text.BACKBONES},
    "mlp": {**mlp.BACKBONES, **mlp_text.BACKBONES},
    "rnn": rnn.BACKBONES,
    "transformer": transformer.BACKBONES,
}

DECODERS: Mapping[str, Mapping[str, Kind]] = {
    "cnn": cnn_text.DECODERS,
    "mlp": mlp_text.DECODERS,
    "rnn": rnn.DECODERS,
    "transformer": transformer.DECODERS,
}

FEW_TEXTS, MANY_TEXTS = 3_000, 10_000
LONG_TEXT = 60  # tokens


def reader(facts: Facts) -> str:
    """What reads texts: the more and the longer they are, the more their order tells.

    Where text is to be written (no outputs), all of it matters.
    """
    if not facts.outputs:
        return "transformer"
    if facts.examples < FEW_TEXTS:
        return "mlp"
    long = facts.tokens > LONG_TEXT * facts.examples
    return "rnn" if long or facts.examples >= MANY_TEXTS else "cnn"


# The network of an input kind when nobody asked for one.
DEFAULTS: Mapping[str, Callable[[Facts], str]] = {
    "image": lambda facts: "cnn",
    "row": lambda facts: "mlp",
    "text": reader,
}
