"""Voice: a second of sound → the command in it. Reading this package costs no PyTorch; its functions import it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.contract import Answering, Cost, Dataset, Learner, Metric, Model, Placement, Readied, Task
from core.demos.voice.config import PRESETS, VoiceConfig

NUM_CHANCES = 15  # core.demos.voice.augmentation.NUM_CHANCES, without its import; a test compares them


def _load(config: VoiceConfig) -> Dataset:
    from core.demos.voice.learner import load

    return load(config)


def _check(config: VoiceConfig) -> None:
    from core.demos.voice.learner import check

    check(config)


def _learner(config: VoiceConfig, placement: Placement) -> Learner:
    from core.demos.voice.learner import make_learner

    return make_learner(config, placement)


def _num_parameters(config: VoiceConfig) -> int:
    from core.demos.voice.learner import num_parameters

    return num_parameters(config)


def _cost(config: VoiceConfig) -> Cost:
    from core.demos.voice.cost import cost

    return cost(config)


def _prepare(path: Path) -> Readied:
    from core.demos.voice.answering import prepare

    return prepare(path)


def _release_model() -> Model:
    from core.demos.voice.answering import release_model

    return release_model()


def _run_model(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> Model:
    from core.demos.voice.answering import run_model

    return run_model(config, learner_state)


def _batch_size(config: Any) -> int:
    return config.batch_size


TASK = Task(
    name="voice",
    title="Voice",
    order=2,
    icon=":material/mic:",
    sentence="Speak a command, follow it through the network, and train one of your own.",
    Config=VoiceConfig,
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
        inputs="recordings of one command each (WAV, FLAC, MP3, OGG)",
        prepare=_prepare,
        releases={"release": _release_model},
        of_run=_run_model,
    ),
)
