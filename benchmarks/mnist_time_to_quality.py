"""Time to 99.0 % on MNIST beside two peers: `python benchmarks/mnist_time_to_quality.py --rounds
5`.

The bar is accuracy on the last tenth of the training pictures (6,000). The whole-process ratio
stands beside: there the product also checks the data, trains its rivals, measures the test part and
writes its report. `race.py` tells the rules.
"""

from pathlib import Path

import polars

from race import DATA, HERE, Peer, Product, Race, run

BAR = 0.99
TRAIN, VALID, TEST = 54_000, 6_000, 10_000
EPOCHS = "--epochs=14"  # at most, for the peers
PYTORCH = ("torch==2.13.0", "numpy", "pillow")
KERAS = ("torch==2.13.0", "keras==3.*", "numpy")


def accuracy(folder: Path) -> tuple[float, bool]:
    """Accuracy of a run on its validation part."""
    stored = polars.read_parquet(folder / "predictions.parquet")
    held_out = stored.filter(polars.col("part") == "valid")
    right = (held_out["truth"] == held_out["answer"]).sum() / VALID
    return right, right >= BAR


def parts() -> list[str]:
    """The part of each picture."""
    return ["train"] * TRAIN + ["valid"] * VALID + ["test"] * TEST


def main() -> None:
    """Run the race."""
    mnist = str(DATA / "mnist")
    contestants = (
        Product(DATA / "mnist", parts, accuracy),
        Peer("pytorch", "pytorch_mnist", PYTORCH, (mnist, EPOCHS)),
        Peer("pytorch tuned", "pytorch_mnist", PYTORCH, (mnist, EPOCHS, "--tuned")),
        Peer("keras", "keras_mnist", KERAS, (mnist, EPOCHS)),
        Peer("keras tuned", "keras_mnist", KERAS, (mnist, EPOCHS, "--tuned")),
    )
    results = HERE / "mnist_time_to_quality.jsonl"
    race = Race(results, "99.0 %", contestants, {"pytorch": 20.0, "keras": 15.0})
    run(race, __doc__, updates=80)


if __name__ == "__main__":
    main()
