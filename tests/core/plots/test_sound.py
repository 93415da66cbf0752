"""The figure of a recording: everything on one time axis, in its place."""

import numpy as np
import pytest

from core.plots.sound import MAX_COLUMNS, Heard, Journey, journey_figure, journey_info, journey_sentence

RATE = 16_000
LABELS = ("go", "stop", "unknown", "silence")


def heard(start: float, bounds: tuple[float, float], *, attention: bool = True, answer: str = "go") -> Heard:
    steps = 25
    return Heard(
        answer=answer,
        start=start,
        bounds=bounds,
        step=0.04,
        states=np.full((steps, 8), start),
        attention=np.full(steps, 1 / steps) if attention else None,
        probabilities=np.full((steps, 4), 0.25),
    )


def journey(*parts: Heard, seconds: float = 3.0) -> Journey:
    samples = np.zeros(round(seconds * RATE), np.float32)
    samples[8000:8010] = 0.5
    return journey_info(samples, np.zeros((round(100 * seconds) - 2, 40)), parts, LABELS, rate=RATE)


def test_states_stand_at_the_time_they_belong_to_and_nowhere_else() -> None:
    info = journey(heard(1.0, (0.0, 3.0)))
    assert info.states.shape == (8, 75)
    filled = np.flatnonzero(np.isfinite(info.states[0]))
    assert (filled[0], filled[-1]) == (25, 49)  # 1.00 to 2.00 s in steps of 0.04 s
    assert info.attention[25:50] == pytest.approx(np.ones(25))  # an even share everywhere


def test_neighbouring_windows_share_the_axis_at_their_bounds() -> None:
    info = journey(heard(0.4, (0.0, 1.2)), heard(1.0, (1.2, 3.0), answer="stop"))
    assert set(info.states[0, 10:30].tolist()) == {0.4}
    assert set(info.states[0, 30:50].tolist()) == {1.0}
    assert [answer for _, _, answer in info.windows] == ["go", "stop"]


def test_a_recording_shorter_than_a_second_shows_only_itself() -> None:
    info = journey(heard(-0.25, (0.0, 0.5)), seconds=0.5)
    assert info.states.shape[1] == 12
    assert np.isfinite(info.states[0]).all()
    assert info.windows[0][:2] == (0.0, 0.5)


def test_long_recordings_are_thinned_and_keep_their_peaks() -> None:
    info = journey(heard(1.0, (0.0, 30.0)), seconds=30.0)
    assert len(info.peaks) <= MAX_COLUMNS and info.spectrum.shape[1] <= MAX_COLUMNS
    assert info.peaks[:, 1].max() == 0.5


@pytest.mark.parametrize("dark", [False, True])
def test_the_figure_has_a_row_for_each_kind_and_says_what_it_shows(dark: bool) -> None:
    info = journey(heard(1.0, (0.0, 3.0)))
    figure = journey_figure(info, dark=dark)
    assert [trace.type for trace in figure.data] == ["bar", "heatmap", "heatmap", "bar", "heatmap"]
    assert figure.layout.xaxis.range == (0, 3.0)
    assert "NaN" not in figure.to_json()
    without = journey_figure(journey(heard(1.0, (0.0, 3.0), attention=False)), dark=dark)
    assert len(without.data) == 4
    assert "“go” from 1.00 to 2.00 s" in journey_sentence(info)
