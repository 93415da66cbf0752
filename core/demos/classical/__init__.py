"""Classical learning beside the digit network: four methods of scikit-learn on the same splits. No page of its own.

Reading this package costs neither PyTorch nor scikit-learn; its functions import them.
"""

from __future__ import annotations

from core.contract import Dataset, Learner, Metric, Placement, Task
from core.demos.classical.config import PRESETS, ClassicalConfig


def _load(config: ClassicalConfig) -> Dataset:
    from core.demos.classical.learner import load

    return load(config)


def _learner(config: ClassicalConfig, placement: Placement) -> Learner:
    from core.demos.classical.learner import ClassicalLearner, load

    return ClassicalLearner(config, lambda: load(config).train)


def _all_examples(config: ClassicalConfig) -> int:
    from core.demos.digits.config import DigitsConfig
    from core.demos.digits.cost import num_examples

    return num_examples(DigitsConfig(data=config.data, share=config.share))


TASK = Task(
    name="classical",
    title="Classical learning",
    order=100,
    icon=":material/scatter_plot:",
    sentence="What methods from before deep learning make of the same digits.",
    Config=ClassicalConfig,
    presets=PRESETS,
    metrics=(Metric(name="accuracy", label="Accuracy", unit="%", goal="max"),),
    select="accuracy",
    num_chances=0,
    batch_size=_all_examples,
    load=_load,
    learner=_learner,
    page="digits",
    placement=Placement(),
)
