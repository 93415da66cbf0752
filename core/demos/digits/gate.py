"""Whether a prepared picture is a digit at all: a small network of its own, beside the one that says which digit.

It is asked whichever network answers, as long as that knows the ten digits, and changes no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.classifier import FastNetwork
from core.demos.digits.config import GATE
from core.demos.digits.network import IMAGE_SIDE, Standardise
from core.export import to_onnx
from core.release import ReleaseModel

Grey = npt.NDArray[np.float32]
NUM_DIGITS = 10  # the first of its classes; the others are letters and kinds of what else there is
SEVERAL = 8  # images stand for every batch of more than one when engines are compared


def gate_network(num_classes: int, *, width: int = 16) -> nn.Module:
    """(B, 1, 28, 28) float32 in [0, 1] → (B, num_classes) logits; the first ten are the digits.

    That it tells letters apart, too, is for training: a class of all that is no digit has nothing in common. The first
    layer halves the picture, because this one is asked beside another network.
    """
    layers: list[nn.Module] = [Standardise()]
    layers += [nn.Conv2d(1, width, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    for filters in (width, 2 * width):
        layers += [nn.Conv2d(filters, 2 * filters, 3, padding=1, bias=False), nn.MaxPool2d(2)]
        layers += [nn.BatchNorm2d(2 * filters), nn.ReLU()]
    side = IMAGE_SIDE // 8
    layers += [nn.Flatten(), nn.Dropout(0.2), nn.Linear(4 * width * side**2, 96), nn.ReLU(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(96, num_classes))


class DigitGate:
    """A trained gate with the threshold that was chosen for it.

    Args:
        network: of `gate_network`, on the processor.
        threshold: below so much it is no digit.
    """

    def __init__(self, network: nn.Module, *, threshold: float) -> None:
        self.threshold = threshold
        self._fast = FastNetwork(network.eval(), _onnx, shape=(1, IMAGE_SIDE, IMAGE_SIDE), several=SEVERAL)

    def likeness(self, images: Grey | Sequence[Grey]) -> Grey:
        """(N, 28, 28) float32 in [0, 1], prepared → (N,) how much each is like a digit, in [0, 1]."""
        probabilities = self._fast.probabilities(np.ascontiguousarray(images, dtype=np.float32)[:, None])
        return probabilities[:, :NUM_DIGITS].sum(axis=1).clip(0, 1)


def _onnx(network: nn.Module) -> bytes:
    return to_onnx(network, torch.zeros(1, 1, IMAGE_SIDE, IMAGE_SIDE), inputs="images", outputs="logits")


def read_gate(release: ReleaseModel = GATE) -> DigitGate:
    """The gate of a folder; raises `DataUnavailableError` where it has none."""
    card = release.card
    network = gate_network(len(card["classes"]), width=card["width"])
    network.load_state_dict(release.weights())
    return DigitGate(network, threshold=card["threshold"])


@cache
def gate() -> DigitGate:
    """The gate that ships, read once."""
    return read_gate()
