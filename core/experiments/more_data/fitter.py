"""The fits of More data: each fits one method to so many examples, anew.

As with the classical methods nothing that is fitted is saved: what is needed after a resume is fitted again, exactly.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from core.contract import Dataset, Evaluated, Fitted, Placement, Split
from core.demos import digits
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import load as load_digits
from core.demos.digits.learner import make_learner
from core.experiments.classical import digits as classical
from core.experiments.classical import methods
from core.experiments.classical.config import ClassicalConfig
from core.experiments.classical.fitter import Labels, own_order
from core.experiments.more_data.config import FEWEST, NETWORK, Fit, MoreDataConfig, planned
from core.training.engine import train
from core.training.supervised import SupervisedLearner

Images = NDArray[np.uint8]  # (N, 28, 28)
Answer = Callable[[Images], Labels]
BATCH, SMALL_BATCH = 32, 8
STEPS = 150  # of a network that learns from few examples
FEWEST_EPOCHS = 3  # of one that learns from many


def load(config: MoreDataConfig) -> Dataset:
    """The splits of a digit network."""
    return load_digits(DigitsConfig(data=config.data))


class MoreDataFitter:
    """Fits one method after the other.

    Args:
        config: what to fit, in which order.
        dataset: each fit learns from the first examples of the training split, in an order of its seed's.
    """

    def __init__(self, config: MoreDataConfig, dataset: Dataset) -> None:
        self.config = config
        self.images, self.labels = dataset.train.inputs.numpy(), dataset.train.targets.numpy()
        self.validation = dataset.validation
        self.order: tuple[int, NDArray[np.intp]] | None = None  # of the newest seed

    def guess(self, split: Split) -> Mapping[str, float]:
        """Accuracy (percent) of guessing."""
        return {"accuracy": 100 / len(split.targets.unique())}

    def fit(self, index: int) -> Fitted:
        """Fit what is planned there. The putting of the examples into order belongs to no fit's seconds."""
        fit = planned(self.config, index)
        rows = self._order(fit.seed)[: fit.examples]
        images, labels = self.images[rows], self.labels[rows]
        answer, seconds = (
            train_network(images, labels, validation=self.validation, seed=fit.seed)
            if fit.method == NETWORK
            else _fit_method(fit, images, labels)
        )

        def evaluate(split: Split) -> Mapping[str, float]:
            right = answer(split.inputs.numpy()) == split.targets.numpy()
            return {"accuracy": 100 * float(np.mean(right))}

        return Fitted(seconds=seconds, told={}, evaluate=evaluate)

    def _order(self, seed: int) -> NDArray[np.intp]:
        if self.order is None or self.order[0] != seed:
            self.order = seed, balanced_order(self.images, self.labels, seed=seed)
        return self.order[1]


def balanced_order(images: Images, labels: Labels, *, seed: int) -> NDArray[np.intp]:
    """A mixed order of all examples in which the classes take turns: the first ten digits are one of each.

    It depends on what the examples are and on the seed alone; where a class runs out, the others go on.
    """
    order = own_order(images, labels, seed=seed)
    turn = np.empty(len(order), dtype=np.intp)
    for label in np.unique(labels):
        mine = labels[order] == label
        turn[mine] = np.arange(mine.sum())
    return order[np.argsort(turn, kind="stable")]


def _fit_method(fit: Fit, images: Images, labels: Labels) -> tuple[Answer, float]:
    """A classical method that answers, and the seconds of its fit with the computing of features."""
    start = time.perf_counter()
    reader = classical.reader(ClassicalConfig(), fit.features)
    classifier = methods.fit(fit.method, images, labels, seed=fit.seed, reader=reader)
    return lambda pictures: methods.answer(classifier, pictures), time.perf_counter() - start


def network_config(num_examples: int, *, seed: int) -> DigitsConfig:
    """The default network of page Digits, for so many examples: the pictures as they are, as the other methods get
    them, and passes enough that few examples are learned too."""
    batch_size = BATCH if num_examples >= 100 else SMALL_BATCH
    epochs = -(-STEPS // max(1, num_examples // batch_size))
    return DigitsConfig(
        epochs=min(max(epochs, FEWEST_EPOCHS), 100), batch_size=batch_size, augmentation="none", seed=seed
    )


def train_network(images: Images, labels: Labels, *, validation: Split, seed: int) -> tuple[Answer, float]:
    """A network as page Digits trains it, on one processor thread; with the seconds of its steps.

    It is used with its last weights, so a few validation examples are enough for the curve that nobody sees.
    """
    config = network_config(len(images), seed=seed)
    few = Split(validation.inputs[:FEWEST], validation.targets[:FEWEST], name=validation.name)
    examples = Split(torch.from_numpy(images), torch.from_numpy(labels), name=f"{len(images):,} examples")
    learner = make_learner(config, Placement())
    events = train(digits.TASK, config, Dataset(examples, few, few), learner=learner)
    seconds = [event.trained_seconds or 0.0 for event in events if isinstance(event, Evaluated)]
    return _answer(learner), seconds[-1]


def _answer(learner: SupervisedLearner) -> Answer:
    return lambda pictures: learner.probabilities(torch.from_numpy(pictures)).argmax(1).numpy()
