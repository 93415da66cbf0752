"""A big network and few examples: it learns them by heart. And what helps: dropout, L2, more data, stopping early.

The networks are trained by `core.lessons.overfitting.training`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.contract import Evaluated, Event

EVERY, NUM_PARTS = 8, 30  # steps between two measurements; measurements
NUM_STEPS = EVERY * NUM_PARTS
REMEDIES = {"dropout": "Dropout", "l2": "L2", "data": "More data", "early": "Early stopping"}
LANES = {"none": "no remedy", "dropout": "dropout", "l2": "L2", "data": "more data"}  # stopping early trains as none


@dataclass(frozen=True)
class Learned:
    """One network. Losses are cross-entropy (nats), accuracies percent."""

    examples: int
    steps: tuple[int, ...]
    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    validation_accuracy: tuple[float, ...]
    test_accuracy: tuple[float, ...]

    @property
    def best(self) -> int:
        """Index of the measurement with the lowest validation loss: where early stopping goes back to."""
        return int(np.argmin(self.validation_loss))


def learned(events: Iterable[Event], *, examples: int, more: int) -> dict[str, Learned]:
    """What a run has found so far, by lane; empty before its first measurement.

    Args:
        examples: that each network learns from; more: that the one with more data learns from.
    """
    found = [event for event in events if isinstance(event, Evaluated)]

    def of(lane: str) -> Learned:
        measured = [event for event in found if f"{lane}.loss" in event.metrics]
        lines = {
            name: tuple(event.metrics[f"{lane}.{name}"] for event in measured)
            for name in ("train.loss", "loss", "train.accuracy", "accuracy", "test.accuracy")
        }
        count = more if lane == "data" else examples
        return Learned(count, tuple(event.step for event in measured), *lines.values())

    return {lane: of(lane) for lane in LANES} if found else {}
