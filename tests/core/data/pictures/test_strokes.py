"""Synthetic handwriting: every style, reproducible, MNIST-like, and fast."""

import numpy as np
import pytest

from core.data.pictures.drawing import pen_width
from core.data.pictures.strokes import CANVAS, STYLES, render_many, sample, styles
from core.errors import InvalidInputError
from tests.support.work import counted_calls


def test_european_ways_of_writing_are_there():
    assert {"flag", "flag and foot"} <= set(styles(1))
    assert {"crossed", "serif and cross"} <= set(styles(7))
    assert {"hooked tail", "curled tail"} <= set(styles(9))
    assert {"open", "closed", "short crossing"} <= set(styles(4))
    assert {"slashed", "open"} <= set(styles(0))
    assert all(len(styles(digit)) >= 5 for digit in range(10))


@pytest.mark.parametrize(("digit", "style"), [(d, s) for d in STYLES for s in STYLES[d]])
def test_a_sample_lies_on_the_canvas_and_starts_slowly(digit, style):
    strokes = sample(digit, rng=np.random.default_rng(0), style=style)
    points = np.concatenate([np.array(p) for p in strokes.paths])
    assert strokes.size == (CANVAS, CANVAS)
    assert len(strokes.paths) == len(STYLES[digit][style])
    assert points.min() >= 0 and points.max() <= CANVAS
    speeds = np.hypot(*np.diff(np.array(strokes.paths[0]), axis=0).T)
    assert speeds[0] < speeds.max()


def test_the_same_seed_writes_the_same():
    first, second = (sample(4, rng=np.random.default_rng(7)) for _ in range(2))
    assert first == second
    np.testing.assert_array_equal(render_many(20, seed=3)[0], render_many(20, seed=3)[0])
    assert (render_many(20, seed=3)[0] != render_many(20, seed=4)[0]).any()


def test_unknown_digits_and_styles_are_refused():
    with pytest.raises(InvalidInputError, match="0 to 9"):
        styles(10)
    with pytest.raises(InvalidInputError, match="crossed"):
        sample(7, rng=np.random.default_rng(0), style="upside down")


def test_images_look_like_mnist_in_size_place_and_pen():
    images, labels = render_many(200, seed=0)
    assert images.shape == (200, 28, 28) and images.dtype == np.uint8 and labels.dtype == np.uint8
    assert (np.bincount(labels) == 20).all()
    ink = images.astype(np.float32) / 255
    index = np.arange(28)
    for axis in (1, 2):
        assert np.abs(ink.sum(axis=axis) @ index / ink.sum(axis=(1, 2)) - 14).max() < 0.6
    assert np.median([pen_width(i) for i in ink]) == pytest.approx(2.52, abs=0.25)  # MNIST's test set has 2.52
    longer = [max(np.ptp(np.flatnonzero(i.any(axis=a))) + 1 for a in (0, 1)) for i in ink]
    assert min(longer) >= 18 and max(longer) <= 20


def test_only_the_digits_that_were_asked_for():
    assert set(render_many(30, seed=0, digits=(1, 7))[1].tolist()) == {1, 7}


def test_images_of_one_digit_differ_from_another_more_than_among_themselves():
    images, labels = render_many(600, seed=1)
    flat = images.reshape(600, -1).astype(np.float32)
    distances = ((flat[:300, None] - flat[None, 300:]) ** 2).sum(axis=2)  # (300, 300), half against half
    nearest = labels[300:][distances.argmin(axis=1)]
    assert (nearest == labels[:300]).mean() > 0.75  # nearest neighbour by pixels; guessing is 0.1


def test_an_image_costs_a_few_hundred_calls_however_many_there_are():
    for count in (100, 400):
        with counted_calls() as calls:
            render_many(count, seed=2)
        assert calls.number / count < 600  # about 370, which is less than a millisecond on an idle core
