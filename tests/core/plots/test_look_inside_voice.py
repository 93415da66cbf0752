"""Figures of Look inside a voice network, as numbers."""

import numpy as np

from core.plots.listening import Listening, listening_figure, listening_sentence
from core.plots.memory import LOWEST, memory_figure, memory_info, memory_sentence


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
