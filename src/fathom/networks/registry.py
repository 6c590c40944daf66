"""Table of contents of the networks: family name to the input kinds it takes."""

from collections.abc import Mapping

import fathom.networks.cnn as cnn
import fathom.networks.mlp as mlp
from fathom.networks import Kind

NETWORKS: Mapping[str, Mapping[str, Kind]] = {
    "cnn": cnn.BACKBONES,
    "mlp": mlp.BACKBONES,
}

# The network of an input kind when nobody asked for one.
DEFAULTS: Mapping[str, str] = {
    "image": "cnn",
    "row": "mlp",
}
