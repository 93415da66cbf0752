"""Synthetic handwriting: pen paths for the usual ways of writing each digit, European and American, with variation.

Here: the styles as control points, what turns them into strokes on a canvas, and MNIST-like images of many of them.
Not here: real handwriting, and the preparation of a drawing (`core.data.pictures.drawing`), whose renderer is used.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.pictures.drawing import BOX, centred
from core.data.pictures.pen_strokes import Path, Strokes, render, resampled
from core.errors import InvalidInputError

CANVAS = 280  # pixels of a side
LEAST_ACROSS = 0.3  # width of a digit, in heights, that can be stretched to a square: not of a bare 1
SAMPLE_SECONDS = 1 / 60  # between two pen positions, as a browser reports them

Points = npt.NDArray[np.float32]
# A path is drawn through its points: (x, y) or, where the pen turns sharply, (x, y, 1). A digit is about 0.6 wide and
# 1 high, y downwards.
Control = tuple[float, ...]
Style = tuple[tuple[Control, ...], ...]

_O = ((0.40, 0.01), (0.11, 0.18), (0.01, 0.56), (0.17, 0.95), (0.42, 0.97), (0.63, 0.62), (0.58, 0.18))
_THREE_END = ((0.47, 0.52), (0.60, 0.75), (0.36, 0.99), (0.00, 0.90))
_FIVE_END = ((0.07, 0.44, 1), (0.33, 0.36), (0.57, 0.55), (0.54, 0.84), (0.28, 1.00), (0.00, 0.91))
_TAIL_9 = ((0.60, 0.46), (0.62, 0.72), (0.46, 0.97), (0.22, 1.00), (0.00, 0.94))
_LOOP_9 = ((0.52, 0.14), (0.30, 0.00), (0.06, 0.16), (0.06, 0.38), (0.25, 0.50), (0.46, 0.36), (0.53, 0.12))

STYLES: Mapping[int, Mapping[str, Style]] = {
    0: {
        "plain": ((*_O, (0.38, 0.01)),),
        "overlapped": ((*_O, (0.40, 0.03), (0.26, 0.05)),),
        "open": (((0.27, 0.04), *_O[1:], (0.50, 0.06)),),
        "curled": ((*_O, (0.42, 0.02), (0.31, 0.07), (0.36, 0.17)),),
        "slashed": ((*_O, (0.38, 0.01)), ((0.66, 0.02), (0.00, 0.98))),
        "slashed inside": ((*_O, (0.38, 0.01)), ((0.52, 0.22), (0.14, 0.80))),
    },
    1: {
        "plain": (((0.32, 0.00), (0.31, 0.50), (0.30, 1.00)),),
        "bowed": (((0.34, 0.00), (0.28, 0.50), (0.32, 1.00)),),
        "flag": (((0.11, 0.30), (0.25, 0.16), (0.38, 0.00, 1), (0.38, 1.00)),),
        "short flag": (((0.24, 0.13), (0.36, 0.00, 1), (0.36, 1.00)),),
        "long flag": (((0.00, 0.46), (0.22, 0.24), (0.42, 0.00, 1), (0.42, 1.00)),),
        "flag and foot": (((0.12, 0.24), (0.36, 0.00, 1), (0.36, 1.00)), ((0.10, 1.00), (0.62, 1.00))),
        "foot": (((0.35, 0.00), (0.35, 1.00)), ((0.12, 1.00), (0.58, 1.00))),
        "rounded flag": (((0.15, 0.26), (0.28, 0.15), (0.37, 0.01), (0.38, 0.22), (0.36, 1.00)),),
        "raised flag": (((0.00, 0.34), (0.28, 0.19), (0.58, 0.00, 1), (0.42, 0.45), (0.30, 1.00)),),
        "raised flag, bent": (((0.00, 0.30), (0.52, 0.00, 1), (0.32, 0.52), (0.34, 0.80), (0.48, 1.00)),),
        "wide flag": (((0.00, 0.40), (0.24, 0.24), (0.46, 0.00, 1), (0.46, 1.00)),),
        "flag and foot in one": (((0.10, 0.34), (0.38, 0.00, 1), (0.36, 0.88, 1), (0.00, 1.00, 1), (0.62, 0.98)),),
    },
    2: {
        "flat base": (
            ((0.02, 0.23), (0.14, 0.05), (0.38, 0.00), (0.57, 0.20), (0.46, 0.52), (0.00, 1.00, 1), (0.64, 1.00)),
        ),
        "wave base": (
            (
                *((0.03, 0.22), (0.16, 0.04), (0.40, 0.01), (0.56, 0.22), (0.42, 0.55), (0.00, 0.98, 1)),
                *((0.15, 0.90), (0.38, 0.99), (0.64, 0.92)),
            ),
        ),
        "loop": (
            (
                *((0.05, 0.20), (0.20, 0.03), (0.44, 0.04), (0.54, 0.24), (0.40, 0.58), (0.18, 0.92), (0.04, 0.98)),
                *((0.00, 0.80), (0.17, 0.73), (0.36, 0.93), (0.64, 0.96)),
            ),
        ),
        "hooked": (
            (
                *((0.12, 0.28), (0.05, 0.20), (0.16, 0.03), (0.42, 0.00), (0.56, 0.22), (0.40, 0.58)),
                *((0.02, 0.98, 1), (0.62, 0.99)),
            ),
        ),
        "angular": (((0.02, 0.10), (0.30, 0.00), (0.52, 0.14), (0.40, 0.50), (0.02, 1.00, 1), (0.62, 0.97)),),
    },
    3: {
        "round": (((0.03, 0.15), (0.24, 0.00), (0.50, 0.10), (0.46, 0.33), (0.22, 0.46, 1), *_THREE_END),),
        "flat top": (((0.03, 0.02), (0.56, 0.00, 1), (0.24, 0.40, 1), *_THREE_END),),
        "looped": (
            (
                *((0.04, 0.13), (0.26, 0.00), (0.50, 0.14), (0.40, 0.38), (0.24, 0.48), (0.19, 0.42), (0.29, 0.40)),
                *_THREE_END,
            ),
        ),
        "soft": (
            ((0.05, 0.10), (0.28, 0.00), (0.51, 0.14), (0.44, 0.36), (0.32, 0.46), (0.42, 0.51), *_THREE_END[1:]),
        ),
        "deep": (((0.02, 0.08), (0.30, 0.00), (0.54, 0.16), (0.38, 0.38), (0.06, 0.48, 1), *_THREE_END),),
    },
    4: {
        "open": (((0.14, 0.00), (0.02, 0.58, 1), (0.66, 0.58)), ((0.48, 0.22), (0.46, 1.00))),
        "open tall": (((0.16, 0.00), (0.04, 0.52, 1), (0.58, 0.52)), ((0.52, 0.00), (0.46, 1.00))),
        "open cup": (((0.06, 0.04), (0.03, 0.42), (0.20, 0.54), (0.52, 0.44)), ((0.56, 0.02), (0.50, 1.00))),
        "cup in one": (((0.06, 0.04), (0.03, 0.42), (0.22, 0.53), (0.48, 0.40), (0.56, 0.02, 1), (0.51, 1.00)),),
        "closed": (((0.46, 0.00), (0.00, 0.66, 1), (0.68, 0.66)), ((0.47, 0.00), (0.46, 1.00))),
        "closed in one": (((0.44, 1.00), (0.47, 0.00, 1), (0.00, 0.64, 1), (0.66, 0.64)),),
        "short crossing": (((0.34, 0.00), (0.00, 0.66, 1), (0.68, 0.62)), ((0.46, 0.38), (0.40, 1.00))),
        "running": (((0.30, 0.00), (0.04, 0.56), (0.20, 0.58), (0.62, 0.50)), ((0.50, 0.14), (0.38, 1.00))),
    },
    5: {
        "two strokes": (((0.11, 0.02), *_FIVE_END), ((0.11, 0.02), (0.58, 0.00))),
        "bar apart": (((0.12, 0.12), *_FIVE_END), ((0.16, 0.00), (0.62, -0.02))),
        "one stroke": (((0.60, 0.00), (0.13, 0.02, 1), *_FIVE_END),),
        "soft": (
            (
                (0.58, 0.01),
                (0.22, 0.03),
                (0.10, 0.30),
                (0.26, 0.42),
                (0.54, 0.58),
                (0.50, 0.87),
                (0.26, 1.00),
                (0.00, 0.92),
            ),
        ),
        "long bar": (((0.70, -0.04), (0.16, 0.02, 1), *_FIVE_END),),
    },
    6: {
        "curved": (
            (
                *((0.48, 0.00), (0.20, 0.20), (0.03, 0.62), (0.12, 0.93), (0.34, 1.00), (0.55, 0.82), (0.46, 0.58)),
                *((0.24, 0.56), (0.06, 0.76)),
            ),
        ),
        "straight": (
            (
                (0.36, 0.00),
                (0.12, 0.48),
                (0.03, 0.78),
                (0.20, 1.00),
                (0.48, 0.93),
                (0.50, 0.68),
                (0.30, 0.57),
                (0.06, 0.74),
            ),
        ),
        "small loop": (
            (
                (0.40, 0.00),
                (0.14, 0.30),
                (0.02, 0.74),
                (0.18, 1.00),
                (0.42, 0.92),
                (0.40, 0.71),
                (0.22, 0.70),
                (0.06, 0.84),
            ),
        ),
        "hooked": (
            (
                *((0.54, 0.08), (0.38, 0.00), (0.14, 0.22), (0.03, 0.62), (0.14, 0.95), (0.38, 0.99), (0.54, 0.78)),
                *((0.42, 0.57), (0.20, 0.60), (0.06, 0.78)),
            ),
        ),
        "open": (((0.46, 0.00), (0.16, 0.24), (0.02, 0.66), (0.18, 0.98), (0.48, 0.92), (0.50, 0.66), (0.28, 0.60)),),
    },
    7: {
        "plain": (((0.00, 0.02), (0.60, 0.00, 1), (0.22, 1.00)),),
        "bowed": (((0.00, 0.03), (0.60, 0.00, 1), (0.34, 0.42), (0.24, 1.00)),),
        "crossed": (((0.00, 0.02), (0.60, 0.00, 1), (0.24, 1.00)), ((0.12, 0.50), (0.62, 0.47))),
        "crossed bowed": (((0.02, 0.05), (0.62, 0.00, 1), (0.36, 0.45), (0.28, 1.00)), ((0.14, 0.52), (0.62, 0.49))),
        "serif": (((0.02, 0.20), (0.03, 0.02, 1), (0.60, 0.01, 1), (0.26, 1.00)),),
        "serif and cross": (
            ((0.02, 0.17), (0.04, 0.02, 1), (0.60, 0.01, 1), (0.26, 1.00)),
            ((0.14, 0.50), (0.60, 0.48)),
        ),
        "wave top": (((0.00, 0.14), (0.10, 0.01), (0.34, 0.07), (0.60, 0.00, 1), (0.36, 0.44), (0.24, 1.00)),),
    },
    8: {
        "from the right": (
            (
                *((0.50, 0.12), (0.30, 0.00), (0.09, 0.14), (0.18, 0.38), (0.44, 0.58), (0.54, 0.82), (0.30, 1.00)),
                *((0.05, 0.84), (0.14, 0.60), (0.40, 0.38), (0.52, 0.16), (0.46, 0.07)),
            ),
        ),
        "from the left": (
            (
                *((0.10, 0.20), (0.30, 0.01), (0.50, 0.16), (0.38, 0.40), (0.12, 0.62), (0.06, 0.84), (0.28, 1.00)),
                *((0.53, 0.84), (0.42, 0.58), (0.16, 0.38), (0.09, 0.17)),
            ),
        ),
        "open top": (
            (
                *((0.52, 0.05), (0.26, 0.01), (0.09, 0.18), (0.24, 0.42), (0.48, 0.60), (0.52, 0.86), (0.28, 1.00)),
                *((0.06, 0.86), (0.18, 0.60), (0.42, 0.36), (0.62, 0.08)),
            ),
        ),
        "two circles": (
            ((0.30, 0.00), (0.10, 0.10), (0.09, 0.34), (0.29, 0.46), (0.48, 0.34), (0.49, 0.11), (0.29, 0.00)),
            ((0.30, 0.46), (0.06, 0.60), (0.05, 0.86), (0.29, 1.00), (0.53, 0.86), (0.53, 0.60), (0.29, 0.46)),
        ),
        "narrow waist": (
            (
                *((0.46, 0.08), (0.28, 0.00), (0.12, 0.16), (0.28, 0.48), (0.46, 0.80), (0.30, 1.00), (0.10, 0.82)),
                *((0.28, 0.48), (0.48, 0.18), (0.42, 0.05)),
            ),
        ),
        "open left": (
            (
                *((0.02, 0.16), (0.34, 0.00), (0.56, 0.06), (0.42, 0.40), (0.06, 0.72), (0.28, 1.00), (0.58, 0.80)),
                *((0.38, 0.50), (0.44, 0.16)),
            ),
        ),
        "open between": (
            ((0.56, 0.04), (0.14, 0.08), (0.16, 0.38), (0.56, 0.72), (0.30, 1.00), (0.02, 0.76), (0.30, 0.44)),
        ),
    },
    9: {
        "straight tail": ((*_LOOP_9, (0.54, 0.08, 1), (0.50, 1.00)),),
        "leaning tail": ((*_LOOP_9, (0.55, 0.06, 1), (0.34, 1.00)),),
        "curved tail": ((*_LOOP_9, (0.55, 0.40), (0.46, 0.78), (0.24, 1.00)),),
        "hooked tail": ((*_LOOP_9, (0.55, 0.08, 1), (0.55, 0.66), (0.46, 0.92), (0.24, 1.00), (0.03, 0.88)),),
        "curled tail": ((*_LOOP_9, (0.56, 0.40), (0.50, 0.80), (0.28, 1.00), (0.04, 0.92), (0.02, 0.78)),),
        "two strokes": ((*_LOOP_9, (0.50, 0.06)), ((0.55, 0.02), (0.53, 0.50), (0.50, 1.00))),
        "open": ((*_LOOP_9[:6], (0.52, 0.28, 1), (0.54, 0.06, 1), (0.50, 1.00)),),
        "small loop": (((0.44, 0.12), (0.26, 0.00), (0.14, 0.14), (0.30, 0.26), (0.46, 0.06, 1), *_TAIL_9),),
        "flat loop": (((0.56, 0.08), (0.20, 0.02), (0.04, 0.18), (0.34, 0.26), (0.56, 0.12, 1), *_TAIL_9),),
        "open to the right": (((0.60, 0.12), (0.34, 0.00), (0.06, 0.20), (0.22, 0.40), (0.58, 0.24), *_TAIL_9),),
    },
}


@dataclass(frozen=True)
class Variation:
    """How far handwriting strays from its style; spreads are standard deviations."""

    jitter: float = 0.025  # of each control point, in heights of the digit
    slant: float = 0.16  # shear, about a mean of 0.10 to the right
    rotation: float = 0.07  # radians
    aspect: float = 0.20  # log of the width
    warp: float = 0.04  # bending of the whole digit, in heights
    tremor: float = 0.005  # shaking of the pen, in heights
    coarse: float = 0.15  # share of writings with few pen positions, which lines join, as slow tablets give them
    square: float = 0.15  # share of writings that are as wide as high: they fill the box that one writes into


def styles(digit: int) -> tuple[str, ...]:
    """Names of the ways of writing a digit from 0 to 9."""
    if digit not in STYLES:
        raise InvalidInputError(f"There is no digit {digit}; digits are 0 to 9.")
    return tuple(STYLES[digit])


def sample(
    digit: int, *, rng: np.random.Generator, style: str | None = None, variation: Variation | None = None
) -> Strokes:
    """One handwritten digit as pen positions on a 280×280 canvas, closer together where the pen is slow.

    Args:
        digit: 0 to 9.
        rng: source of everything that varies.
        style: one of `styles(digit)`; default any.
        variation: how much it varies.

    Raises:
        InvalidInputError: unknown digit or style.
    """
    names = styles(digit)
    if style is not None and style not in names:
        raise InvalidInputError(f"Digit {digit} has no style “{style}”; it has {', '.join(names)}.")
    chosen = STYLES[digit][style or names[rng.integers(len(names))]]
    pen = float(rng.uniform(14, 26))
    paths = [_timed(p, rng) for p in written(chosen, rng, variation or Variation(), step=0.02)]
    points = np.concatenate(paths)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = float(rng.uniform(0.5, 0.85)) * (CANVAS - pen) / extent.max()
    free = CANVAS - pen - extent * scale
    offset = pen / 2 + free * np.clip(rng.normal(0.5, 0.15, 2), 0, 1) - low * scale
    return Strokes(tuple(_as_path(p * scale + offset) for p in paths), (CANVAS, CANVAS), pen)


def render_many(
    num: int, *, seed: int, digits: tuple[int, ...] = tuple(range(10)), variation: Variation | None = None
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """MNIST-like images of synthetic handwriting: every digit, and every style of it, equally often.

    Args:
        num: images to make.
        seed: the same seed gives the same images.
        digits: which digits.

    Returns:
        Images (N, 28, 28) uint8, ink is 255, and labels (N,) uint8, in random order.
    """
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.resize(np.array(digits, dtype=np.uint8), num))
    images = np.empty((num, 28, 28), np.uint8)
    for i, digit in enumerate(labels.tolist()):
        names = styles(digit)
        chosen = STYLES[digit][names[rng.integers(len(names))]]
        paths = written(chosen, rng, variation or Variation(), step=0.035)
        images[i] = np.round(inked(paths, rng) * 255)
    return images, labels


def written(style: Style, rng: np.random.Generator, vary: Variation, *, step: float) -> list[Points]:
    """Smooth paths of one writing of a style, points about `step` apart, in heights of the digit."""
    paths = []
    bend = rng.normal(0, vary.warp, (2, 3))
    shear, turn = rng.normal(0.10, vary.slant), rng.normal(0, vary.rotation)
    wide = np.exp(np.clip(rng.normal(0.05, vary.aspect), -0.4, 0.55))
    tremor = vary.tremor * rng.lognormal(0, 0.5)
    across = np.ptp(np.concatenate([np.array([point[0] for point in path]) for path in style]))
    if rng.random() < vary.square and across > LEAST_ACROSS:
        wide = rng.uniform(0.8, 1.1) / across
    few = rng.uniform(0.18, 0.4) if rng.random() < vary.coarse else None
    for path in style:
        controls = np.array([(*point, 0)[:3] for point in path])
        xy = controls[:, :2] + rng.normal(0, vary.jitter, (len(path), 2))
        xy += rng.normal(0, 0.8 * vary.jitter, 2) if len(style) > 1 else 0.0  # strokes do not meet exactly
        fine = resampled(_smooth(xy, controls[:, 2] > 0), step=step)
        if few:
            fine = resampled(resampled(fine, step=few), step=step)
        u, v = fine[:, 0] - 0.3, fine[:, 1] - 0.5
        quadratic = np.stack([u * u * 4, u * v * 4, v * v * 4])  # (3, N), bends lines and unequal halves
        moved = np.stack([u, v], axis=1) + (bend @ quadratic).T
        x, y = moved[:, 0] * wide - shear * moved[:, 1], moved[:, 1]
        x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
        paths.append(np.stack([x, y], axis=1).astype(np.float32) + shaking(len(x), step, rng, tremor))
    return paths


def shaking(num: int, step: float, rng: np.random.Generator, amount: float) -> Points:
    """Smooth random displacement (N, 2) along a path, a new direction about every tenth of the digit's height."""
    knots = max(2, round(num * step / 0.1))
    values = rng.normal(0, amount, (2, knots))
    at = np.linspace(0, knots - 1, num)
    return np.stack([np.interp(at, np.arange(knots), v) for v in values], axis=1).astype(np.float32)


