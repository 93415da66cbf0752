"""Generator: a class and random numbers → a picture. Reading this package costs no PyTorch; its functions import it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.contract import Cost, Dataset, Generating, Learner, Maker, Metric, Placement, Task
from core.demos.generator.config import PRESETS, GeneratorConfig


def _load(config: GeneratorConfig) -> Dataset:
    from core.demos.generator.learner import load

    return load(config)


def _check(config: GeneratorConfig) -> None:
    from core.demos.generator.learner import check

    check(config)


def _learner(config: GeneratorConfig, placement: Placement) -> Learner:
    from core.demos.generator.learner import make_learner

    return make_learner(config, placement)


def _num_parameters(config: GeneratorConfig) -> int:
    from core.demos.generator.learner import num_parameters

    return num_parameters(config)


def _cost(config: GeneratorConfig) -> Cost:
    from core.demos.generator.cost import cost

    return cost(config)


def _watched(config: GeneratorConfig) -> Mapping[str, Any]:
    from core.demos.generator.latents import fixed_grid

    return {"fixed": fixed_grid(config)}


def _release(data: str) -> Maker:
    from core.demos.generator.painter import release_painter

    return release_painter(data)


def _of_run(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> Maker:
    from core.demos.generator.painter import run_painter

    return run_painter(config, learner_state)


def _batch_size(config: Any) -> int:
    return config.batch_size * config.discriminator_steps


TASK = Task(
    name="generator",
    title="Generator",
    order=4,
    icon=":material/imagesmode:",
    sentence="Two networks compete: one draws digits or clothes, the other tries to tell them from real ones.",
    Config=GeneratorConfig,
    presets=PRESETS,
    metrics=(
        Metric(name="agreement", label="Agreement with the asked class", unit="%", goal="max"),
        Metric(name="diversity", label="Diversity within a class, of real", unit="%", goal="max"),
        Metric(name="classes", label="Classes drawn", goal="max"),
        Metric(name="frechet", label="Fréchet distance"),
        Metric(name="generator", label="Loss of G"),
        Metric(name="discriminator", label="Loss of D"),
        Metric(name="real_accuracy", label="D right on real", unit="%", goal="max"),
        Metric(name="generated_accuracy", label="D right on generated", unit="%", goal="max"),
    ),
    select=None,
    num_chances=0,
    batch_size=_batch_size,
    load=_load,
    learner=_learner,
    check=_check,
    num_parameters=_num_parameters,
    cost=_cost,
    generating=Generating(data=("mnist", "fashion"), release=_release, of_run=_of_run),
    watched=_watched,
)
