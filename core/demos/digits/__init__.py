"""Digits: a picture of a digit → which one it is. Reading this package costs no PyTorch; its functions import it."""

from __future__ import annotations

from typing import Any

from core.contract import CLASSIFICATION, Training
from core.data import registry
from core.demo import Answering, Comparison, Demo, Export, Models, Page
from core.demos.digits.config import PRESETS, RELEASE, DigitsConfig
from core.lazy import lazily

NETWORKS = {"cnn": "convolutional", "plain": "plain"}
NUM_CHANCES = 38  # core.training.augmentation.NUM_CHANCES, without its import; a test compares them


def _keeps_last(config: Any) -> bool:
    return config.adversarial > 0  # validation is on clean pictures: it would pick the weights that resist least


TASK = Training(
    name="digits",
    Config=DigitsConfig,
    presets=PRESETS,
    metrics=CLASSIFICATION,
    select="accuracy",
    num_chances=NUM_CHANCES,
    load=lazily("core.demos.digits.learner:load"),
    learner=lazily("core.demos.digits.learner:make_learner"),
    check=lazily("core.demos.digits.learner:check"),
    num_parameters=lazily("core.demos.digits.learner:num_parameters"),
    cost=lazily("core.demos.digits.cost:cost"),
    keeps_last=_keeps_last,
)

DEMO = Demo(
    title="Digits",
    order=1,
    icon=":material/draw:",
    sentence="Draw a digit, see what a network reads, and train one of your own.",
    training=TASK,
    models=Models(
        of_run=lazily("core.demos.digits.reader:run_reader"),
        of_release=lazily("core.demos.digits.reader:read_model"),
        releases={"release": RELEASE},
    ),
    answering=Answering(
        inputs="pictures of one digit each (PNG, JPEG, HEIC …), or pen strokes (.json)",
        prepare=lazily("core.demos.digits.reader:prepare"),
    ),
    export=Export(
        network=lazily("core.demos.digits.reader:run_network"),
        onnx=lazily("core.demos.digits.reader:onnx_file"),
        compared=lazily("core.demos.digits.bundle:compared"),
        card=lazily("core.demos.digits.bundle:card"),
    ),
    comparison=Comparison(
        methods="classical",
        kind="Images",
        icon=":material/image:",
        raw="pixels",
        question=(
            "How far do nearest neighbours, logistic regression, a random forest and an SVM get on the same images? "
            "Each reads the pixels, then gradient histograms."
        ),
        data_label=lambda config: registry.find(config.data).label,
        network_label=lambda config: "release" if config.start == "release" else NETWORKS[config.network],
    ),
    page=Page(
        examples="images",
        given="drawing",
        gave="drawn",
        confusion="Which digit is taken for which",
        num_mistakes=12,
    ),
)
