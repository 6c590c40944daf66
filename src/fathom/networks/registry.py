"""Table of contents of the networks: family name to the input kinds it takes."""

from collections.abc import Mapping

import fathom.networks.cnn as cnn
import fathom.networks.cnn_series as cnn_series
import fathom.networks.cnn_text as cnn_text
import fathom.networks.mlp as mlp
import fathom.networks.mlp_series as mlp_series
import fathom.networks.mlp_text as mlp_text
import fathom.networks.rnn as rnn
import fathom.networks.rnn_series as rnn_series
import fathom.networks.transformer as transformer
import fathom.networks.transformer_series as transformer_series
from fathom.networks import Kind

NETWORKS: Mapping[str, Mapping[str, Kind]] = {
    "cnn": {**cnn.BACKBONES, **cnn_series.BACKBONES, **cnn_text.BACKBONES},
    "mlp": {**mlp.BACKBONES, **mlp_series.BACKBONES, **mlp_text.BACKBONES},
    "rnn": {**rnn.BACKBONES, **rnn_series.BACKBONES},
    "transformer": {**transformer.BACKBONES, **transformer_series.BACKBONES},
}

DECODERS: Mapping[str, Mapping[str, Kind]] = {
    "cnn": cnn_text.DECODERS,
    "mlp": mlp_text.DECODERS,
    "rnn": rnn.DECODERS,
    "transformer": transformer.DECODERS,
}

# The network of an input kind when nobody asked for one.
DEFAULTS: Mapping[str, str] = {
    "image": "cnn",
    "row": "mlp",
    "series": "cnn",
    "text": "transformer",
}
