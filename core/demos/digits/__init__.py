"""Digits: a picture of a digit → which one it is. Reading this package costs no PyTorch; its functions import it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.contract import Answering, Cost, Dataset, Learner, Metric, Model, Placement, Readied, Task
from core.demos.digits.config import PRESETS, DigitsConfig

NUM_CHANCES = 38  # core.training.augmentation.NUM_CHANCES, without its import; a test compares them


def _load(config: DigitsConfig) -> Dataset:
    from core.demos.digits.learner import load

    return load(config)


def _check(config: DigitsConfig) -> None:
    from core.demos.digits.learner import check

    check(config)


def _learner(config: DigitsConfig, placement: Placement) -> Learner:
    from core.demos.digits.learner import make_learner

    return make_learner(config, placement)


def _num_parameters(config: DigitsConfig) -> int:
    from core.demos.digits.learner import num_parameters

    return num_parameters(config)


def _cost(config: DigitsConfig) -> Cost:
    from core.demos.digits.cost import cost

    return cost(config)


def _prepare(path: Path) -> Readied:
    from core.demos.digits.answering import prepare

    return prepare(path)


def _release_model() -> Model:
    from core.demos.digits.answering import release_model

    return release_model()


def _run_model(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> Model:
    from core.demos.digits.answering import run_model

    return run_model(config, learner_state)


def _batch_size(config: Any) -> int:
    return config.batch_size


def _keeps_last(config: Any) -> bool:
    return config.adversarial > 0  # validation is on clean pictures: it would pick the weights that resist least


TASK = Task(
    name="digits",
    title="Digits",
    order=1,
    icon=":material/draw:",
    sentence="Draw a digit, see what a network reads, and train one of your own.",
    Config=DigitsConfig,
    presets=PRESETS,
    metrics=(
        Metric(name="loss", label="Loss"),
        Metric(name="accuracy", label="Accuracy", unit="%", goal="max"),
    ),
    select="accuracy",
    num_chances=NUM_CHANCES,
    batch_size=_batch_size,
    load=_load,
    learner=_learner,
    check=_check,
    num_parameters=_num_parameters,
    cost=_cost,
    answering=Answering(
        inputs="pictures of one digit each (PNG, JPEG, WebP), or pen strokes (.json)",
        prepare=_prepare,
        releases={"release": _release_model},
        of_run=_run_model,
    ),
    keeps_last=_keeps_last,
)
