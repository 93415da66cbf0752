"""What teaching own words changed, worked by hand, and the figures of Look inside as numbers."""

from typing import Any

import numpy as np
import pytest

from core.demos.voice.own_words import compare


class Reader:
    """Answers a clip with the class whose number is its first sample."""

    def __init__(self, *classes: str) -> None:
        self.classes = classes

    def probabilities(self, clips: np.ndarray) -> np.ndarray:
        rows = np.full((len(clips), len(self.classes)), 0.1)
        rows[np.arange(len(clips)), clips[:, 0]] = 0.8
        return rows


class Shifted(Reader):
    """Answers everything with the class before."""

    def probabilities(self, clips: np.ndarray) -> np.ndarray:
        return super().probabilities(clips - 1)


def test_old_words_and_held_out_recordings_are_counted_before_and_after() -> None:
    classes = ("yes", "maja", "unknown", "silence")
    labels = [0, 0, 1, 2, 3]
    waves = np.zeros((5, 16_000), np.int16)
    waves[:, 0] = labels
    before: Any = Reader("yes", "stop", "unknown", "silence")  # by luck the same numbers
    after: Any = Reader(*classes)
    found = compare(before, after, waves, labels, own=["maja"])
    assert (found.num_old, found.old_before, found.old_after) == (4, 1.0, 1.0)
    (one,) = found.own
    assert (one.word, one.before, one.after) == ("maja", "unknown", "maja")  # “stop” is not a class any more
    assert one.probability == pytest.approx(0.8)

    worse: Any = Shifted(*classes)
    found = compare(before, worse, waves, labels, own=["maja"])
    assert found.old_before == 1.0
    assert found.old_after == 0.0
    assert found.own[0].after == "yes"
