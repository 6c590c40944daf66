"""The classical rivals of text beside the figures documented for them: `python
benchmarks/text_rivals.py [ROW ...]`.

Each row trains on the training part of a data set and answers the held-out part; seconds are the
processor's, for training, answering and scoring together, with OMP_NUM_THREADS=1.
"""

import argparse
import csv
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu import corpus_bleu, corpus_chrf
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split

from fathom.baselines.bag_of_words import fit_classes, text_features
from fathom.baselines.compressors import COMPRESSORS, bits_per_byte
from fathom.baselines.lead import Extract, choose
from fathom.baselines.lookup import learn
from fathom.baselines.method import Setting
from fathom.baselines.ngram import KneserNey
from fathom.baselines.retrieval import retrieve
from fathom.data.extracts import Stems, oracle, units

DATA = Path(os.environ.get("FATHOM_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SPECIAL = 4  # padding, begin, end, unknown
BEGIN, END = 1, 2
HELD_OUT = 0.2
ROUGE = ("rouge1", "rouge2", "rougeL")

Measured = dict[str, float]


@dataclass(frozen=True)
class Row:
    """What is measured, and what is documented for it by the same names."""

    name: str
    measure: Callable[[], Measured]
    documented: Measured


def shakespeare(order: int) -> Measured:
    """Characters of the last tenth, after the first nine."""
    text = np.frombuffer(_shakespeare(), dtype=np.uint8)
    letters, tokens = np.unique(text, return_inverse=True)
    cut = int(0.9 * len(tokens))
    fitted = KneserNey.fit(tokens[:cut] + SPECIAL, order, len(letters) + SPECIAL)
    return {"bits_per_byte": -fitted.log_probabilities(tokens[cut:] + SPECIAL).mean() / np.log(2)}


def shakespeare_compressed(name: str) -> Measured:
    """The same with a general compressor."""
    text = _shakespeare()
    cut = int(0.9 * len(text))
    return {"bits_per_byte": bits_per_byte(COMPRESSORS[name], text[:cut], text[cut:])}


def names(order: int) -> Measured:
    """Letters and line ends of a random tenth of the names."""
    train, test = _names()
    letters = {letter: k + SPECIAL for k, letter in enumerate(sorted({*"".join(train + test)}))}
    parts = [
        [np.array([BEGIN, *(letters[x] for x in name), END]) for name in part]
        for part in (train, test)
    ]
    fitted = KneserNey.fit(parts[0], order, len(letters) + SPECIAL, start=1)
    bits = fitted.losses(parts[1], start=1).sum() / np.log(2)
    return {"bits_per_byte": bits / sum(len(name) + 1 for name in test)}


def names_compressed(name: str) -> Measured:
    """The same with a general compressor."""
    train, test = ("".join(f"{name}\n" for name in part).encode() for part in _names())
    return {"bits_per_byte": bits_per_byte(COMPRESSORS[name], train, test)}


def sentiment() -> Measured:
    """SST-2 in its given parts."""
    parts = [_tabbed(DATA / "sst2" / f"{part}.tsv") for part in ("train", "dev", "test")]
    return _classified(*([text for text, _ in part] for part in parts), labels=[
        np.array([int(label) for _, label in part]) for part in parts
    ])  # fmt: skip


def news() -> Measured:
    """AG News, titles and descriptions, a stratified fifth held out."""
    rows = _news()
    labels = np.array([int(row[0]) - 1 for row in rows])
    return _split_and_classified([f"{row[1]} {row[2]}" for row in rows], labels)


def messages() -> Measured:
    """SMS spam, each message once, a stratified fifth held out."""
    lines = [line.split("\t", 1) for line in _lines(DATA / "sms_spam" / "SMSSpamCollection")]
    once = {text.strip(): label for label, text in lines}
    return _split_and_classified(
        [*once], np.array([label == "spam" for label in once.values()]) * 1
    )


def translation(translate: Callable[..., list[str]]) -> Measured:
    """Multi30k, English to German, test 2016: sacreBLEU's 13a on raw, cased text."""
    folder = DATA / "multi30k_en_de"
    train, test = (
        [_lines(folder / f"{part}.{language}") for language in ("en", "de")]
        for part in ("train", "test_2016_flickr")
    )
    answers = translate(*train, test[0])
    return {
        "bleu": corpus_bleu(answers, [test[1]]).score,
        "chrf": corpus_chrf(answers, [test[1]]).score,
    }


def looked_up(sources: list[str], targets: list[str], asked: list[str]) -> list[str]:
    """Word by word."""
    dictionary = learn(sources, targets)
    return [dictionary.translate(text) for text in asked]


def dialogues(extract: Callable[[str, Sequence[str]], str] | None) -> Measured:
    """DialogSum's test part, mean over its three summaries; chosen on its development part."""
    dev, test = (_dialogues(part) for part in ("dev", "test"))
    if extract is None:
        chosen = choose([text for text, _ in dev], [summaries[0] for _, summaries in dev])
        print(f"  chosen on the development part: {chosen}")
        return _rouge([(chosen(text), summaries) for text, summaries in test])
    return _rouge([(extract(text, summaries), summaries) for text, summaries in test])


def headlines(extract: Extract | None) -> Measured:
    """AG News, description to title, on a fifth held out; chosen on the rest."""
    rows = [(row[2], row[1]) for row in _news()]
    train, test = train_test_split(rows, test_size=HELD_OUT, random_state=0)
    if extract is None:
        extract = choose([text for text, _ in train], [title for _, title in train])
        print(f"  chosen on the training part: {extract}")
    return _rouge([(extract(text), [title]) for text, title in test])


def _classified(
    train: list[str], valid: list[str], test: list[str], labels: list[np.ndarray]
) -> Measured:
    part, after = slice(0, len(train)), slice(len(train) + len(valid), None)
    x = text_features([*train, *valid, *test], part)
    x_valid = x[part.stop : after.start]
    classes = int(labels[0].max()) + 1
    setting = Setting("category", classes, np.zeros(0, dtype=bool), x_valid, labels[1], seed=0)
    answers = fit_classes(setting, x[part], labels[0])(x[after]).argmax(1)
    return {
        "accuracy": 100 * accuracy_score(labels[2], answers),
        "macro_f1": 100 * f1_score(labels[2], answers, average="macro"),
    }


def _split_and_classified(texts: list[str], labels: np.ndarray) -> Measured:
    """A stratified fifth is held out, a tenth of the rest validates."""
    rest, test = train_test_split(
        np.arange(len(texts)), test_size=HELD_OUT, stratify=labels, random_state=0
    )
    train, valid = train_test_split(rest, test_size=0.1, stratify=labels[rest], random_state=0)
    parts = (train, valid, test)
    return _classified(
        *([texts[row] for row in part] for part in parts), labels=[labels[part] for part in parts]
    )


def _rouge(answers: Sequence[tuple[str, Sequence[str]]]) -> Measured:
    """F with stemming, the mean over the summaries of a text, then over texts."""
    scorer = RougeScorer(list(ROUGE), use_stemmer=True)
    scores = [
        np.mean([[scorer.score(true, part)[name].fmeasure for name in ROUGE] for true in trues], 0)
        for part, trues in answers
    ]
    return dict(zip(ROUGE, (100 * np.mean(scores, 0)).tolist(), strict=True))


def _shakespeare() -> bytes:
    return (DATA / "tinyshakespeare" / "input.txt").read_bytes()


def _names() -> tuple[list[str], list[str]]:
    """Equal names on the same side; the documented figures have 2,539 repeats on both."""
    lines = _lines(DATA / "names" / "names.txt")
    _, test = train_test_split(sorted({*lines}), test_size=0.1, random_state=0)
    held = {*test}
    return [name for name in lines if name not in held], [name for name in lines if name in held]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def _tabbed(path: Path) -> list[tuple[str, str]]:
    return [(text, label) for text, label in (line.rsplit("\t", 1) for line in _lines(path))]


def _news() -> list[list[str]]:
    with (DATA / "ag_news" / "ag_news.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _dialogues(part: str) -> list[tuple[str, list[str]]]:
    rows = map(json.loads, _lines(DATA / "dialogsum" / f"dialogsum.{part}.jsonl"))
    keys = ("summary", "summary1", "summary2", "summary3")
    return [(row["dialogue"], [row[key] for key in keys if key in row]) for row in rows]


def _first(count: int) -> Callable[[str, Sequence[str]], str]:
    return lambda text, _: Extract("units", count)(text)


def _best_units() -> Callable[[str, Sequence[str]], str]:
    stems = Stems()
    return lambda text, summaries: " ".join(
        units(text)[place] for place in oracle(text, summaries, stems)
    )


def _figures(*values: float) -> Measured:
    return dict(zip(ROUGE, values, strict=False))


def rows() -> Iterator[Row]:
    """All rows, with the documented figures."""
    for order, bits in ((5, 2.252), (6, 2.197), (8, 2.192)):
        yield Row(f"shakespeare-kn{order}", partial(shakespeare, order), {"bits_per_byte": bits})
    for name, bits in (("bz2", 2.398), ("xz", 2.518)):
        measure = partial(shakespeare_compressed, name)
        yield Row(f"shakespeare-{name}", measure, {"bits_per_byte": bits})
    for order, bits in ((5, 2.903), (6, 2.938)):
        yield Row(f"names-kn{order}", partial(names, order), {"bits_per_byte": bits})
    for name, bits in (("bz2", 3.217), ("xz", 3.413)):
        yield Row(f"names-{name}", partial(names_compressed, name), {"bits_per_byte": bits})
    yield Row("sst2", sentiment, {"accuracy": 83.6})
    yield Row("ag_news", news, {"accuracy": 89.7})
    yield Row("sms_spam", messages, {"macro_f1": 96.8})
    yield Row("multi30k-retrieval", partial(translation, retrieve), {"bleu": 9.6, "chrf": 32.7})
    yield Row("multi30k-lookup", partial(translation, looked_up), {"bleu": 6.7, "chrf": 44.8})
    documented = {1: (22.0, 5.1, 19.0), 2: (27.0, 6.3, 20.7), 3: (26.9, 6.7, 20.4)}
    for count, values in documented.items():
        yield Row(f"dialogsum-lead{count}", partial(dialogues, _first(count)), _figures(*values))
    longest = partial(dialogues, lambda text, _: Extract("longest", 1)(text))
    yield Row("dialogsum-longest", longest, _figures(22.0, 4.8, 17.4))
    yield Row("dialogsum-chosen", partial(dialogues, None), {})
    yield Row("dialogsum-oracle", partial(dialogues, _best_units()), {})
    twelve = partial(headlines, Extract("words", 12, marks=False))
    yield Row("ag_titles-lead12", twelve, _figures(21.3, 5.9, 19.2))
    yield Row("ag_titles-chosen", partial(headlines, None), {})


def main() -> None:
    """Read the command line and measure."""
    every = {row.name: row for row in rows()}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("row", nargs="*", help=f"One of: {', '.join(every)}.")
    for name in parser.parse_args().row or every:
        started = time.process_time()
        measured = every[name].measure()
        seconds = time.process_time() - started
        told = [
            f"{metric} {value:.3f}" + (f" ({known[metric]:g})" if metric in known else "")
            for known in [every[name].documented]
            for metric, value in measured.items()
        ]
        print(f"{name}: {', '.join(told)}; {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
