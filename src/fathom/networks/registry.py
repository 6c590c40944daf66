"""Table of contents of the networks: family name to the input kinds it takes."""

from collections.abc import Callable, Mapping

import fathom.networks.cnn as cnn
import fathom.networks.cnn_series as cnn_series
import fathom.networks.cnn_sound as cnn_sound
import fathom.networks.cnn_text as cnn_text
import fathom.networks.coders as coders
import fathom.networks.dit as dit
import fathom.networks.duel as duel
import fathom.networks.flow_row as flow_row
import fathom.networks.mlp as mlp
import fathom.networks.mlp_series as mlp_series
import fathom.networks.mlp_sound as mlp_sound
import fathom.networks.mlp_text as mlp_text
import fathom.networks.picture_coders as picture_coders
import fathom.networks.rnn as rnn
import fathom.networks.rnn_series as rnn_series
import fathom.networks.rnn_sound as rnn_sound
import fathom.networks.transformer as transformer
import fathom.networks.transformer_series as transformer_series
import fathom.networks.transformer_sound as transformer_sound
import fathom.networks.unet as unet
from fathom.networks import Facts, Kind
from fathom.networks.recurrence import GATES

NETWORKS: Mapping[str, Mapping[str, Kind]] = {
    "cnn": {
        **cnn.BACKBONES,
        **cnn_series.BACKBONES,
        **cnn_sound.BACKBONES,
        **cnn_text.BACKBONES,
    },
    "mlp": {
        **mlp.BACKBONES,
        **mlp_series.BACKBONES,
        **mlp_sound.BACKBONES,
        **mlp_text.BACKBONES,
    },
    "rnn": {**rnn.BACKBONES, **rnn_series.BACKBONES, **rnn_sound.BACKBONES},
    "transformer": {
        **transformer.BACKBONES,
        **transformer_series.BACKBONES,
        **transformer_sound.BACKBONES,
    },
}

DECODERS: Mapping[str, Mapping[str, Kind]] = {
    "cnn": cnn_text.DECODERS,
    "mlp": mlp_text.DECODERS,
    "rnn": rnn.DECODERS,
    "transformer": transformer.DECODERS,
}

GENERATORS: Mapping[str, Mapping[str, Mapping[str, Kind]]] = {
    "diffusion": {
        "unet": unet.BACKBONES,
        "transformer": dit.BACKBONES,
        "mlp": flow_row.BACKBONES,
    },
    "gan": {"duel": duel.PAIRS},
}
"""By family: networks that draw what they learnt from; the first that takes an input is the usual
one.
"""

# The recurrent cells of the families that have some.
CELLS: Mapping[str, tuple[str, ...]] = {"rnn": (*GATES, "mingru")}

CODERS: Mapping[str, Mapping[str, Kind]] = {
    "mlp": coders.CODERS,
    "cnn": picture_coders.CODERS,
}
"""Networks that keep examples; the first that suits a field is the usual one."""

# The network of an input kind when nobody asked for one.
DEFAULTS: Mapping[str, str] = {
    "audio": "cnn",
    "image": "cnn",
    "row": "mlp",
    "series": "cnn",
    "text": "transformer",
}

FEW_TEXTS, MANY_TEXTS = 3_000, 10_000
LONG_TEXT = 60  # tokens
PATIENT_S = 120.0


def default(kind: str, facts: Facts) -> str:
    """The network of an input kind for these data, when nobody asked for one."""
    return READ[kind](facts) if facts.outputs and kind in READ else DEFAULTS[kind]


def reader(facts: Facts) -> str:
    """What reads texts for an answer: the more and the longer they are, the more order tells.

    Attention over all of a text pays where there are many or long ones and time to train it.
    """
    if facts.examples < FEW_TEXTS:
        return "mlp"
    much = facts.examples >= MANY_TEXTS or facts.tokens > LONG_TEXT * facts.examples
    return "transformer" if much and facts.seconds >= PATIENT_S else "cnn"


READ: Mapping[str, Callable[[Facts], str]] = {"text": reader}
