"""Which classical methods meet which question: the table of contents."""

from collections.abc import Mapping

from fathom.baselines import (
    bag_of_words,
    boosting,
    compressing,
    drawing,
    forecasters,
    foretelling,
    guessing,
    kernel,
    likelihood,
    linear,
    margin,
    neighbours,
    outlying,
    random_kernels,
    speaking,
    summarising,
    translating,
    warped_series,
    warping,
    watching,
)
from fathom.baselines.method import Method, TextMethod
from fathom.baselines.request import RivalRequest

ROWS: Mapping[str, tuple[Method, ...]] = {
    "category": (
        Method("guessing", "Guessing", "dense", 0.0, guessing.fit_classes),
        Method("linear", "Logistic regression", "dense", 0.3, linear.fit_classes),
        Method("boosting", "Gradient boosting", "columns", 0.68, boosting.fit_classes),
    ),
    "labels": (
        Method("guessing", "Guessing", "dense", 0.0, guessing.fit_means),
        Method("linear", "Logistic regression", "dense", 0.3, linear.fit_labels),
        Method("boosting", "Gradient boosting", "columns", 0.68, boosting.fit_labels),
    ),
    "number": (
        Method("guessing", "The mean", "dense", 0.0, guessing.fit_means),
        Method("linear", "Ridge regression", "dense", 0.3, linear.fit_numbers),
        Method("boosting", "Gradient boosting", "columns", 0.68, boosting.fit_numbers),
    ),
}
"""For rows, by kind of the target; cheap ones first, so that what they leave goes to the last."""

PICTURES: Mapping[str, tuple[Method, ...]] = {
    "category": (
        Method("guessing", "Guessing", "dense", 0.0, guessing.fit_classes),
        Method("neighbours", "Nearest neighbours", "dense", 0.2, neighbours.fit_classes),
        Method("linear", "Logistic regression", "dense", 0.25, linear.fit_classes),
        Method("kernel", "Kernel machine", "dense", 0.53, kernel.fit_classes),
    ),
    "labels": (
        Method("guessing", "Guessing", "dense", 0.0, guessing.fit_means),
        Method("neighbours", "Nearest neighbours", "dense", 0.2, neighbours.fit_means),
        Method("linear", "Logistic regression", "dense", 0.25, linear.fit_labels),
        Method("kernel", "Kernel machine", "dense", 0.53, kernel.fit_labels),
    ),
    "number": (
        Method("guessing", "The mean", "dense", 0.0, guessing.fit_means),
        Method("neighbours", "Nearest neighbours", "dense", 0.2, neighbours.fit_means),
        Method("linear", "Ridge regression", "dense", 0.25, linear.fit_numbers),
        Method("kernel", "Kernel ridge regression", "dense", 0.53, kernel.fit_numbers),
    ),
}
"""For pictures on shape and colour; with rows beside them, boosting comes last as well."""

WORDS: Mapping[str, Method] = {
    "category": Method(
        "words", "Words and letters, linear", "terms", 0.6, bag_of_words.fit_classes
    ),
    "labels": Method("words", "Words and letters, linear", "terms", 0.6, bag_of_words.fit_labels),
    "number": Method("words", "Words and letters, linear", "terms", 0.6, bag_of_words.fit_numbers),
}
"""For texts, by what words and letter sequences they hold; beside rows, these count as well."""

SOUNDS: Mapping[str, tuple[Method, ...]] = {
    "category": (
        Method("guessing", "Guessing", "dense", 0.0, guessing.fit_classes),
        Method("margin", "Support vectors on cepstra", "dense", 0.2, margin.fit_classes),
        Method("warping", "Nearest clip by time warping", "clips", 0.8, warping.fit_classes, 60),
    ),
    "labels": (*ROWS["labels"][:2], PICTURES["labels"][-1]),
    "number": (*ROWS["number"][:2], PICTURES["number"][-1]),
}
"""For sounds on their cepstra; with rows beside them, boosting comes last as well."""


