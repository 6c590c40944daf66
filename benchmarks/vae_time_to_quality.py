"""Time to the bound that PyTorch's variational autoencoder reaches in ten epochs: `python
benchmarks/vae_time_to_quality.py --rounds 5`, or to another bound with `--bar NATS`.

Both sides learn from and are judged on digits whose pixels are on or off, cut at .5, and by the
same mean -ELBO of the 10,000 test pictures. The bar is what the peer reaches after its ten epochs,
run once and kept beside the results. The product's number of updates is to be chosen on validation,
the last 5,000 training pictures (2,500 is a first guess), and its test part is read once, after the
last. `race.py` tells the rules.
"""

import gzip
import json
import shutil
import tempfile
from pathlib import Path

import polars

from race import DATA, HERE, Options, Peer, Product, Race, arguments, options_of

PYTORCH = ("torch==2.13.0", "numpy")
TRAIN, VALID, TEST = 55_000, 5_000, 10_000
KEPT = HERE / "vae_time_to_quality.bar.json"
HEADER = 16  # bytes of an IDX file of pictures


def binary_copy(folder: Path) -> Path:
    """The digits of a folder with every pixel 0 or 255, in another folder."""
    place = folder / "digits"
    place.mkdir()
    for file in sorted((DATA / "mnist").glob("*images*")):
        content = gzip.decompress(file.read_bytes())
        pixels = bytes(255 if value > 127 else 0 for value in range(256))
        cut = content[:HEADER] + content[HEADER:].translate(pixels)
        (place / file.name).write_bytes(gzip.compress(cut, compresslevel=1))
    for file in sorted((DATA / "mnist").glob("*labels*")):
        shutil.copy(file, place)
    return place


def parts() -> list[str]:
    """The part of each picture."""
    return ["train"] * TRAIN + ["valid"] * VALID + ["test"] * TEST


def measured_bar(threads: int) -> float:
    """What the peer reaches after its ten epochs, measured once."""
    if not KEPT.exists():
        peer = Peer("pytorch", "pytorch_vae", PYTORCH, (str(DATA / "mnist"), "--bar=0"))
        found = peer.run(0, Options(1, 0, threads, ()))
        KEPT.write_text(json.dumps(found) + "\n", encoding="utf-8")
    return float(json.loads(KEPT.read_text(encoding="utf-8"))["value"])


def race(source: Path, bar: float) -> Race:
    """The product and its peer, as documented and tuned."""

    def bound(folder: Path) -> tuple[float, bool]:
        stored = polars.read_parquet(folder / "predictions.parquet", columns=["part", "elbo"])
        mean = {part: rows["elbo"].mean() for (part,), rows in stored.group_by("part")}
        print(f"-ELBO on validation {mean['valid']:.3f}, on the test part {mean['test']:.3f}")
        return mean["test"], mean["test"] <= bar

    asked = (str(DATA / "mnist"), f"--bar={bar}")
    contestants = (
        Product(source, parts, bound, ("--family=vae", "--column=image=binary")),
        Peer("pytorch", "pytorch_vae", PYTORCH, asked),
        Peer("pytorch tuned", "pytorch_vae", PYTORCH, (*asked, "--tuned")),
    )
    results = HERE / "vae_time_to_quality.jsonl"
    return Race(results, f"{bar:.2f} nats", contestants, {"pytorch": 8.0})


def main() -> None:
    """Measure the bar, then run the race."""
    parser = arguments(__doc__, updates=2500)
    parser.add_argument("--bar", type=float, default=0.0, help="Nats; 0: the peer's own.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bar = asked.bar or measured_bar(asked.threads)
        contest = race(binary_copy(Path(folder)), bar)
        contest.show(contest.compete(options_of(asked)))


if __name__ == "__main__":
    main()
