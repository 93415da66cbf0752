"""Voice: a second of sound → the command in it. Reading this package costs no PyTorch; its functions import it."""

from __future__ import annotations

from typing import Any

from core.contract import Metric, Training
from core.demo import Answering, Demo, Export, Models
from core.demos.voice.config import PRESETS, RELEASE, VoiceConfig
from core.lazy import lazily

NUM_CHANCES = 15  # core.demos.voice.augmentation.NUM_CHANCES, without its import; a test compares them


def _batch_size(config: Any) -> int:
    return config.batch_size


TASK = Training(
    name="voice",
    Config=VoiceConfig,
    presets=PRESETS,
    metrics=(
        Metric(name="loss", label="Loss"),
        Metric(name="accuracy", label="Accuracy", unit="%", goal="max"),
    ),
    select="accuracy",
    num_chances=NUM_CHANCES,
    batch_size=_batch_size,
    load=lazily("core.demos.voice.learner:load"),
    learner=lazily("core.demos.voice.learner:make_learner"),
    check=lazily("core.demos.voice.learner:check"),
    settle=lazily("core.demos.voice.learner:settle"),
    num_parameters=lazily("core.demos.voice.learner:num_parameters"),
    cost=lazily("core.demos.voice.cost:cost"),
)

DEMO = Demo(
    title="Voice",
    order=2,
    icon=":material/mic:",
    sentence="Speak a command, follow it through the network, and train one of your own.",
    training=TASK,
    models=Models(
        of_run=lazily("core.demos.voice.answering:run_model"),
        of_release=lazily("core.demos.voice.answering:release_model"),
        releases={"release": RELEASE},
    ),
    answering=Answering(
        inputs="recordings of one command each (WAV, FLAC, MP3, OGG)",
        prepare=lazily("core.demos.voice.answering:prepare"),
    ),
    export=Export(
        network=lazily("core.demos.voice.learner:run_network"),
        release_state=lazily("core.demos.voice.hearing:release_state"),
        onnx=lazily("core.demos.voice.hearing:onnx_file"),
    ),
)
