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
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

Numbers = NDArray[Any]


class Classifier(Protocol):
    """A classifier of scikit-learn, as far as it is used here."""

    def fit(self, inputs: Numbers, targets: Numbers) -> Any: ...

    def predict(self, inputs: Numbers) -> Numbers: ...


@dataclass(frozen=True)
class Measured:
    """How good and how quick a fitted method is."""

    accuracy: float  # % of the test examples
    seconds: float  # to fit
    milliseconds: float  # for an answer, all test examples at once


def make(method: str, *, seed: int) -> Classifier:
    """An unfitted classifier.

    "neighbours": the majority of the 3 nearest (Cover and Hart 1967); "logistic": multinomial, L2 (Cox 1958);
    "forest": 100 trees (Breiman 2001); "svm": radial basis functions (Cortes and Vapnik 1995).
    """
    match method:
        case "neighbours":
            return KNeighborsClassifier(n_neighbors=3, algorithm="brute")
        case "logistic":
            return LogisticRegression(max_iter=2_000, tol=1e-3)
        case "forest":
            return RandomForestClassifier(n_estimators=100, random_state=seed, n_jobs=1)
        case "svm":
            return SVC(kernel="rbf", C=10, gamma="scale", cache_size=500)
    raise ValueError(f"There is no method “{method}”; there are neighbours, logistic, forest and svm.")


def fit(method: str, inputs: Numbers, targets: Numbers, *, seed: int) -> Classifier:
    """Fit a method to examples.

    Args:
        inputs: (N, features), finite.
        targets: (N,) class of each.
        seed: of what the method leaves to chance; the same arrays and seed give the same classifier.
    """
    with threadpool_limits(1):
        return make(method, seed=seed).fit(inputs, targets)


def answer(classifier: Classifier, inputs: Numbers) -> Numbers:
    """(N, features) → (N,) classes."""
    with threadpool_limits(1):
        return classifier.predict(inputs)


def measure(
    method: str,
    train: tuple[Numbers, Numbers],
    test: tuple[Numbers, Numbers],
    *,
    seed: int,
) -> Measured:
    """Fit a method to (inputs, targets) and measure it on others."""
    start = time.perf_counter()
    classifier = fit(method, *train, seed=seed)
    fitted = time.perf_counter()
    right = answer(classifier, test[0]) == test[1]
    answered = time.perf_counter()
    return Measured(
        accuracy=100 * float(np.mean(right)),
        seconds=fitted - start,
        milliseconds=1000 * (answered - fitted) / len(right),
    )
