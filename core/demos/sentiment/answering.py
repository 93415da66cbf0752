"""Sentiment for scripts: texts in, answers out; and the accuracy on a test set. Nothing here is for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.data.text import reviews
from core.demo import Model, PreparedInput
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.reader import TextReader, find_problem, read_model, run_reader
from core.knobs import from_json
from core.release import ReleaseModel


def prepare(given: str) -> PreparedInput:
    """A text as it is, or why it cannot be answered."""
    problem = find_problem(given)
    return PreparedInput(given if problem is None else None, problem)


class SentimentModel:
    """A reader with the test set of the texts that it has learned from.

    Args:
        data, table: of its config.
    """

    def __init__(self, reader: TextReader, *, data: str, table: str) -> None:
        self.reader = reader
        self.data, self.table = data, table

    def answer(self, values: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """The likeliest class, whether it is sure, and all probabilities."""
        classes, sure_from = self.reader.classes, self.reader.sure_from
        return [
            {
                "answer": classes[int(row.argmax())],
                "sure": bool(row.max() >= sure_from),
                "probabilities": {name: round(float(p), 6) for name, p in zip(classes, row, strict=True)},
            }
            for row in self.reader.probabilities(values)
        ]

    def evaluate(self) -> Mapping[str, Any]:
        """Accuracy on the test set; of SST-2, the dev set of GLUE. Raises `DataUnavailableError`."""
        if self.data == "sst2":
            part, name = reviews.sst2_dev(), "SST-2 dev sentences"
        else:
            texts = reviews.load(self.data, self.table)
            part, name = texts.test, f"{texts.label} test {texts.unit}"
        answers = self.reader.probabilities(part.texts).argmax(axis=1)
        num_right = int((answers == part.labels).sum())
        return {
            "set": f"{len(part):,} {name}",
            "examples": len(part),
            "right": num_right,
            "accuracy": num_right / len(part),
        }


def release_model(release: ReleaseModel) -> Model:
    """A model that ships with the project; raises `DataUnavailableError` as `read_model`."""
    return SentimentModel(read_model(release), data=release.config(SentimentConfig).data, table="")


def run_model(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> Model:
    """The model of a run, from its saved config and the learner's part of a checkpoint."""
    known, _ = from_json(SentimentConfig, config)
    return SentimentModel(run_reader(config, learner_state), data=known.data, table=known.table)
