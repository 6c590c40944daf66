"""What is true and what was predicted to the field's own metrics: the table of contents.

Fields are the numpy forms of what `predict` returns: `answer`, `probability`, `low`, `high`, `nll`.
A metric is `function(truth, fields, weight=None)`; the modules say the shapes for each target.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from fathom.metrics import (
    classification,
    density,
    drawn,
    forecasts,
    labels,
    language,
    ranking,
    regression,
    speech,
    summaries,
    translation,
    volume,
)
from fathom.metrics.classification import Fields, Reliability, confusion, reliability
from fathom.metrics.texts import Terms

__all__ = [
    "BESIDE",
    "HEADLINE",
    "LOSS",
    "METRICS",
    "Fields",
    "Metric",
    "Reliability",
    "confusion",
    "measure",
    "prepared",
    "reliability",
]


class Compute(Protocol):
    """A metric as a function; weight (..., N) gives one value per leading index."""

    def __call__(
        self, truth: np.ndarray, fields: Fields, weight: np.ndarray | None = None
    ) -> np.ndarray: ...


@dataclass(frozen=True)
class Metric:
    """A metric and how to judge with it.

    needs: the field it reads. words: its name in a sentence. higher: larger is better. share: it is
    the share of right examples, so that Wilson's interval and McNemar's test fit; the others are
    resampled. per_example: for a mean, its terms (N,); sums and counts add up over parts.
    limits: the least and the largest possible value. unit: what follows the value in a sentence; ""
    if the words stand before it. amount, items: how much the examples are and what is counted, ""
    for the examples themselves. statistics: what it needs of each example (N, S) whatever the
    weights, where that is slow to compute; `prepared` shares it. signature: how it was computed, in
    words that others can compare with.
    """

    compute: Compute
    needs: str
    words: str
    higher: bool = True
    share: bool = False
    per_example: Terms | None = None
    limits: tuple[float, float] = (0.0, 1.0)
    unit: str = ""
    amount: Callable[[np.ndarray], int] = len
    items: str = ""
    statistics: Terms | None = None
    signature: Callable[[np.ndarray], str] | None = None

    def value(self, truth: np.ndarray, fields: Fields) -> float:
        """The metric of all examples, nan where it is not defined."""
        return float(self.compute(truth, fields))


def _share(compute: Compute, terms: Terms) -> Metric:
    return Metric(compute, "answer", "accuracy", share=True, per_example=terms)


def _loss(
    compute: Compute,
    needs: str,
    words: str,
    terms: Terms | None = None,
    largest: float = np.inf,
) -> Metric:
    return Metric(compute, needs, words, False, per_example=terms, limits=(0.0, largest))


def _text(
    compute: Compute,
    words: str,
    statistics: Terms,
    *,
    terms: Terms | None = None,
    signature: Callable[[np.ndarray], str] | None = None,
) -> Metric:
    metric = Metric(compute, "answer", words, per_example=terms, limits=(0.0, 100.0))
    return replace(metric, statistics=statistics, signature=signature)


_CATEGORY = {
    "accuracy": _share(classification.accuracy, classification.right),
    "balanced_accuracy": Metric(classification.balanced_accuracy, "answer", "balanced accuracy"),
    "macro_f1": Metric(classification.macro_f1, "answer", "macro F1"),
    "auc": Metric(classification.auc, "probability", "area under the ROC curve"),
    "average_precision": Metric(
        classification.average_precision, "probability", "average precision"
    ),
    "log_loss": _loss(classification.log_loss, "probability", "log loss", classification.surprise),
    "brier": _loss(
        classification.brier, "probability", "Brier score", classification.squared_miss, 2.0
    ),
    "expected_calibration_error": _loss(
        classification.expected_calibration_error, "probability", "calibration error", largest=1.0
    ),
}

_LABELS = {
    "accuracy": _share(labels.accuracy, labels.all_right),
    "macro_f1": Metric(labels.macro_f1, "answer", "macro F1"),
    "auc": Metric(labels.auc, "probability", "area under the ROC curve"),
    "average_precision": Metric(labels.average_precision, "probability", "average precision"),
    "log_loss": _loss(labels.log_loss, "probability", "log loss", labels.surprise),
    "brier": _loss(labels.brier, "probability", "Brier score", labels.squared_miss, 1.0),
}

_NUMBER = {
    "rmse": _loss(regression.rmse, "answer", "root mean squared error"),
    "mse": _loss(regression.mse, "answer", "mean squared error", regression.squared_error),
    "mae": _loss(regression.mae, "answer", "mean absolute error", regression.absolute_error),
    "r2": Metric(regression.r2, "answer", "explained variance", limits=(-np.inf, 1.0)),
    "coverage": Metric(regression.coverage, "low", "coverage", per_example=regression.covered),
}

_BYTES = {
    "bits_per_byte": replace(
        _loss(language.bits_per_byte, "nll", "bits per byte"),
        unit="bits per byte",
        amount=language.amount,
        items="bytes",
    ),
    "perplexity": _loss(language.perplexity, "nll", "perplexity per word"),
}

_FUTURE = {
    "mase": Metric(
        forecasts.mase,
        "errors",
        "mean absolute scaled error",
        False,
        limits=(0.0, np.inf),
        statistics=forecasts.missed,
    ),
    "mae": _loss(forecasts.mae, "errors", "mean absolute error"),
    "mse": _loss(forecasts.mse, "errors", "mean squared error"),
    "rmse": _loss(forecasts.rmse, "errors", "root mean squared error"),
    "pinball": _loss(forecasts.pinball, "low", "pinball loss"),
    "coverage": Metric(forecasts.coverage, "low", "coverage"),
}

_TEXT = {
    "bleu": _text(
        translation.bleu, "BLEU", translation.bleu_counts, signature=translation.bleu_signature
    ),
    "chrf": _text(
        translation.chrf,
        "character F score (chrF)",
        translation.chrf_counts,
        signature=translation.chrf_signature,
    ),
    "rouge1": _text(summaries.rouge1, "ROUGE-1", summaries.rouge, terms=summaries.rouge1_terms),
    "rouge2": _text(summaries.rouge2, "ROUGE-2", summaries.rouge, terms=summaries.rouge2_terms),
    "rougeL": _text(summaries.rougeL, "ROUGE-L", summaries.rouge, terms=summaries.rougeL_terms),
}

_SAMPLE = {
    "kid": Metric(
        drawn.kid,
        "features",
        "distance to held-out examples (KID)",
        False,
        limits=(-np.inf, np.inf),
        statistics=drawn.pairs,
    ),
    "kid_random": Metric(
        drawn.kid_random,
        "random",
        "distance in random features",
        False,
        limits=(-np.inf, np.inf),
        statistics=drawn.random_pairs,
    ),
    "coverage_k": Metric(
        drawn.coverage_k,
        "features",
        "coverage of held-out examples",
        statistics=drawn.near,
    ),
    "density": Metric(
        drawn.density, "features", "density", limits=(0.0, np.inf), statistics=drawn.near
    ),
    "label_agreement": Metric(
        drawn.label_agreement, "agrees", "label agreement", per_example=drawn.agreeing
    ),
    "memorisation": Metric(
        drawn.memorisation,
        "memorised",
        "share that repeats training",
        False,
        per_example=drawn.repeating,
    ),
}

_TRANSCRIPT = {
    "wer": replace(
        _loss(speech.wer, "answer", "word error rate"),
        statistics=speech.speech_errors,
        unit="% word errors",
        amount=speech.words_said,
        items="words",
    ),
    "cer": replace(
        _loss(speech.cer, "answer", "character error rate"), statistics=speech.speech_errors
    ),
}

_KEPT = {"mse": _loss(density.kept_mse, "error", "mean squared error", density.error)}

_DENSITY = {
    "elbo_nats": _loss(density.elbo_nats, "elbo", "negative evidence bound in nats"),
    "nll_nats": _loss(density.nll_nats, "nll", "negative log-likelihood in nats"),
}
_DENSITY = {name: replace(one, limits=(-np.inf, np.inf)) for name, one in _DENSITY.items()}

_ANOMALY = {
    "auc": Metric(ranking.score_auc, "score", "area under the ROC curve"),
    "average_precision": Metric(ranking.score_precision, "score", "average precision"),
    "vus_pr": Metric(volume.vus_pr, "buffer", "volume under precision and recall (VUS-PR)"),
}

METRICS: Mapping[str, Mapping[str, Metric]] = {
    "anomaly": _ANOMALY,
    "bits": {**_DENSITY, **_KEPT},
    "bytes": _BYTES,
    "category": _CATEGORY,
    "density": {**_DENSITY, **_KEPT},
    "future": _FUTURE,
    "labels": _LABELS,
    "number": _NUMBER,
    "sample": _SAMPLE,
    "text": _TEXT,
    "transcript": _TRANSCRIPT,
    "values": _KEPT,
}
"""By kind of the target (`Spec.kind`), then by name."""

HEADLINE: Mapping[str, str] = {
    "anomaly": "auc",
    "bits": "elbo_nats",
    "bytes": "bits_per_byte",
    "category": "accuracy",
    "density": "elbo_nats",
    "future": "mase",
    "labels": "average_precision",
    "number": "rmse",
    "sample": "kid",
    "text": "bleu",
    "transcript": "wer",
    "values": "mse",
}
"""The metric of the first line, by kind of the target."""

BESIDE: Mapping[str, str] = {"future": "mse"}
"""The metric that is told beside the headline, as the field compares by both, by kind of the
target."""

LOSS: Mapping[str, str] = {
    "bits": "elbo_nats",
    "bytes": "bits_per_byte",
    "category": "log_loss",
    "density": "elbo_nats",
    "future": "mase",
    "labels": "log_loss",
    "number": "mse",
    "sample": "kid",
    "transcript": "cer",
    "values": "mse",
}
"""The metric that validation is watched by while a network learns, by kind of the target."""


def prepared(kind: str, truth: np.ndarray, fields: Fields) -> Fields:
    """The fields with the statistics that several metrics and every resample need, by the name of
    the function that computes them.

    What is there already is kept: prepare once, measure often.
    """
    complete = dict(fields)
    for metric in METRICS[kind].values():
        compute = metric.statistics
        if compute and metric.needs in fields and compute.__name__ not in complete:
            complete[compute.__name__] = compute(truth, fields)
    return complete


def measure(kind: str, truth: np.ndarray, fields: Fields) -> dict[str, float]:
    """All metrics that the fields allow and that are defined for these examples.

    An interval that reaches without end, as of too few calibration forecasts, has no pinball loss.
    """
    fields = prepared(kind, truth, fields)
    values = {
        name: metric.value(truth, fields)
        for name, metric in METRICS[kind].items()
        if metric.needs in fields
    }
    return {name: value for name, value in values.items() if np.isfinite(value)}
