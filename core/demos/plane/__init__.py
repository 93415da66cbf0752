"""Generator in the plane: points in place of pictures, so that both networks can be drawn whole. No page of its own.

Reading this package costs no PyTorch; its functions import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.contract import Metric, Placement, Training
from core.demo import Demo, Page
from core.demos.plane.config import PRESETS, PlaneConfig
from core.lazy import lazily


def _watched(config: PlaneConfig) -> Mapping[str, Any]:
    return {"plane": {}}


def _batch_size(config: Any) -> int:
    return config.batch_size * config.discriminator_steps


TASK = Training(
    name="plane",
    Config=PlaneConfig,
    presets=PRESETS,
    metrics=(
        Metric(name="covered", label="Real points with a generated one near", unit="%", goal="max"),
        Metric(name="hit", label="Generated points with a real one near", unit="%", goal="max"),
        Metric(name="generator", label="Loss of G", more=True),
        Metric(name="discriminator", label="Loss of D", more=True),
        Metric(name="real_accuracy", label="D right on real", unit="%", goal="max", more=True),
        Metric(name="generated_accuracy", label="D right on generated", unit="%", goal="max", more=True),
    ),
    select=None,
    batch_size=_batch_size,
    load=lazily("core.demos.plane.learner:load"),
    check=lazily("core.demos.plane.cloud:check"),
    learner=lazily("core.demos.plane.learner:PlaneLearner"),
    num_parameters=lazily("core.demos.plane.learner:num_parameters"),
    cost=lazily("core.demos.plane.learner:cost"),
    placement=Placement(),
    watched=_watched,
)

DEMO = Demo(
    title="Generator in the plane",
    order=101,
    icon=":material/scatter_plot:",
    sentence="Two small networks compete over points in the plane, where both can be drawn whole.",
    training=TASK,
    diagnose=lazily("core.demos.plane.diagnosis:diagnose"),
    page=Page(name="generator"),
)
