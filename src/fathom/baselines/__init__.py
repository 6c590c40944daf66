"""The classical rival of each task: prepared examples to what established methods answer."""

from fathom.baselines.request import Rival, RivalRequest, Rivals

__all__ = ["Rival", "RivalRequest", "Rivals"]
