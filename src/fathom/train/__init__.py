"""The journey from raw data to a run folder: read, check, split, codecs, plan, probe, fit,
evaluate, report.
"""

from fathom.train.journey import repeat, resume, train
from fathom.train.listener import Listener
from fathom.train.options import Options

__all__ = ["Listener", "Options", "repeat", "resume", "train"]
