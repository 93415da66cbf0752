"""The fits of the classical methods: each fits one pair of method and features to all training examples.

A fitted classifier is never saved (that would take pickle); one that is needed after a resume is fitted again, exactly.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.contract import MAJORITY, Dataset, Fitted, Split
from core.experiments.classical import methods
from core.experiments.classical.config import Fit, MethodsConfig, planned
from core.experiments.classical.size import num_bytes

Stored = NDArray[Any]  # (N, ...) examples as the data set has them
Labels = NDArray[np.int64]  # (N,)


class Examples(Protocol):
    """What the methods are given of a demo: a module of this package."""

    def load(self, config: Any) -> Dataset:
        """The very splits that a network with this data learns from; raises what its `load` raises."""
        ...

    def check(self, config: Any) -> None:
        """Raise at once what `load` raises."""
        ...

    def reader(self, config: Any, features: str) -> methods.Transformer:
        """From stored examples (N, ...) to what a method reads, (N, features); not fitted yet."""
        ...


class ClassicalFitter:
    """Fits one method after the other.

    Args:
        config: what to fit, in which order.
        source: makes the features.
        train: all examples that are learned from.
    """

    def __init__(self, config: MethodsConfig, source: Examples, train: Split) -> None:
        self.config, self.source = config, source
        self.stored, self.labels = train.inputs.numpy(), train.targets.numpy()

    def guess(self, split: Split) -> Mapping[str, float]:
        """Accuracy (percent) of guessing, and of always saying the most frequent class."""
        truth = split.targets.numpy()
        return {"accuracy": 100 / len(np.unique(truth)), **_majority(truth)}

    def fit(self, index: int) -> Fitted:
        """Fit what is planned there to all examples, and tell how many bytes the classifier keeps."""
        start = time.perf_counter()
        classifier = self._fit(planned(self.config, index))
        seconds = time.perf_counter() - start

        def evaluate(split: Split) -> Mapping[str, float]:
            truth = split.targets.numpy()
            right = methods.answer(classifier, split.inputs.numpy()) == truth
            return {"accuracy": 100 * float(np.mean(right)), **_majority(truth)}

        return Fitted(seconds=seconds, told={"bytes": float(num_bytes(classifier))}, evaluate=evaluate)

    def _fit(self, fit: Fit) -> methods.Classifier:
        order = own_order(self.stored, self.labels, seed=fit.seed)
        if fit.method == "svm":
            order = order[: self.config.svm_examples]
        reader = self.source.reader(self.config, fit.features)
        return methods.fit(fit.method, self.stored[order], self.labels[order], seed=fit.seed, reader=reader)


def _majority(truth: Labels) -> dict[str, float]:
    return {MAJORITY.name: 100 * float(np.bincount(truth).max()) / len(truth)}


def own_order(stored: Stored, labels: Labels, *, seed: int) -> NDArray[np.intp]:
    """A mixed order that depends on what the examples are and on the seed, not on the order in which they come.

    A forest fitted to another order is another forest.
    """
    key = seed.to_bytes(8, "big")
    digests = [
        blake2b(example.tobytes() + label.tobytes(), key=key).digest()
        for example, label in zip(stored, labels, strict=True)
    ]
    return np.array(sorted(range(len(digests)), key=digests.__getitem__))
