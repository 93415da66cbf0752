"""Digits that 30 people drew with a pen: eight pen positions each, and MNIST-like images of them.

`pen_digits.npz` comes with the studio (`release/pen_digits.py` makes it, `pen_digits.md` says whose it is). The
positions were published stretched to the full width and height of a box, so the proportions that a digit had are lost,
and where the pen was lifted the strokes are joined.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from core.data.pictures.pen_strokes import resampled
from core.data.pictures.strokes import inked, shaking

FILE = Path(__file__).with_name("pen_digits.npz")
JOINED = (4, 5, 7)  # digits that most people draw in two strokes
NUM_POINTS = 8
_STEP = 0.035  # between the points of a path, in heights of the digit
_WIDTHS = (0.5, 1.15)  # of a digit, in its heights
_TREMOR = 0.012

Points = npt.NDArray[np.float32]


def drawings() -> tuple[Points, npt.NDArray[np.uint8]]:
    """All drawings: pen positions (7494, 8, 2) in [0, 1] as (x, y), y downwards; digits (7494,) uint8."""
    with np.load(FILE) as stored:
        return stored["points"].astype(np.float32) / np.float32(100), stored["digits"]


def images_of(points: Points, *, seed: int) -> npt.NDArray[np.uint8]:
    """MNIST-like images of drawings, each with proportions, a pen and a steadiness of its own; half have round corners.

    Args:
        points: (N, 8, 2) as `drawings` gives them.
        seed: the same seed gives the same images.

    Returns:
        (N, 28, 28) uint8, ink is 255.
    """
    rng = np.random.default_rng(seed)
    made = np.empty((len(points), 28, 28), np.uint8)
    for image, drawn in zip(made, points, strict=True):
        path = resampled(placed(drawn, width=rng.uniform(*_WIDTHS), is_round=rng.random() < 0.5), step=_STEP)
        image[:] = np.round(inked([path + shaking(len(path), _STEP, rng, _TREMOR)], rng) * 255)
    return made


def placed(drawn: Points, *, width: float, is_round: bool) -> Points:
    """The path (N, 2) of a drawing (8, 2) in heights of the digit: lines, or a smooth curve through its positions."""
    path = drawn * np.array([width, 1], np.float32)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    apart = np.concatenate([[True], np.diff(along) > 1e-6])
    if not is_round or apart.sum() < 3:
        return path
    return CubicSpline(along[apart], path[apart])(np.linspace(0, along[-1], 60)).astype(np.float32)
