"""More data: how much a network and classical methods gain from more examples. Its runs are shown on Foundations.

Reading this package costs neither PyTorch nor scikit-learn; its functions import them.
"""

from __future__ import annotations

from core.contract import Learner, Metric, Placement, Training
from core.demo import Demo
from core.experiments.more_data.config import PRESETS, MoreDataConfig
from core.lazy import lazily


def _check(config: MoreDataConfig) -> None:
    from core.demos.digits.config import DigitsConfig
    from core.demos.digits.learner import check

    check(DigitsConfig(data=config.data))


def _learner(config: MoreDataConfig, placement: Placement) -> Learner:
    from core.experiments.more_data.learner import MoreDataLearner, load

    return MoreDataLearner(config, load(config).train)


def _all_examples(config: MoreDataConfig) -> int:
    from core.demos.digits.config import NUM_EXAMPLES

    return NUM_EXAMPLES[config.data][0]


TASK = Training(
    name="more_data",
    Config=MoreDataConfig,
    presets=PRESETS,
    metrics=(Metric(name="accuracy", label="Test accuracy of the last fit", unit="%", goal="max"),),
    select=None,
    num_chances=0,
    batch_size=_all_examples,
    load=lazily("core.experiments.more_data.learner:load"),
    learner=_learner,
    check=_check,
    placement=Placement(),
)

DEMO = Demo(
    title="More data",
    order=101,
    icon=":material/stacked_line_chart:",
    sentence="How much a network and classical methods gain from more examples.",
    page="foundations",
    training=TASK,
)