def _smooth(points: npt.NDArray[np.float64], corner: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Curve through the points, broken at corners: Catmull-Rom pieces of 8 points.

    Source: E. Catmull, R. Rom: A class of local interpolating splines (1974), uniform, tension 0.5.
    """
    inner = [i for i in np.flatnonzero(corner).tolist() if 0 < i < len(points) - 1]
    ends = [0, *inner, len(points) - 1]
    t = np.linspace(0, 1, 8, endpoint=False)[:, None]
    pieces = []
    for first, last in itertools.pairwise(ends):
        run = points[first : last + 1]
        padded = np.concatenate([[2 * run[0] - run[1]], run, [2 * run[-1] - run[-2]]])
        for a, b, c, d in zip(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True):
            curve = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
            pieces.append(curve / 2)
    return np.concatenate([*pieces, points[-1:]])


def _timed(path: Points, rng: np.random.Generator) -> Points:
    """Positions at equal times: slow at both ends and where the path turns, by the two-thirds power law.

    Source: F. Lacquaniti, C. Terzuolo, P. Viviani: The law relating the kinematic and figural aspects of drawing
    movements (1983); speed falls with the third root of the curvature.
    """
    if len(path) < 4:
        return path
    steps = np.diff(path, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1]) + 1e-6
    heading = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    curvature = np.abs(np.gradient(heading)) / lengths
    speed = rng.uniform(1.6, 3.2) * np.minimum(1.0, (1 + curvature) ** (-1 / 3) * 1.6)  # heights a second
    speed *= np.clip(np.sin(np.linspace(0.1, np.pi - 0.1, len(speed))) * 1.5, 0.3, 1)
    times = np.concatenate([[0.0], np.cumsum(lengths / speed)])
    at = np.linspace(0, times[-1], max(3, round(times[-1] / SAMPLE_SECONDS)))
    return np.stack([np.interp(at, times, path[:, 0]), np.interp(at, times, path[:, 1])], axis=1).astype(np.float32)


def inked(paths: list[Points], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(28, 28): fitted into the 20×20 box, drawn with a random pen and pressure, centred by mass."""
    pen = float(np.clip(rng.lognormal(np.log(2.45), 0.24), 1.4, 4.8))
    points = np.concatenate(paths)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = (BOX - pen) / max(float(extent.max()), 1e-3)
    width, height = (int(n) for n in np.ceil(extent * scale + pen - 1e-3).clip(1, BOX))
    offset = (np.array([width, height]) - extent * scale) / 2 - low * scale
    placed = [(p * scale + offset).astype(np.float32) for p in paths]
    strength = rng.uniform(0, 0.2)
    pressed = []
    for path in placed:
        waves = np.sin(np.linspace(0, rng.uniform(2, 9), len(path)) + rng.uniform(0, 2 * np.pi))
        pressed.append((pen / 2 * (1 + strength * waves)).astype(np.float32))
    return centred(render(placed, radius=pressed, shape=(height, width)))


def _as_path(points: Points) -> Path:
    return tuple((round(float(x), 2), round(float(y), 2)) for x, y in points)
