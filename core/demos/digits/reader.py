"""Reading a digit: from a drawing or a picture to probabilities, with the time it took."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.contract import from_json
from core.data import drawing
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import make_network
from core.demos.digits.release import FOLDER, release_config, release_weights
from core.training.supervised import answering_weights

Grey = npt.NDArray[np.float32]
BATCH = 500


@dataclass(frozen=True)
class Reading:
    """What came out. Where a problem is blocking there is no answer: nothing is predicted from nothing."""

    problem: drawing.Problem | None
    prepared: drawing.Prepared | None
    probabilities: tuple[float, ...] | None  # (10,)
    milliseconds: float  # preparation and network together


class DigitReader:
    """A trained network behind the preparation of drawings.

    Args:
        network: (B, 1, 28, 28) float32 in [0, 1] → (B, 10) logits.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network.eval()

    @torch.no_grad()
    def probabilities(self, images: Grey) -> Grey:
        """(N, 28, 28) float32 in [0, 1], ink is 1 → (N, 10) float32 probabilities."""
        batches = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32)).unsqueeze(1).split(BATCH)
        return torch.cat([self.network(batch).softmax(1) for batch in batches]).numpy()

    def read(
        self, source: drawing.Strokes | Grey, *, switches: drawing.Switches | None = None, tolerant: bool = False
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


def read_model(folder: Path = FOLDER) -> DigitReader:
    """The model of a folder like `weights/digits`, by default the release model itself."""
    network = make_network(release_config(folder))
    network.load_state_dict(release_weights(folder))
    return DigitReader(network)


def run_reader(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> DigitReader:
    """The network of a run, from its saved config and the learner's part of a checkpoint."""
    network = make_network(from_json(DigitsConfig, config)[0])
    network.load_state_dict(answering_weights(learner_state))
    return DigitReader(network)


def certainty(probability: float) -> str:
    """How sure an answer is, in words."""
    if probability >= 0.9:  # label smoothing keeps the release model below about 0.96
        return "very sure"
    if probability >= 0.75:
        return "sure"
    if probability >= 0.5:
        return "fairly sure"
    return "unsure" if probability >= 0.3 else "guessing"
