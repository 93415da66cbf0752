"""The learner of the classical methods: its k-th step fits the k-th pair of method and features to all examples.

A fitted classifier is never saved (that would take pickle): its state is the number of fits done, and what is needed
after a resume is fitted again, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from core.contract import MAJORITY, Batch, Dataset, Progress, Split
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


class ClassicalLearner:
    """Fits one classifier after the other.

    Args:
        config: what to fit, in which order.
        source: gives the training examples again where something must be fitted before the first step.
    """

    def __init__(self, config: MethodsConfig, source: Examples) -> None:
        self.config = config
        self.source = source
        self.num_fits = 0
        self.examples: tuple[Stored, Labels] | None = None
        self.fitted: dict[int, methods.Classifier] = {}  # those of this process, by epoch

    def step(self, batch: Batch, progress: Progress) -> Mapping[str, torch.Tensor]:
        """Fit what is next to all examples; there is no loss to tell, only how many bytes the classifier keeps."""
        self.examples = batch.inputs.numpy(), batch.targets.numpy()
        self.num_fits = progress.step + 1
        return {"bytes": torch.tensor(float(num_bytes(self._classifier())))}

    def evaluate(self, split: Split) -> Mapping[str, float]:
        """Accuracy (percent) of the newest classifier, of guessing where nothing is fitted yet; and the majority's."""
        truth = split.targets.numpy()
        found = {MAJORITY.name: 100 * float(np.bincount(truth).max()) / len(truth)}
        if not self.num_fits:
            return {"accuracy": 100 / len(np.unique(truth)), **found}
        answers = methods.answer(self._classifier(), split.inputs.numpy())
        return {"accuracy": 100 * float(np.mean(answers == truth)), **found}

    def preview(self, example: Any) -> Any:
        """The class of one stored example given as nested lists; None where nothing is fitted yet."""
        return int(methods.answer(self._classifier(), np.array([example]))[0]) if self.num_fits else None

    def state_dict(self) -> dict[str, Any]:
        """How many fits are done: all the rest follows from the config and the examples."""
        return {"num_fits": self.num_fits}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.num_fits = state["num_fits"]

    def _classifier(self) -> methods.Classifier:
        index = self.num_fits - 1
        if index not in self.fitted:
            self.fitted[index] = self._fit(planned(self.config, index))
        return self.fitted[index]

    def _fit(self, fit: Fit) -> methods.Classifier:
        if self.examples is None:
            train = self.source.load(self.config).train
            self.examples = train.inputs.numpy(), train.targets.numpy()
        stored, labels = self.examples
        order = own_order(stored, labels, seed=fit.seed)
        if fit.method == "svm":
            order = order[: self.config.svm_examples]
        reader = self.source.reader(self.config, fit.features)
        return methods.fit(fit.method, stored[order], labels[order], seed=fit.seed, reader=reader)


def own_order(stored: Stored, labels: Labels, *, seed: int) -> NDArray[np.intp]:
    """A mixed order that depends on what the examples are and on the seed, not on the order in which they come.

    Batches come in another order in every epoch, and a forest fitted to another order is another forest.
    """
    key = seed.to_bytes(8, "big")
    digests = [
        blake2b(example.tobytes() + label.tobytes(), key=key).digest()
        for example, label in zip(stored, labels, strict=True)
    ]
    return np.array(sorted(range(len(digests)), key=digests.__getitem__))
