"""What teaching own words changed, worked by hand, and the figures of Look inside as numbers."""

from typing import Any

import numpy as np
import pytest

from core.demos.voice.own_words import compare
from core.plots.listening import Listening, listening_figure, listening_sentence
from core.plots.memory import LOWEST, memory_figure, memory_info, memory_sentence


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


def test_gradients_are_shares_of_the_last_and_what_has_faded_is_not_drawn() -> None:
    sizes = {"Plain RNN": np.array([1e-12, 0.04, 2.0]), "GRU": np.array([1.0, 2.0, 4.0])}
    info = memory_info(sizes, {"Plain RNN": 1, "GRU": 2}, step=0.01, limit=0.01)
    assert info.seconds == (0.01, 0.02, 0.03)
    assert info.ratios["GRU"] == (0.25, 0.5, 1.0)
    line = memory_figure(info, dark=False).data[0]
    assert list(line.y) == [None, 0.02, 1.0]
    assert info.ratios["Plain RNN"][0] < LOWEST
    assert "Plain RNN 0.01\xa0s and GRU 0.02\xa0s (all of it)" in memory_sentence(info)


def test_where_it_looks_is_said_with_times_and_pitches() -> None:
    values = np.zeros((98, 4), np.float32)
    values[30, 2] = 1.5
    times, bands = np.eye(98, dtype=np.float32)[50], np.array([0, 0.5, -0.2, 0], np.float32)
    info = Listening("stop", np.zeros((98, 4)), values, times, bands, 0.01, (300.0, 900.0, 2000.0, 3500.0))
    sentence = listening_sentence(info)
    assert "at 0.30 s around 2,000 Hz" in sentence
    assert "0.50 s most, and the bands around 900 Hz" in sentence
    figure = listening_figure(info, dark=True)
    assert figure.data[1].zmin == -1.5 and figure.data[1].zmax == 1.5  # centred on zero
    colors = figure.data[3].marker.color
    assert colors[1] != colors[2]  # a score that falls without a band, and one that rises
