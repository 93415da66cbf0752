"""Generator in the plane: points in place of pictures, so that both networks can be drawn whole. No page of its own.

Reading this package costs no PyTorch; its functions import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.contract import Cost, Dataset, Learner, Metric, Placement, Task
from core.demos.plane.config import PRESETS, PlaneConfig


def _check(config: PlaneConfig) -> None:
    from core.demos.plane.cloud import check

    check(config)


def _load(config: PlaneConfig) -> Dataset:
    from core.demos.plane.learner import load

    return load(config)


def _learner(config: PlaneConfig, placement: Placement) -> Learner:
    from core.demos.plane.learner import PlaneLearner

    return PlaneLearner(config, placement)


def _num_parameters(config: PlaneConfig) -> int:
    from core.demos.plane.learner import num_parameters

    return num_parameters(config)


def _cost(config: PlaneConfig) -> Cost:
    from core.demos.plane.learner import cost

    return cost(config)


def _watched(config: PlaneConfig) -> Mapping[str, Any]:
    return {"plane": {}}


def _batch_size(config: Any) -> int:
    return config.batch_size * config.discriminator_steps


TASK = Task(
    name="plane",
    title="Generator in the plane",
    order=101,
    icon=":material/scatter_plot:",
    sentence="Two small networks compete over points in the plane, where both can be drawn whole.",
    Config=PlaneConfig,
    presets=PRESETS,
    metrics=(
        Metric(name="covered", label="Real points with a generated one near", unit="%", goal="max"),
        Metric(name="hit", label="Generated points with a real one near", unit="%", goal="max"),
        Metric(name="generator", label="Loss of G"),
        Metric(name="discriminator", label="Loss of D"),
        Metric(name="real_accuracy", label="D right on real", unit="%", goal="max"),
        Metric(name="generated_accuracy", label="D right on generated", unit="%", goal="max"),
    ),
    select=None,
    num_chances=0,
    batch_size=_batch_size,
    load=_load,
    check=_check,
    learner=_learner,
    num_parameters=_num_parameters,
    cost=_cost,
    page="generator",
    placement=Placement(),
    watched=_watched,
)
