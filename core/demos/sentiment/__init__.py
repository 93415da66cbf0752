"""Sentiment: a text → what it thinks. Reading this package costs no PyTorch; its functions import it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.contract import Answering, Cost, Dataset, Learner, Metric, Model, Placement, Readied, Task
from core.demos.sentiment.config import PRESETS, SentimentConfig


def _load(config: SentimentConfig) -> Dataset:
    from core.demos.sentiment.learner import load

    return load(config)


def _check(config: SentimentConfig) -> None:
    from core.demos.sentiment.learner import check

    check(config)


def _learner(config: SentimentConfig, placement: Placement) -> Learner:
    from core.demos.sentiment.learner import make_learner

    return make_learner(config, placement)


def _num_parameters(config: SentimentConfig) -> int:
    from core.demos.sentiment.learner import num_parameters

    return num_parameters(config)


def _cost(config: SentimentConfig) -> Cost:
    from core.demos.sentiment.cost import cost

    return cost(config)


def _prepare(text: str) -> Readied:
    from core.demos.sentiment.answering import prepare

    return prepare(text)


def _encoder() -> Model:
    from core.demos.sentiment.answering import release_model

    return release_model("encoder")


def _small() -> Model:
    from core.demos.sentiment.answering import release_model

    return release_model("small")


def _run_model(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> Model:
    from core.demos.sentiment.answering import run_model

    return run_model(config, learner_state)


def _batch_size(config: Any) -> int:
    return config.batch_size


TASK = Task(
    name="sentiment",
    title="Sentiment",
    order=3,
    icon=":material/chat:",
    sentence="Type a sentence, see what a network takes it for and by which words, and train one of your own.",
    Config=SentimentConfig,
    presets=PRESETS,
    metrics=(
        Metric(name="loss", label="Loss"),
        Metric(name="accuracy", label="Accuracy", unit="%", goal="max"),
    ),
    select="accuracy",
    num_chances=0,
    batch_size=_batch_size,
    load=_load,
    learner=_learner,
    check=_check,
    num_parameters=_num_parameters,
    cost=_cost,
    answering=Answering(
        inputs="files of texts, one a line (or one text with --text)",
        prepare=_prepare,
        releases={"encoder": _encoder, "small": _small},
        of_run=_run_model,
        reads="lines",
    ),
)
