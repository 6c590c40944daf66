"""The classical rival of each task: prepared examples to what established methods answer.

`request` says what goes in and comes out, `process` runs it apart, `candidates` lists the methods.
"""

from fathom.baselines.process import load_rivals, run_rivals
from fathom.baselines.request import Ahead, Rival, RivalRequest, Rivals

__all__ = ["Ahead", "Rival", "RivalRequest", "Rivals", "load_rivals", "run_rivals"]
