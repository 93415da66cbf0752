"""Several digits in a picture: each of them, in reading order."""

import numpy as np
import pytest

from core.data.pictures.drawing import prepare, problem
from core.data.pictures.ink import find_ink
from core.data.pictures.pen_strokes import Strokes, canvas_image
from core.data.pictures.several import digits_of
from core.data.pictures.strokes import sample


def page(rows, *, shape, height=90):
    """Digits of the generator in rows on a page, dark on light; each with the picture it has alone."""
    rng = np.random.default_rng(3)
    paper, alone = np.zeros(shape, np.float32), []
    for number, row in enumerate(rows):
        top = int((number + 0.5) * shape[0] / len(rows) - height / 2)
        for place, digit in enumerate(row):
            left = int((place + 0.5) * shape[1] / len(row) - height / 2)
            drawn = sample(digit, rng=rng)
            points = np.concatenate([np.array(path) for path in drawn.paths])
            low, scale = points.min(axis=0), (height - 10) / np.ptp(points, axis=0).max()
            paths = tuple(tuple(map(tuple, (np.array(path) - low) * scale + 5)) for path in drawn.paths)
            image = canvas_image(Strokes(paths, (height, height), 7.0))
            paper[top : top + height, left : left + height] = image
            alone.append(prepare(np.pad(image, 20)).image)
    noise = np.random.default_rng(0).normal(0, 0.01, shape)
    return np.clip(0.9 - 0.7 * paper + noise, 0, 1).astype(np.float32), alone


@pytest.mark.parametrize(
    ("rows", "shape"),
    [([[4, 2]], (300, 400)), ([[5, 7, 0], [1, 9, 3]], (420, 560)), ([[8, 4, 5, 7, 1, 0, 2, 6, 3, 9]], (130, 1300))],
    ids=["two", "two rows", "strip"],
)
def test_each_digit_is_found_in_reading_order(rows, shape):
    grey, alone = page(rows, shape=shape)
    ink = find_ink(grey)
    assert problem(ink).code == "two_digits"
    found = digits_of(ink)
    assert [len(row) for row in found] == [len(row) for row in rows]
    digits = [digit for row in found for digit in row]
    assert [problem(digit) for digit in digits] == [None] * len(digits)
    far = [[np.abs(prepare(digit).image - wanted).mean() for wanted in alone] for digit in digits]
    assert np.argmin(far, axis=1).tolist() == list(range(len(alone))) and np.diag(far).max() < 0.08


def test_a_blank_page_has_no_digits():
    assert digits_of(np.zeros((50, 40), np.float32)) == []
