"""Generator: a class and random numbers → a picture. Reading this package costs no PyTorch; its functions import it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.contract import Batch, ByHand, Metric, Progress, Split, Training
from core.demo import Demo, Export, Models, Page
from core.demos.generator.config import PRESETS, RELEASES, GeneratorConfig
from core.lazy import lazily


def _watched(config: GeneratorConfig) -> Mapping[str, Any]:
    from core.demos.generator.latents import fixed_grid

    return {"fixed": fixed_grid(config)}


def _step_alone(learner: Any, part: str, batch: Batch, progress: Progress) -> None:
    learner.step_alone(part, batch, progress)


def _look(learner: Any, split: Split, pins: Mapping[str, Any]) -> Mapping[str, Any]:
    looked: Mapping[str, Any] = learner.look(split, {**_watched(learner.config), **pins})
    return looked


def _batch_size(config: Any) -> int:
    return config.batch_size * config.discriminator_steps


TASK = Training(
    name="generator",
    Config=GeneratorConfig,
    presets=PRESETS,
    metrics=(
        Metric(name="agreement", label="Agreement with the asked class", unit="%", goal="max"),
        Metric(name="diversity", label="Diversity within a class, of real", unit="%", goal="max"),
        Metric(name="classes", label="Classes drawn", goal="max"),
        Metric(name="frechet", label="Fréchet distance", more=True),
        Metric(name="generator", label="Loss of G"),
        Metric(name="discriminator", label="Loss of D"),
        Metric(name="real_accuracy", label="D right on real", unit="%", goal="max", more=True),
        Metric(name="generated_accuracy", label="D right on generated", unit="%", goal="max", more=True),
    ),
    select=None,
    batch_size=_batch_size,
    load=lazily("core.demos.generator.learner:load"),
    learner=lazily("core.demos.generator.learner:make_learner"),
    check=lazily("core.demos.generator.learner:check"),
    num_parameters=lazily("core.demos.generator.learner:num_parameters"),
    cost=lazily("core.demos.generator.cost:cost"),
    watched=_watched,
    by_hand=ByHand(parts={"discriminator": "D", "generator": "G"}, step=_step_alone, look=_look),
)

DEMO = Demo(
    title="Generator",
    order=4,
    icon=":material/imagesmode:",
    sentence="Two networks compete: one draws digits or clothes, the other tries to tell them from real ones.",
    training=TASK,
    models=Models(
        of_run=lazily("core.demos.generator.painter:run_painter"),
        of_release=lazily("core.demos.generator.painter:release_painter"),
        releases=RELEASES,
    ),
    generates=True,
    export=Export(
        network=lazily("core.demos.generator.painter:run_network"),
        release_state=lazily("core.demos.generator.painter:release_state"),
    ),
    diagnose=lazily("core.demos.generator.diagnosis:diagnose"),
    page=Page(examples="pictures", given="picture", gave="chosen"),
)
