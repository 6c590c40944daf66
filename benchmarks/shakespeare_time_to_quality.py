"""Time to 1.898 nats a character of Shakespeare beside nanoGPT's command for a processor: `python
benchmarks/shakespeare_time_to_quality.py --rounds 5`, or another text with `--text FILE --bar N`.

The bar is what nanoGPT reaches after its 2,000 updates on the whole last tenth of the text. It
looks at that tenth itself; the product validates on the first twentieth, which it then does not
learn from, and reads the last tenth once, as its test part. `race.py` tells the rules.

The last tenth is .08 bits a byte harder than the first twentieth, where the bar is about 2.66 then:
80 updates reach 2.59, 2.60 and 2.61 there (three seeds), 70 reach 2.64 to 2.66.
"""

import argparse
import json
import math
import sys
from pathlib import Path

from measures import last_tenth
from race import DATA, HERE, Peer, Product, Race, run

PEER = ("torch==2.13.0", "numpy")
TEXT, BAR = DATA / "tinyshakespeare" / "input.txt", 1.898
UPDATES = 80  # chosen on the first twentieth


def race(text: Path, bar: float) -> Race:
    """The product and its peer, as documented and tuned, on a text."""
    words = text.read_text(encoding="utf-8")
    bytes_a_character = len(words[-len(words) // 10 :].encode()) / len(words[-len(words) // 10 :])

    def nats(folder: Path) -> tuple[float, bool]:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        bits = float(report["metrics"]["bits_per_byte"]["value"])
        value = bits * math.log(2) * bytes_a_character
        return value, value <= bar

    asked = (str(text), f"--bar={bar}")
    contestants = (
        Product(text, lambda: last_tenth(text), nats),
        Peer("nanogpt", "nanogpt", PEER, asked),
        Peer("nanogpt tuned", "nanogpt", PEER, (*asked, "--tuned")),
    )
    results = HERE / f"{'shakespeare' if text == TEXT else text.stem}_time_to_quality.jsonl"
    return Race(results, f"{bar} nats", contestants, {"nanogpt": 10.0})


def main() -> None:
    """Run the race on the text asked for."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--text", type=Path, default=TEXT)
    parser.add_argument("--bar", type=float, default=BAR)
    asked, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    run(race(asked.text, asked.bar), __doc__, updates=UPDATES)


if __name__ == "__main__":
    main()
