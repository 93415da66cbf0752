"""The chart of methods beside a network's curve: what it shows, told apart without colour, and in words."""

import pytest

from core.plots.classical import Point, methods_figure, methods_info, methods_sentence

POINTS = [
    Point("SVM", False, "SVM on pixels", 4.7, 94.8),
    Point("SVM", True, "SVM on gradient histograms", 2.2, 97.0),
    Point("Random forest", False, "Random forest on pixels", 0.0, 92.6),
]
NETWORK = [(0.0, 9.0), (2.0, 80.0), (14.0, 98.2), (16.0, 98.0)]


def test_a_logarithmic_axis_begins_after_the_first_step_and_no_point_is_lost() -> None:
    info = methods_info(NETWORK, POINTS)
    assert info.seconds == (2.0, 14.0, 16.0)
    assert info.points[2].seconds > 0


@pytest.mark.parametrize("dark", [False, True])
def test_methods_differ_in_shape_and_features_in_filling(dark: bool) -> None:
    network, svm, forest = methods_figure(methods_info(NETWORK, POINTS), dark=dark).data
    assert (network.mode, network.line.dash) == ("lines", "6px,4px")
    assert (svm.marker.symbol, forest.marker.symbol) == (("circle-open", "circle"), ("square-open",))
    assert svm.marker.color != forest.marker.color


def test_the_axes_hold_every_point_and_no_empty_past_of_the_line() -> None:
    early = [(1e-7, 12.0), *NETWORK]
    layout = methods_figure(methods_info(early, POINTS), dark=False).layout
    low, high = layout.yaxis.range
    assert low < 92.6
    assert high >= 100
    left, right = (10**power for power in layout.xaxis.range)
    assert 1e-4 < left < 1e-3  # the forest that took no time at all
    assert 16 < right < 100


def test_the_best_method_and_the_network_are_said() -> None:
    words = methods_sentence(methods_info(NETWORK, POINTS)).replace("\u00a0", " ")
    assert words == (
        "SVM on gradient histograms: 97.0 % after 2.20 s, the best method; "
        "this network: 98.2 % at best, after 14.0 s of training."
    )
    assert methods_sentence(methods_info([], [])) == "Nothing measured yet."
