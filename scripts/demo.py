"""`make demo`: train on scikit-learn's digits with the real command, then answer one picture
file.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from sklearn.datasets import load_digits

from fathom.train.options import free_folder


def fathom(*words: str) -> None:
    """Show a command line and run it."""
    sys.stdout.write(f"\n$ fathom {' '.join(words)}\n")
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", "fathom", *words], check=True)


def main() -> None:
    """Train, predict, and say where the report is."""
    run = free_folder(None, "digits")
    fathom("train", "digits", "--budget", "1m", "--out", str(run))
    with TemporaryDirectory() as folder:
        digit = load_digits()
        pixels = (digit.images[0] * 255 / 16).astype("uint8")
        picture = Path(folder) / f"a-{digit.target[0]}.png"
        Image.fromarray(pixels).save(picture)
        fathom("predict", str(run), str(picture))
    sys.stdout.write(f"\nThe report is {run / 'report.html'}: open it in a browser.\n")


if __name__ == "__main__":
    main()
