"""Ways of writing digits that no training here has seen: arcs and straight lines whose proportions are drawn at random.

`core.data.pictures.strokes`, which the release model learns from, draws splines through control points. Nothing of it
is used here: no path, no way of writing by its name, no distribution. What both share is only that these are digits.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from core.data.pictures.pen_strokes import Strokes, resampled

CANVAS = 280  # pixels of a side
Points = list[tuple[float, float]]  # x to the right, y downwards; a digit is 1 high
Draw = Callable[[float, float], float]  # a number between two others
Way = Callable[[Draw], list[Points]]  # to strokes


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Points:
    """Points of an ellipse from one angle to another, in degrees: 0 is to the right, 90 is down."""
    angles = [math.radians(start + (end - start) * i / 23) for i in range(24)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


WAYS: Mapping[int, Mapping[str, Way]] = {
    0: {
        "from the bottom": lambda u: [arc(0, 0.5, u(0.24, 0.4), 0.5, 90, u(430, 460))],
        "clockwise": lambda u: [arc(0, 0.5, u(0.26, 0.42), 0.5, -90, u(275, 300))],
        "two halves": lambda u: [arc(0, 0.5, w := u(0.25, 0.38), 0.5, 270, 90), arc(0, 0.5, w, 0.5, -90, 90)],
        "barred": lambda u: [arc(0, 0.5, u(0.28, 0.4), 0.5, -90, 275), [(u(0.08, 0.16), 0.25), (-0.12, u(0.7, 0.8))]],
    },
    1: {
        "hooked foot": lambda u: [[(0, 0), (0, 0.85), *arc(0.12, 0.85, 0.12, u(0.1, 0.15), 180, 30)]],
        "upstroke": lambda u: [[(-u(0.16, 0.3), u(0.3, 0.5)), (0, 0), (0, 1)]],
        "from below": lambda u: [[(u(-0.03, 0.03), 1), (0, 0)]],
        "serif apart": lambda u: [[(0, 0), (0, 1)], [(0, 0), (-u(0.12, 0.25), u(0.14, 0.28))]],
        "short foot": lambda u: [[(-u(0.12, 0.2), 0.2), (0, 0), (0, 1)], [(-u(0.1, 0.16), 1), (u(0.1, 0.18), 1)]],
    },
    2: {
        "swan": lambda u: [
            [*arc(0, 0.25, u(0.24, 0.32), 0.25, 190, 390), (-0.28, 0.97), *arc(0, 1, 0.3, 0.07, 190, 350)]
        ],
        "straight back": lambda u: [[*arc(0, 0.22, u(0.22, 0.3), 0.22, 180, 400), (-0.3, 1), (u(0.26, 0.4), 1)]],
        "small head": lambda u: [[*arc(0, 0.17, u(0.2, 0.24), 0.17, 200, 395), (-0.25, 1), (0.3, u(0.95, 1.02))]],
        "flat head": lambda u: [[(-0.26, u(0.05, 0.12)), *arc(0, 0.24, 0.28, 0.24, 260, 380), (-0.28, 1), (0.32, 1)]],
    },
    3: {
        "two bowls": lambda u: [
            [*arc(0, 0.26, u(0.2, 0.28), 0.26, 200, 450), *arc(0, 0.75, u(0.26, 0.34), 0.25, -90, 160)]
        ],
        "small top": lambda u: [[*arc(0, 0.2, 0.2, 0.2, 190, 440), *arc(0, 0.69, u(0.28, 0.36), 0.31, -85, 150)]],
        "zigzag top": lambda u: [[(-0.25, 0), (0.25, 0), (u(-0.05, 0.02), 0.42), *arc(0, 0.7, 0.3, 0.3, -80, 150)]],
        "large top": lambda u: [[*arc(0, 0.3, u(0.27, 0.32), 0.3, 210, 440), *arc(0, 0.8, 0.27, 0.2, -85, 160)]],
    },
    4: {
        "chair": lambda u: [[(-0.28, 0), (-0.28, 0.5), (u(0.25, 0.4), 0.5)], [(0.15, u(0.0, 0.2)), (0.15, 1)]],
        "low bar": lambda u: [[(-0.05, 0), (-0.32, 0.68), (u(0.26, 0.38), 0.68)], [(0.12, u(0.25, 0.4)), (0.1, 1)]],
        "stem first": lambda u: [[(0.14, 0), (0.14, 1)], [(0.14, 0), (-0.3, u(0.55, 0.68)), (0.34, 0.62)]],
        "flag": lambda u: [[(u(0.0, 0.08), 0), (-0.3, 0.6), (0.3, 0.6)], [(0.16, 0.42), (0.16, 1)]],
    },
    5: {
        "snake": lambda u: [[*arc(0.05, 0.24, 0.24, 0.24, -40, -220), *arc(0, 0.7, u(0.26, 0.32), 0.3, -75, 140)]],
        "bar last": lambda u: [
            [(-0.2, 0), (-0.22, 0.45), *arc(0, 0.7, 0.28, 0.3, -120, 150)],
            [(-0.2, 0), (u(0.2, 0.34), 0)],
        ],
        "square": lambda u: [
            [(u(0.2, 0.3), 0), (-0.24, 0), (-0.24, 0.45), (0.05, 0.42), *arc(0, 0.7, 0.28, 0.28, -60, 130)]
        ],
        "small belly": lambda u: [[(0.26, 0), (-0.2, 0), (-0.2, 0.52), *arc(0, 0.76, u(0.22, 0.27), 0.24, -110, 150)]],
    },
    6: {
        "stem and ring": lambda u: [[(u(-0.2, 0.0), 0), (-0.27, 0.7), *arc(0, 0.72, 0.27, 0.28, 180, -180)]],
        "spiral": lambda u: [
            [*arc(0.1, 0.55, 0.38, 0.55, 285, 180), *arc(-0.02, 0.72, 0.26, 0.28, 180, u(-190, -150))]
        ],
        "ring second": lambda u: [[(0.1, 0), (-0.26, 0.6)], arc(0, 0.74, u(0.24, 0.3), 0.26, 200, -165)],
        "large ring": lambda u: [[(u(0.05, 0.2), 0), (-0.28, 0.5), *arc(0, 0.65, 0.3, 0.35, 195, -160)]],
    },
    7: {
        "hanging hook": lambda u: [[(-0.3, u(0.12, 0.22)), (-0.3, 0), (0.3, 0), (u(-0.15, 0.0), 1)]],
        "low cross": lambda u: [[(-0.3, 0), (0.3, 0), (-0.1, 1)], [(-u(0.1, 0.2), 0.6), (u(0.2, 0.3), u(0.56, 0.62))]],
        "steep": lambda u: [[(-0.28, u(0.0, 0.05)), (0.25, 0), (u(0.1, 0.2), 1)]],
        "falling top": lambda u: [[(-0.3, 0), (0.3, u(0.06, 0.12)), (-0.12, 1)]],
        "round corner": lambda u: [[(-0.3, 0.02), *arc(0.12, 0.2, u(0.14, 0.2), 0.2, -90, 10), (-0.1, 1)]],
    },
    8: {
        "two rings": lambda u: [
            arc(0, 0.24, u(0.2, 0.26), 0.24, -90, 270),
            arc(0, 0.74, u(0.24, 0.32), 0.26, -90, 270),
        ],
        "one line": lambda u: [[*arc(0, 0.25, u(0.2, 0.26), 0.25, 90, -270), *arc(0, 0.75, 0.28, 0.25, -90, 270)]],
        "from the waist": lambda u: [
            [*arc(0, 0.74, u(0.24, 0.3), 0.26, -90, -450), *arc(0, 0.24, 0.22, 0.24, 90, 450)]
        ],
        "small top": lambda u: [
            arc(0, 0.18, u(0.16, 0.2), 0.18, -90, 270),
            arc(0, 0.67, u(0.26, 0.34), 0.33, -90, 270),
        ],
    },
    9: {
        "balloon": lambda u: [[*arc(0, 0.28, u(0.22, 0.28), 0.28, 0, -360), (u(0.1, 0.26), 1)]],
        "ring and stem": lambda u: [arc(0, 0.27, 0.24, 0.27, -20, -370), [(0.24, u(0.0, 0.15)), (u(0.14, 0.25), 1)]],
        "fish hook": lambda u: [
            [*arc(0, 0.26, 0.25, 0.26, -10, -370), (0.25, 0.75), *arc(0, 0.78, 0.25, 0.22, 0, u(110, 150))]
        ],
        "from the stem": lambda u: [
            [(0.24, 0.05), *arc(0, 0.27, 0.25, 0.27, -45, -330), (0.25, 0.2), (u(0.1, 0.24), 1)]
        ],
    },
}


def write(digit: int, way: str, *, rng: np.random.Generator) -> Strokes:
    """One digit in one way on a 280×280 canvas; slant, width, turn, wobble, size, place and pen are uniform."""

    def uniform(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    slant, wide, turn = uniform(-0.15, 0.4), uniform(0.75, 1.45), uniform(-0.12, 0.12)
    cos, sin = math.cos(turn), math.sin(turn)
    shape = np.array([[wide, -slant], [0.0, 1.0]]).T @ np.array([[cos, -sin], [sin, cos]]).T
    waves = rng.uniform(-1, 1, (3, 2)) * uniform(0.0, 0.03)  # bends of one, two and three periods a height
    paths = []
    for stroke in WAYS[digit][way](uniform):
        fine = resampled(np.array(stroke), step=0.025).astype(np.float64)
        fine += sum(np.outer(np.sin(2 * math.pi * (n + 1) * fine[:, 1]), wave) for n, wave in enumerate(waves))
        paths.append((fine + rng.normal(0, 0.012, 2)) @ shape)
    points = np.concatenate(paths)
    low, extent, pen = points.min(axis=0), np.ptp(points, axis=0), uniform(10, 30)
    scale = uniform(0.45, 0.9) * (CANVAS - pen) / extent.max()
    offset = pen / 2 + rng.uniform(0, 1, 2) * (CANVAS - pen - extent * scale) - low * scale
    placed = [p * scale + offset for p in paths]
    as_paths = tuple(tuple((round(float(x), 1), round(float(y), 1)) for x, y in p) for p in placed)
    return Strokes(as_paths, (CANVAS, CANVAS), pen)
