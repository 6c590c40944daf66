"""`python -m fathom.baselines FOLDER`: request.json and arrays in, result.json and answers out."""

import os
import time

# Before the imports: loading scikit-learn is part of the seconds, and a parent may end meanwhile.
STARTED = time.monotonic()
PARENT = os.getppid()

import sys  # noqa: E402
import threading  # noqa: E402
from pathlib import Path  # noqa: E402

from fathom.baselines.competition import compete  # noqa: E402
from fathom.baselines.request import RivalRequest  # noqa: E402

POLL_S = 1.0


def main(folder: Path) -> None:
    """Train the rivals of the request in the folder."""
    threading.Thread(target=_end_with, args=(PARENT,), daemon=True).start()
    compete(RivalRequest.read(folder), folder, STARTED)


def _end_with(parent: int) -> None:
    """End this process once its parent is gone: a killed training leaves no rival behind."""
    tick = threading.Event()
    while os.getppid() == parent:
        tick.wait(POLL_S)
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
