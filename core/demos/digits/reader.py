"""Reading a digit: from a drawing or a picture to probabilities, with the time it took."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.classifier import Classifier, FastNetwork, Labelled
from core.data import registry
from core.data.pictures import drawing, picture, several, sources
from core.data.pictures.ink import find_ink
from core.data.pictures.pen_strokes import Strokes, strokes_from_json
from core.demo import PreparedInput
from core.demos.digits.config import RELEASE, DigitsConfig
from core.demos.digits.gate import gate
from core.demos.digits.learner import make_network
from core.demos.digits.network import IMAGE_SIDE
from core.errors import InvalidInputError, Problem
from core.export import to_onnx
from core.knobs import from_json
from core.release import ReleaseModel
from core.training.supervised import trained

Grey = npt.NDArray[np.float32]
SEVERAL = 8  # images stand for every batch of more than one when engines are compared
DIGITS = tuple("0123456789")
NO_DIGIT = Problem(
    "not_a_digit",
    "This does not look like a digit. The answer is the nearest one; if you meant a digit, draw it more plainly.",
    blocking=False,
)
TEST_SETS = {"mnist5k": "mnist"}  # what learned from the selection is measured on all test images, as everything else


@dataclass(frozen=True)
class Reading:
    """What came out. Where a problem is blocking there is no answer: nothing is predicted from nothing."""

    problem: Problem | None
    prepared: drawing.Prepared | None
    probabilities: tuple[float, ...] | None  # (10,)
    milliseconds: float  # preparation and networks together
    likeness: float | None = None  # to a digit, in [0, 1]; None where nothing is answered, or the classes are others
    is_digit: bool = True  # False: its likeness is below the gate's threshold, and the answer is the nearest digit


class DigitReader(Classifier):
    """A trained network behind the preparation of drawings.

    Args:
        network: (B, 1, 28, 28) float32 in [0, 1] → (B, 10) logits, on the processor.
        data: what it has learned from, a picture set of the registry.
    """

    def __init__(self, network: nn.Module, *, data: str) -> None:
        self.network = network.eval()
        self.data = data
        self.classes = registry.find(data).classes
        self.gate = gate() if self.classes == DIGITS else None
        self._fast = FastNetwork(self.network, onnx_file, shape=(1, IMAGE_SIDE, IMAGE_SIDE), several=SEVERAL)

    def probabilities(self, examples: Grey | Sequence[Grey]) -> Grey:
        """(N, 28, 28) float32 in [0, 1], ink is 1 → (N, 10) float32 probabilities."""
        return self._fast.probabilities(np.ascontiguousarray(examples, dtype=np.float32)[:, None])

    def answer(self, values: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """As every classifier, and whether it is a digit at all, where digits are what it knows."""
        said = super().answer(values)
        if self.gate is None or not len(values):
            return said
        return [{**one, **self._told(float(like))} for one, like in zip(said, self.gate.likeness(values), strict=True)]

    def _told(self, likeness: float) -> dict[str, Any]:
        assert self.gate is not None
        told = {"is_digit": likeness >= self.gate.threshold, "likeness": round(likeness, 6)}
        return told if told["is_digit"] else {**told, "warning": NO_DIGIT.code, "message": NO_DIGIT.message}

    def test_set(self) -> Labelled:
        """Test images (N, 28, 28)."""
        return _test_set(self.data)

    def official_test_set(self) -> Labelled:
        """All test images, of MNIST also where a selection was learned from."""
        return _test_set(TEST_SETS.get(self.data, self.data))

    def read(
        self, source: Strokes | Grey, *, switches: drawing.Switches | None = None, tolerant: bool = False
    ) -> Reading:
        """Prepare a source and answer it.

        Args:
            source: pen strokes, or a picture (H, W) float32 in [0, 1] with ink 1.
            switches: which preparation steps are on; all by default.
            tolerant: answer in spite of a problem, as long as there is ink at all.
        """
        start = time.perf_counter()
        problem = drawing.problem(source)
        if problem is not None and problem.blocking and not (tolerant and problem.code != "blank"):
            return Reading(problem, None, None, 1000 * (time.perf_counter() - start))
        prepared = drawing.prepare(source, switches=switches or drawing.Switches())
        answer = tuple(float(p) for p in self.probabilities(prepared.image[None])[0])
        if self.gate is None:
            return Reading(problem, prepared, answer, 1000 * (time.perf_counter() - start))
        usual = prepared if switches in (None, drawing.Switches()) else drawing.prepare(source)  # as the gate knows it
        likeness = float(self.gate.likeness(usual.image[None])[0])
        milliseconds = 1000 * (time.perf_counter() - start)
        return Reading(problem, prepared, answer, milliseconds, likeness, likeness >= self.gate.threshold)


def onnx_file(network: nn.Module) -> bytes:
    """A digit network as ONNX: `images` (B, 1, 28, 28) → `logits` (B, 10)."""
    return to_onnx(network, torch.zeros(1, 1, IMAGE_SIDE, IMAGE_SIDE), inputs="images", outputs="logits")


def _test_set(data: str) -> Labelled:
    images = sources.load_images(data)
    pictures = np.divide(images.test_images, 255, dtype=np.float32)
    return Labelled(f"{len(pictures):,} {images.name} test images", pictures, images.test_labels.astype(int))


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
    source: drawing.Drawing
    if path.suffix.lower() == ".json":
        source = strokes_from_json(content.decode("utf-8-sig", errors="replace"))
    else:
        source = find_ink(picture.read_picture(content, name=path.name))
    problem = drawing.problem(source)
    if problem is None or not problem.blocking:
        return PreparedInput(drawing.prepare(source).image, problem)
    rows = several.digits_of(source) if problem.code == "two_digits" and not isinstance(source, Strokes) else []
    return PreparedInput(None, problem, [[drawing.prepare(digit).image for digit in row] for row in rows])


def read_model(release: ReleaseModel = RELEASE) -> DigitReader:
    """The reader of a release model."""
    return run_reader(release.card["config"], {"network": release.weights()})


def run_reader(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> DigitReader:
    """The network of a run, from its saved config and the learner's part of a checkpoint."""
    return DigitReader(run_network(config, learner_state), data=from_json(DigitsConfig, config)[0].data)


def run_network(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> nn.Module:
    """The network that answers for a run, in evaluation mode, without what a reader adds."""
    return trained(make_network(from_json(DigitsConfig, config)[0]), learner_state)
