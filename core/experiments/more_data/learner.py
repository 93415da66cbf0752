"""The learner of More data: its k-th step fits the k-th method to so many examples, anew.

As with the classical methods, the saved state is the number of fits done: what is needed after a resume is fitted
again, exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.contract import Batch, Dataset, Placement, Progress, Split
from core.demos import digits
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import load as load_digits
from core.demos.digits.learner import make_learner
from core.experiments.classical import digits as classical
from core.experiments.classical import methods
from core.experiments.classical.config import ClassicalConfig
from core.experiments.classical.learner import Labels, own_order
from core.experiments.more_data.config import NETWORK, Fit, MoreDataConfig, planned
from core.training.engine import Loop
from core.training.supervised import SupervisedLearner

Images = NDArray[np.uint8]  # (N, 28, 28)
Answer = Callable[[Images], Labels]
BATCH, SMALL_BATCH = 32, 8
STEPS = 150  # of a network that learns from few examples
FEWEST_EPOCHS = 3  # of one that learns from many


def load(config: MoreDataConfig) -> Dataset:
    """The splits of a digit network. Nothing is chosen here, so every fit is measured on the test images."""
    dataset = load_digits(DigitsConfig(data=config.data))
    return Dataset(train=dataset.train, validation=dataset.test, test=dataset.test)


class MoreDataLearner:
    """Fits one method after the other.

    Args:
        config: what to fit, in which order.
        train: all examples; each fit takes the first ones in an order of its seed's.
    """

    def __init__(self, config: MoreDataConfig, train: Split) -> None:
        self.config = config
        self.images, self.labels = train.inputs.numpy(), train.targets.numpy()
        self.num_fits = 0
        self.orders: dict[int, NDArray[np.intp]] = {}
        self.fitted: tuple[int, Answer] | None = None  # the newest, with the number of fits at which it was made
        self._order(config.seed)  # its time belongs to no fit

    def step(self, batch: Batch, progress: Progress) -> Mapping[str, torch.Tensor]:
        """Fit what is next; there is no loss to tell. The batch holds all examples; a part of them is used."""
        self.num_fits = progress.step + 1
        self._newest()
        return {}

    def evaluate(self, split: Split) -> Mapping[str, float]:
        """Accuracy (percent) of the newest fit; of guessing where nothing is fitted yet."""
        if not self.num_fits:
            return {"accuracy": 100 / len(split.targets.unique())}
        answers = self._newest()(split.inputs.numpy())
        self._order(planned(self.config, self.num_fits).seed)  # of the next fit
        return {"accuracy": 100 * float(np.mean(answers == split.targets.numpy()))}

    def preview(self, example: Any) -> Any:
        """The class of one picture given as nested lists; None where nothing is fitted yet."""
        return int(self._newest()(np.array([example], dtype=np.uint8))[0]) if self.num_fits else None

    def state_dict(self) -> dict[str, Any]:
        """How many fits are done: all the rest follows from the config and the examples."""
        return {"num_fits": self.num_fits}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.num_fits = state["num_fits"]

    def _newest(self) -> Answer:
        if self.fitted is None or self.fitted[0] != self.num_fits:
            self.fitted = self.num_fits, self._fit(planned(self.config, self.num_fits - 1))
        return self.fitted[1]

    def _fit(self, fit: Fit) -> Answer:
        rows = self._order(fit.seed)[: fit.examples]
        images, labels = self.images[rows], self.labels[rows]
        if fit.method == NETWORK:
            return _answer(train_network(images, labels, seed=fit.seed))
        reader = classical.reader(ClassicalConfig(), fit.features)
        classifier = methods.fit(fit.method, images, labels, seed=fit.seed, reader=reader)
        return lambda pictures: methods.answer(classifier, pictures)

    def _order(self, seed: int) -> NDArray[np.intp]:
        if seed not in self.orders:
            self.orders = {seed: balanced_order(self.images, self.labels, seed=seed)}
        return self.orders[seed]


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


def network_config(num_examples: int, *, seed: int) -> DigitsConfig:
    """The default network of page Digits, for so many examples: the pictures as they are, as the other methods get
    them, and passes enough that few examples are learned too."""
    batch_size = BATCH if num_examples >= 100 else SMALL_BATCH
    epochs = -(-STEPS // max(1, num_examples // batch_size))
    return DigitsConfig(
        epochs=min(max(epochs, FEWEST_EPOCHS), 100), batch_size=batch_size, augmentation="none", seed=seed
    )


def train_network(images: Images, labels: Labels, *, seed: int) -> SupervisedLearner:
    """A network as page Digits trains it, on one processor thread."""
    config = network_config(len(images), seed=seed)
    split = Split(inputs=torch.from_numpy(images), targets=torch.from_numpy(labels), name="examples")
    learner = make_learner(config, Placement())
    loop = Loop(digits.TASK, config, Dataset(split, split, split), learner, (config.epochs,))
    while loop.step < loop.total:
        loop.advance()
    return learner


def _answer(learner: SupervisedLearner) -> Answer:
    return lambda pictures: learner.probabilities(torch.from_numpy(pictures)).argmax(1).numpy()
