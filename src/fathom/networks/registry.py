"""Table of contents of the networks: family name to the input kinds it takes."""

from collections.abc import Mapping

import fathom.networks.cnn as cnn
import fathom.networks.mlp as mlp
import fathom.networks.transformer as transformer
from fathom.networks import Kind

NETWORKS: Mapping[str, Mapping[str, Kind]] = {
    "cnn": cnn.BACKBONES,
    "mlp": mlp.BACKBONES,
    "transformer": transformer.BACKBONES,
}

DECODERS: Mapping[str, Mapping[str, Kind]] = {
    "transformer": transformer.DECODERS,
}

# The network of an input kind when nobody asked for one.
DEFAULTS: Mapping[str, str] = {
    "image": "cnn",
    "row": "mlp",
    "text": "transformer",
}
