"""Signed pictures and lines of robustness: colours, places and sentences."""

import numpy as np
import pytest
from PIL import ImageColor

from core.plots import maps
from core.plots.robustness import robustness_figure, robustness_info, robustness_sentence
from core.plots.template import palette


@pytest.mark.parametrize("dark", [False, True])
def test_zero_is_the_middle_of_the_palette_and_the_limit_its_ends(dark: bool) -> None:
    colors = [ImageColor.getrgb(color) for color in palette(dark).diverging]
    pixels = maps.signed_pixels(np.array([[-2.0, 0.0, 2.0, 9.0]]), limit=2, dark=dark)
    assert [tuple(pixel) for pixel in pixels[0]] == [colors[0], colors[4], colors[-1], colors[-1]]


def test_a_map_of_zeros_has_the_colour_of_zero() -> None:
    zero = ImageColor.getrgb(palette(False).diverging[4])
    pixels = maps.signed_pixels(np.zeros((1, 1)), limit=maps.strongest(np.zeros((1, 1))), dark=False)
    assert tuple(pixels[0, 0]) == zero


@pytest.mark.parametrize("count", [1, 8, 13, 64])
def test_every_map_of_a_sheet_has_a_place_of_one_size(count: int) -> None:
    values = np.linspace(-1, 1, count)[:, None, None] * np.ones((count, 3, 3))
    picture = maps.sheet(values, limit=1, dark=False)
    columns = maps.columns_for(count)
    place = picture.width // columns
    assert picture.height == place * -(-count // columns)
    for index in (0, count - 1):
        middle = (index % columns * place + place // 2, index // columns * place + place // 2)
        expected = maps.signed_pixels(values[index], limit=1, dark=False)[0, 0]
        assert picture.convert("RGB").getpixel(middle) == tuple(expected)


def test_an_overlay_outlines_the_ink() -> None:
    drawing = np.zeros((4, 4))
    drawing[1:3, 1:3] = 1
    picture = maps.overlay(np.zeros((4, 4)), drawing, 400, dark=False)
    text, zero = (ImageColor.getrgb(color) for color in (palette(False).text, palette(False).diverging[4]))
    assert [picture.getpixel(at) for at in [(100, 150), (150, 100), (300, 150), (150, 300)]] == [text] * 4
    assert [picture.getpixel(at) for at in [(50, 50), (150, 150), (200, 200)]] == [zero] * 3


def test_the_line_of_an_attack_is_in_percent_with_the_chosen_strength_marked() -> None:
    info = robustness_info([0, 0.1, 0.2], [0.996, 0.5, 0.1], chosen=0.1)
    figure = robustness_figure(info, dark=False)
    assert list(figure.data[0].y) == pytest.approx([99.6, 50, 10])
    assert figure.layout.shapes[0].x0 == 0.1
    said = robustness_sentence(info, "Accuracy").replace("\N{NO-BREAK SPACE}", " ")
    assert said == "Accuracy: 99.6 % at ε = 0.00, 10.0 % at ε = 0.20."
