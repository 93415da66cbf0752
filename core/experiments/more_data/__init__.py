"""More data: how much a network and classical methods gain from more examples. Its runs are shown on Foundations.

Reading this package costs neither PyTorch nor scikit-learn; its functions import them.
"""

from __future__ import annotations

from core.contract import Fits, Metric
from core.demo import Demo, Page
from core.experiments.more_data.config import PRESETS, MoreDataConfig
from core.lazy import lazily


def _check(config: MoreDataConfig) -> None:
    from core.demos.digits.config import DigitsConfig
    from core.demos.digits.learner import check

    check(DigitsConfig(data=config.data))


TASK = Fits(
    name="more_data",
    Config=MoreDataConfig,
    presets=PRESETS,
    metrics=(Metric(name="accuracy", label="Test accuracy of the last fit", unit="%", goal="max"),),
    select=None,
    load=lazily("core.experiments.more_data.fitter:load"),
    fitter=lazily("core.experiments.more_data.fitter:MoreDataFitter"),
    check=_check,
    measured_on="test",  # nothing is chosen
)

DEMO = Demo(
    title="More data",
    order=101,
    icon=":material/stacked_line_chart:",
    sentence="How much a network and classical methods gain from more examples.",
    page=Page(name="foundations"),
    fits=TASK,
)
