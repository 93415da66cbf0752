"""The copy of a digit model that learns to resist: which training makes it. The training itself is any other run's."""

from collections.abc import Sequence
from dataclasses import replace

from core.demos.digits.config import DigitsConfig
from core.knobs import knobs

EPSILON = 0.1  # of the adversarial examples that a copy learns from
RELEASE_COPY = DigitsConfig(start="release", adversarial=EPSILON, epochs=2)


def copy_config(config: DigitsConfig, *, phases: Sequence[int]) -> DigitsConfig:
    """The same recipe with the same seed and as many epochs in all, and adversarial examples beside the plain ones."""
    most = knobs(DigitsConfig)["epochs"].high  # type: ignore[attr-defined]
    return replace(config, adversarial=EPSILON, epochs=min(sum(phases), most))
