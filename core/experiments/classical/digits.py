"""What the classical methods are given of Digits: a network's images, as pixels or gradient histograms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import FunctionTransformer

from core.contract import Dataset
from core.data.pictures.oriented_gradients import gradient_histograms
from core.demos.digits import learner
from core.demos.digits.config import DigitsConfig
from core.experiments.classical.config import ClassicalConfig
from core.experiments.classical.methods import Transformer


def load(config: ClassicalConfig) -> Dataset:
    """The very splits that a digit network with this data and share learns from; raises what its `load` raises."""
    return learner.load(_network(config))


def check(config: ClassicalConfig) -> None:
    """Raise at once what `load` raises."""
    learner.check(_network(config))


def _network(config: ClassicalConfig) -> DigitsConfig:
    return DigitsConfig(data=config.data, share=config.share)


def reader(config: ClassicalConfig, features: str) -> Transformer:
    """(N, 28, 28) uint8 → (N, 784) pixels in [0, 1], or (N, 324) gradient histograms."""
    return FunctionTransformer(gradient_histograms if features == "gradients" else pixels)


def pixels(images: NDArray[Any]) -> NDArray[np.float32]:
    """(N, 28, 28) uint8 → (N, 784) in [0, 1]."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)
