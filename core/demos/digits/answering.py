"""Digits for scripts: files in, answers out; and the accuracy on the test images. Nothing here is for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.data import registry
from core.data.pictures import drawing, picture, sources
from core.data.pictures.pen_strokes import strokes_from_json
from core.demo import Model, PreparedInput
from core.demos.digits.config import DigitsConfig
from core.demos.digits.reader import DigitReader, Grey, read_model, run_reader
from core.errors import InvalidInputError
from core.knobs import from_json
from core.release import ReleaseModel

TEST_SETS = {"mnist5k": "mnist"}  # what learned from the selection is measured on all test images, as everything else


def prepare(path: Path) -> PreparedInput:
    """The network's input (28, 28) float32 from a picture of a digit, or from pen strokes in a `.json` file.

    Raises:
        InvalidInputError: neither a picture nor strokes, too large, or damaged.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(picture.MAX_BYTES + 1)
    if len(content) > picture.MAX_BYTES:
        raise InvalidInputError(f"“{path.name}” is too large; at most {picture.MAX_BYTES / 1e6:g} MB are allowed.")
    source: drawing.Source
    if path.suffix.lower() == ".json":
        source = strokes_from_json(content.decode("utf-8-sig", errors="replace"))
    else:
        source = picture.find_ink(picture.read_picture(content, name=path.name))
    problem = drawing.problem(source)
    is_blocked = problem is not None and problem.blocking
    return PreparedInput(None if is_blocked else drawing.prepare(source).image, problem)


class DigitModel:
    """A reader with the names of its classes and its test set.

    Args:
        data: the data set that it has learned from, a picture set of the registry.
    """

    def __init__(self, reader: DigitReader, *, data: str) -> None:
        self.reader = reader
        self.data = data
        self.classes = registry.find(data).classes

    def answer(self, values: Sequence[Grey]) -> Sequence[Mapping[str, Any]]:
        """The likeliest class and all probabilities of images (28, 28), ink is 1."""
        return [
            {
                "answer": self.classes[int(row.argmax())],
                "probabilities": {name: round(float(p), 6) for name, p in zip(self.classes, row, strict=True)},
            }
            for row in self.reader.probabilities(np.stack(values))
        ]

    def evaluate(self) -> Mapping[str, Any]:
        """Accuracy on all test images of its data set; raises `DataUnavailableError`."""
        images = sources.load_images(TEST_SETS.get(self.data, self.data))
        pictures: Grey = np.divide(images.test_images, 255, dtype=np.float32)
        answers = self.reader.probabilities(pictures).argmax(axis=1)
        num_right = int((answers == images.test_labels).sum())
        return {
            "set": f"{len(answers):,} {images.name} test images",
            "examples": len(answers),
            "right": num_right,
            "accuracy": num_right / len(answers),
        }


def release_model(release: ReleaseModel) -> Model:
    """A model that ships with the project."""
    return DigitModel(read_model(release), data=release.config(DigitsConfig).data)


def run_model(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> Model:
    """The model of a run, from its saved config and the learner's part of a checkpoint."""
    return DigitModel(run_reader(config, learner_state), data=from_json(DigitsConfig, config)[0].data)
