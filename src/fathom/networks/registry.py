"""Table of contents of the networks: family name to the input kinds it takes."""

from collections.abc import Mapping

import fathom.networks.cnn as cnn
import fathom.networks.cnn_text as cnn_text
import fathom.networks.duel as duel
import fathom.networks.mlp as mlp
import fathom.networks.mlp_text as mlp_text
import fathom.networks.rnn as rnn
import fathom.networks.transformer as transformer
import fathom.networks.unet as unet
from fathom.networks import Kind

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

GENERATORS: Mapping[str, Mapping[str, Kind]] = {
    "diffusion": unet.BACKBONES,
    "gan": duel.PAIRS,
}
"""By family: networks that draw what they learnt from."""

# The network of an input kind when nobody asked for one.
DEFAULTS: Mapping[str, str] = {
    "image": "cnn",
    "row": "mlp",
    "text": "transformer",
}