SERIES: Mapping[str, tuple[Method, ...]] = {
    "category": (
        Method("guessing", "Guessing", "dense", 0.0, guessing.fit_classes),
        Method("kernels", "Random kernels and ridge", "dense", 0.4, random_kernels.fit_classes),
        Method(
            "warping", "Nearest series by time warping", "columns", 0.6, warped_series.fit_classes
        ),
    ),
    "labels": (
        Method("guessing", "Guessing", "dense", 0.0, guessing.fit_means),
        Method("linear", "Logistic regression", "dense", 1.0, linear.fit_labels),
    ),
    "number": (
        Method("guessing", "The mean", "dense", 0.0, guessing.fit_means),
        Method("linear", "Ridge regression", "dense", 1.0, linear.fit_numbers),
    ),
}
"""For whole series, on random kernels, or on the series themselves."""

READERS: Mapping[str, tuple[TextMethod, ...]] = {
    "anomaly": (
        TextMethod("tails", "ECOD", 0.1, outlying.rare_tails),
        TextMethod("components", "Error of principal components", 0.1, outlying.components),
        TextMethod("neighbours", "Distance to the fifth neighbour", 0.3, outlying.nearest),
        TextMethod("isolation", "Isolation forest", 0.2, outlying.isolation_forest),
        TextMethod("local", "Local outlier factor", 0.3, outlying.local_outliers),
    ),
    "bits": (TextMethod("mixture", "Mixture of independent pixels", 1.0, likelihood.mixture),),
    "bytes": (
        TextMethod("kneser_ney", "Kneser-Ney n-grams", 0.6, foretelling.kneser_ney),
        TextMethod("bzip2", "bzip2", 0.1, foretelling.bzip2),
        TextMethod("xz", "xz", 0.3, foretelling.xz, foretelling.compressing_s),
    ),
    "density": (
        TextMethod("components", "Probabilistic principal components", 1.0, likelihood.components),
    ),
    "future": (
        TextMethod("seasonal_naive", "The last season again", 0.1, forecasters.seasonal_naive),
        TextMethod("linear", "Ridge regression on the past", 0.4, forecasters.ridge),
        TextMethod("smoothing", "Exponential smoothing", 0.5, forecasters.exponential_smoothing),
    ),
    "sample": (
        TextMethod("gaussian", "One Gaussian a class", 0.2, drawing.gaussian),
        TextMethod("mixture", "A mixture of Gaussians", 0.8, drawing.mixture),
    ),
    "text": (
        TextMethod("nearest", "The nearest known text", 0.3, translating.nearest),
        TextMethod("lookup", "Word by word (IBM model 1)", 0.7, translating.word_by_word),
    ),
    "summary": (
        TextMethod("lead", "The beginning of the text", 0.7, summarising.lead),
        TextMethod("nearest", "The summary of the nearest text", 0.3, translating.nearest),
    ),
    "transcript": (
        TextMethod("words", "Nearest words by time warping", 0.5, speaking.words_at_silences),
        TextMethod("clip", "Nearest clip by time warping", 0.5, speaking.nearest_clip),
    ),
    "watched": (
        TextMethod("principal", "Principal components of windows", 0.9, watching.principal_windows),
        TextMethod(
            "deviation", "Smoothed deviation from the median", 0.1, watching.median_deviation
        ),
    ),
    "values": (TextMethod("components", "Principal components", 1.0, compressing.components),),
}
"""For what is foretold, written, kept or drawn, by kind of the target; the most telling first."""


def methods_for(request: RivalRequest) -> tuple[Method, ...]:
    """The methods for the inputs and the target of a request, guessing first."""
    if request.waves is not None:
        boosting = () if request.row is None else (ROWS[request.kind][-1],)
        return (*SOUNDS[request.kind], *boosting)
    if request.series is not None:
        return SERIES[request.kind]
    if request.texts:
        known = ROWS[request.kind]
        rest = () if request.row is None else known[-1:]
        seen = () if request.image is None else PICTURES[request.kind][1:]
        return (known[0], WORDS[request.kind], *seen, *rest)
    if request.image is None:
        return ROWS[request.kind]
    if request.row is None:
        return PICTURES[request.kind]
    return (*PICTURES[request.kind], ROWS[request.kind][-1])
