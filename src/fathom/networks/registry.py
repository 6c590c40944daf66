"""Table of contents of the networks: family name to the input kinds it takes."""

from collections.abc import Mapping

import fathom.networks.cnn as cnn
import fathom.networks.cnn_sound as cnn_sound
import fathom.networks.cnn_text as cnn_text
import fathom.networks.mlp as mlp
import fathom.networks.mlp_sound as mlp_sound
import fathom.networks.mlp_text as mlp_text
import fathom.networks.rnn as rnn
import fathom.networks.rnn_sound as rnn_sound
import fathom.networks.transformer as transformer
import fathom.networks.transformer_sound as transformer_sound
from fathom.networks import Kind

NETWORKS: Mapping[str, Mapping[str, Kind]] = {
    "cnn": {**cnn.BACKBONES, **cnn_sound.BACKBONES, **cnn_text.BACKBONES},
    "mlp": {**mlp.BACKBONES, **mlp_sound.BACKBONES, **mlp_text.BACKBONES},
    "rnn": {**rnn.BACKBONES, **rnn_sound.BACKBONES},
    "transformer": {**transformer.BACKBONES, **transformer_sound.BACKBONES},
}

DECODERS: Mapping[str, Mapping[str, Kind]] = {
    "cnn": cnn_text.DECODERS,
    "mlp": mlp_text.DECODERS,
    "rnn": rnn.DECODERS,
    "transformer": transformer.DECODERS,
}

# The network of an input kind when nobody asked for one.
DEFAULTS: Mapping[str, str] = {
    "audio": "cnn",
    "image": "cnn",
    "row": "mlp",
    "text": "transformer",
}
