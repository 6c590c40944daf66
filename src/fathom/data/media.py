"""What a column of pictures and one of sounds have in common: decoded values that are no cells."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np


class Media(ABC):
    """N decoded values, one a row; one that is missing or could not be decoded holds nothing.

    noun: what one of them is called ("picture").
    """

    noun: ClassVar[str]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, row: int) -> np.ndarray: ...

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[row] for row in range(len(self)))

    @abstractmethod
    def take(self, rows: np.ndarray) -> Self:
        """The same values for the given rows; what they are made of is shared."""

    @abstractmethod
    def missing(self) -> np.ndarray:
        """Which are missing or could not be decoded, (N,) bool."""

    @abstractmethod
    def sizes(self) -> dict[str, Any]:
        """How large they are, as JSON values."""

    @abstractmethod
    def told(self, row: int) -> str | None:
        """One of them in a few words, None where there is none."""
