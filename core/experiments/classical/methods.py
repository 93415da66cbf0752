"""Classical machine learning on arrays: fit one method, answer with it, measure it. Whose arrays is not known here.

Everything runs on one processor thread, so that times can be compared and results repeated.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

Numbers = NDArray[Any]


class Classifier(Protocol):
    """A classifier of scikit-learn, as far as it is used here."""

    def fit(self, inputs: Numbers, targets: Numbers) -> Any: ...

    def predict(self, inputs: Numbers) -> Numbers: ...


class Transformer(Protocol):
    """A transformer of scikit-learn: from examples to the numbers that a method reads."""

    def fit_transform(self, inputs: Numbers) -> Any: ...

    def transform(self, inputs: Numbers) -> Any: ...


@dataclass(frozen=True)
class Performance:
    """How good and how quick a fitted method is."""

    accuracy: float  # % of the test examples
    seconds: float  # to fit
    milliseconds: float  # for an answer, all test examples at once


def make(method: str, *, seed: int) -> Classifier:
    """An unfitted classifier.

    "neighbours": the majority of the 3 nearest (Cover and Hart 1967); "logistic": multinomial, L2 (Cox 1958);
    "forest": 100 trees (Breiman 2001); "svm": radial basis functions (Cortes and Vapnik 1995); "bayes": multinomial,
    for counts (Maron 1961); "sparse_logistic": as "logistic", for counts, whose gradients are small.
    """
    match method:
        case "neighbours":
            return KNeighborsClassifier(n_neighbors=3, algorithm="brute")
        case "logistic":
            return LogisticRegression(max_iter=2_000, tol=1e-3)
        case "sparse_logistic":
            return LogisticRegression(C=10, max_iter=2_000)
        case "forest":
            return RandomForestClassifier(n_estimators=100, random_state=seed, n_jobs=1)
        case "svm":
            return SVC(kernel="rbf", C=10, gamma="scale", cache_size=500)
        case "bayes":
            return MultinomialNB(alpha=0.5)
    raise ValueError(
        f"There is no method “{method}”; there are neighbours, logistic, sparse_logistic, forest, svm and bayes."
    )


def fit(method: str, inputs: Numbers, targets: Numbers, *, seed: int, reader: Transformer | None = None) -> Classifier:
    """Fit a method to examples.

    Args:
        inputs: (N, features), finite; with a reader, what that reads.
        targets: (N,) class of each.
        seed: of what the method leaves to chance; the same arrays and seed give the same classifier.
        reader: fitted to the same examples first; the classifier then reads through it.
    """
    classifier = make(method, seed=seed)
    with threadpool_limits(1):
        return (classifier if reader is None else make_pipeline(reader, classifier)).fit(inputs, targets)


def answer(classifier: Classifier, inputs: Numbers) -> Numbers:
    """(N, features), or what the classifier's reader reads → (N,) classes."""
    with threadpool_limits(1):
        return classifier.predict(inputs)


def measure(
    method: str,
    train: tuple[Numbers, Numbers],
    test: tuple[Numbers, Numbers],
    *,
    seed: int,
) -> Performance:
    """Fit a method to (inputs, targets) and measure it on others."""
    start = time.perf_counter()
    classifier = fit(method, *train, seed=seed)
    fitted = time.perf_counter()
    right = answer(classifier, test[0]) == test[1]
    answered = time.perf_counter()
    return Performance(
        accuracy=100 * float(np.mean(right)),
        seconds=fitted - start,
        milliseconds=1000 * (answered - fitted) / len(right),
    )
