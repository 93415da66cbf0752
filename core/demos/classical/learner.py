"""The learner of the classical methods: its k-th step fits the k-th pair of method and features to all examples.

A fitted classifier is never saved (that would take pickle): its state is the number of fits done, and what is needed
after a resume is fitted again, exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.contract import Batch, Dataset, Progress, Split
from core.data.gradients import gradient_histograms
from core.demos.classical import methods
from core.demos.classical.config import ClassicalConfig, Fit, planned
from core.demos.digits import learner as digits
from core.demos.digits.config import DigitsConfig

Images = NDArray[np.uint8]  # (N, 28, 28)
Labels = NDArray[np.int64]  # (N,)


def load(config: ClassicalConfig) -> Dataset:
    """The very splits that a digit network with this data and share learns from; raises what its `load` raises."""
    return digits.load(DigitsConfig(data=config.data, share=config.share))


def read(features: str, images: Images) -> NDArray[np.float32]:
    """(N, 28, 28) uint8 → (N, 784) pixels in [0, 1], or (N, 324) gradient histograms."""
    if features == "gradients":
        return gradient_histograms(images)
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


class ClassicalLearner:
    """Fits one classifier after the other.

    Args:
        config: what to fit, in which order.
        load: gives the training examples again where something must be fitted before the first step.
    """

    def __init__(self, config: ClassicalConfig, load: Callable[[], Split]) -> None:
        self.config = config
        self.load = load
        self.num_fits = 0
        self.examples: tuple[Images, Labels] | None = None
        self.fitted: dict[int, methods.Classifier] = {}  # those of this process, by epoch

    def step(self, batch: Batch, progress: Progress) -> Mapping[str, torch.Tensor]:
        """Fit what is next to all examples; there is no loss to tell."""
        self.examples = batch.inputs.numpy(), batch.targets.numpy()
        self.num_fits = progress.step + 1
        self._classifier()
        return {}

    def evaluate(self, split: Split) -> Mapping[str, float]:
        """Accuracy (percent) of the newest classifier; of guessing where nothing is fitted yet."""
        if not self.num_fits:
            return {"accuracy": 100 / len(split.targets.unique())}
        answers = self._answer(split.inputs.numpy())
        return {"accuracy": 100 * float(np.mean(answers == split.targets.numpy()))}

    def preview(self, example: Any) -> Any:
        """The class of one picture given as nested lists; None where nothing is fitted yet."""
        return int(self._answer(np.array([example], dtype=np.uint8))[0]) if self.num_fits else None

    def state_dict(self) -> dict[str, Any]:
        """How many fits are done: all the rest follows from the config and the examples."""
        return {"num_fits": self.num_fits}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.num_fits = state["num_fits"]

    def _answer(self, images: Images) -> Labels:
        fit = planned(self.config, self.num_fits - 1)
        return methods.answer(self._classifier(), read(fit.features, images))

    def _classifier(self) -> methods.Classifier:
        index = self.num_fits - 1
        if index not in self.fitted:
            self.fitted[index] = self._fit(planned(self.config, index))
        return self.fitted[index]

    def _fit(self, fit: Fit) -> methods.Classifier:
        if self.examples is None:
            train = self.load()
            self.examples = train.inputs.numpy(), train.targets.numpy()
        images, labels = self.examples
        order = own_order(images, labels, seed=fit.seed)
        if fit.method == "svm":
            order = order[: self.config.svm_examples]
        return methods.fit(fit.method, read(fit.features, images[order]), labels[order], seed=fit.seed)


def own_order(images: Images, labels: Labels, *, seed: int) -> NDArray[np.intp]:
    """A mixed order that depends on what the examples are and on the seed, not on the order in which they come.

    Batches come in another order in every epoch, and a forest fitted to another order is another forest.
    """
    key = seed.to_bytes(8, "big")
    digests = [
        blake2b(image.tobytes() + label.tobytes(), key=key).digest()
        for image, label in zip(images, labels, strict=True)
    ]
    return np.array(sorted(range(len(digests)), key=digests.__getitem__))
