"""Drawings of 30 people: what was published comes through, in fixed splits, and is read by who never saw it."""

import numpy as np

from core.data import registry
from core.data.pictures import pen_digits, sources
from core.demos.digits.config import RELEASE
from core.demos.digits.reader import read_model


def test_the_splits_share_no_drawing_and_are_as_large_as_the_registry_says() -> None:
    images = sources.load_images("drawn")
    parts = (images.train_images, images.validation_images, images.test_images)
    assert tuple(map(len, parts)) == registry.find("drawn").sizes
    assert sum(map(len, parts)) == len(pen_digits.drawings()[0])
    labels = (images.train_labels, images.validation_labels, images.test_labels)
    for digits in labels:
        assert np.bincount(digits, minlength=10).min() > len(digits) / 13


def test_images_are_the_same_for_a_seed_and_others_for_another() -> None:
    points = pen_digits.drawings()[0][:20]
    first, again, other = (pen_digits.images_of(points, seed=seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any(axis=(1, 2)).all()


def test_they_are_upright_and_have_ink_as_mnist_has() -> None:
    images = sources.load_images("drawn")
    chosen = np.flatnonzero(np.isin(images.test_labels, (0, 2, 3, 6)))
    answers = read_model(RELEASE).probabilities(images.test_images[chosen].astype(np.float32) / 255).argmax(axis=1)
    assert (answers == images.test_labels[chosen]).mean() > 0.95
    assert images.test_images.max(axis=(1, 2)).min() > 200
    assert 0.05 < images.test_images.mean() / 255 < 0.25


def test_a_round_path_goes_through_every_position() -> None:
    drawn = pen_digits.drawings()[0][0]
    path = pen_digits.placed(drawn, width=0.7, is_round=True)
    distances = np.hypot(*(drawn[:, None] * (0.7, 1) - path[None]).transpose(2, 0, 1)).min(axis=1)
    assert distances.max() < 0.05
    assert (pen_digits.placed(drawn, width=0.7, is_round=False) == drawn * np.float32((0.7, 1))).all()
