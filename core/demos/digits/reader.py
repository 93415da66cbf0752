"""Reading a digit: from a drawing or a picture to probabilities, with the time it took."""

import time
import timeit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.data.pictures import drawing
from core.data.pictures.pen_strokes import Strokes
from core.demos.digits.config import RELEASE, DigitsConfig
from core.demos.digits.learner import make_network
from core.demos.digits.network import IMAGE_SIDE
from core.errors import Problem
from core.export import open_onnx, run_onnx, to_onnx
from core.knobs import from_json
from core.release import ReleaseModel
from core.training.supervised import answering_weights

Grey = npt.NDArray[np.float32]
Engine = Callable[[Grey], Grey]  # (B, 1, 28, 28) float32 in [0, 1] → (B, 10) logits
BATCH = 100  # at most; onnxruntime keeps the memory of the largest it has seen
SEVERAL = 8  # images stand for every batch of more than one when engines are compared


@dataclass(frozen=True)
class Reading:
    """What came out. Where a problem is blocking there is no answer: nothing is predicted from nothing."""

    problem: Problem | None
    prepared: drawing.Prepared | None
    probabilities: tuple[float, ...] | None  # (10,)
    milliseconds: float  # preparation and network together


class DigitReader:
    """A trained network behind the preparation of drawings.

    It answers through onnxruntime or PyTorch, whichever was faster when it was made: for one image, and for several.
    On one core that is 0.2 ms with onnxruntime and 1.2 ms with PyTorch for one image and the release model. Making
    a reader takes 0.1 to 0.5 s, so it is made once and kept. It may answer many threads at a time.

    Args:
        network: (B, 1, 28, 28) float32 in [0, 1] → (B, 10) logits, on the processor.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network.eval()
        engines: list[Engine] = [self._pytorch]
        try:
            model = to_onnx(network, torch.zeros(1, 1, IMAGE_SIDE, IMAGE_SIDE), inputs="images", outputs="logits")
            session = open_onnx(model)
            engines.append(lambda images: run_onnx(session, images))
        except ImportError:  # onnxruntime is not made for every processor
            pass
        self._one, self._several = fastest(engines, 1), fastest(engines, SEVERAL)

    @torch.no_grad()
    def _pytorch(self, images: Grey) -> Grey:
        logits: Grey = self.network(torch.from_numpy(images)).numpy()
        return logits

    def probabilities(self, images: Grey) -> Grey:
        """(N, 28, 28) float32 in [0, 1], ink is 1 → (N, 10) float32 probabilities."""
        inputs = np.ascontiguousarray(images, dtype=np.float32)[:, None]
        answer = self._one if len(inputs) == 1 else self._several
        logits = [answer(inputs[start : start + BATCH]) for start in range(0, max(len(inputs), 1), BATCH)]
        return torch.from_numpy(np.concatenate(logits)).softmax(1).numpy()

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
        answer = self.probabilities(prepared.image[None])[0]
        milliseconds = 1000 * (time.perf_counter() - start)
        return Reading(problem, prepared, tuple(float(p) for p in answer), milliseconds)


def fastest(engines: Sequence[Engine], num_images: int) -> Engine:
    """The engine that answers a batch of so many images first; the best of three measurements counts."""
    images = np.zeros((num_images, 1, IMAGE_SIDE, IMAGE_SIDE), np.float32)

    def seconds(engine: Engine) -> float:
        engine(images)  # the first call sets up memory
        return min(timeit.repeat(lambda: engine(images), number=1, repeat=3))

    return min(engines, key=seconds)


def read_model(release: ReleaseModel = RELEASE) -> DigitReader:
    """The reader of a release model."""
    network = make_network(release.config(DigitsConfig))
    network.load_state_dict(release.weights())
    return DigitReader(network)


def run_reader(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> DigitReader:
    """The network of a run, from its saved config and the learner's part of a checkpoint."""
    return DigitReader(run_network(config, learner_state))


def run_network(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> nn.Module:
    """The network that answers for a run, in evaluation mode, without what a reader adds."""
    network = make_network(from_json(DigitsConfig, config)[0])
    network.load_state_dict(answering_weights(learner_state))
    return network.eval()
