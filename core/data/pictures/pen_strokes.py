"""Pen strokes: as a canvas or JSON gives them, within limits, and as ink.

What a network gets of a drawing is in `core.data.pictures.drawing`; handwriting without a hand in
`core.data.pictures.strokes`. Ink is 1 and paper is 0 everywhere.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from core.errors import InvalidInputError

MAX_STROKES, MAX_POINTS, MAX_SIDE = 500, 20_000, 16_384
KEPT_SIDE = 1024  # pixels; a drawing on a larger canvas is made smaller
MAX_DRAWN = 8_000  # points at which a pen is set down for one picture; a digit needs about 500
MAX_PEN_PIXELS = 10**9  # of all these pens together

Grey = npt.NDArray[np.float32]  # (H, W) in [0, 1], ink is 1
Path = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Strokes:
    """Pen paths as (x, y) in canvas pixels, x to the right and y downwards."""

    paths: tuple[Path, ...]
    size: tuple[int, int]  # (width, height) of the canvas
    stroke_width: float  # pixels of the canvas


def strokes_from_canvas(json_data: Mapping[str, Any] | None, size: tuple[int, int]) -> Strokes:
    """Strokes from the `json_data` of streamlit-drawable-canvas (fabric.js objects of type "path").

    Only free-hand paths are read. A path that was moved, scaled, turned, mirrored or slanted with the canvas's edit
    tool is read as it is seen now. Paths of different pens count as one pen of their median width.

    Args:
        json_data: as the widget returns it; None, as before the first stroke, is an empty drawing.
        size: (width, height) of the canvas in pixels.

    Raises:
        InvalidInputError: the data is not a fabric drawing, too long, or has numbers out of range.
    """
    try:
        objects = [o for o in (json_data or {}).get("objects", []) if str(o["type"]).lower() == "path"]
        _check_length(len(objects), sum(len(o.get("path", [])) for o in objects))  # a command is a point at least
        with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is refused below
            paths = [_placed(o) for o in objects]
            width = float(np.median([_pen(o) for o in objects])) if objects else 1.0
    except InvalidInputError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise InvalidInputError(
            f"The canvas sent something that is not a drawing ({_short(error)}). Clear it."
        ) from error
    return _checked([p for p in paths if len(p)], size, min(width, max(size)) if width > 0 else width)


def strokes_from_json(text: str) -> Strokes:
    """Strokes from `{"strokes": [[[x, y], ...], ...], "size": [w, h], "stroke_width": 20}`.

    Raises:
        InvalidInputError: not JSON, a part is missing, or a number is not finite or out of range.
    """
    form = '{"strokes": [[[x, y], ...], ...], "size": [width, height], "stroke_width": 20}'
    try:
        given = json.loads(text)
        width, height = (round(float(n)) for n in given["size"])
        pen = float(given["stroke_width"])
        _check_length(len(given["strokes"]), sum(len(stroke) for stroke in given["strokes"]))
        arrays = [np.asarray(stroke, dtype=np.float64) for stroke in given["strokes"]]
    except InvalidInputError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidInputError(f"This is not a drawing ({_short(error)}). Write it as JSON: {form}") from error
    if any(a.ndim != 2 or a.shape[1] != 2 for a in arrays):
        raise InvalidInputError(f"Each stroke must be a list of at least one [x, y] pair. Write it as JSON: {form}")
    return _checked(arrays, (width, height), pen)


def _checked(arrays: list[npt.NDArray[np.float64]], size: tuple[int, int], pen: float) -> Strokes:
    """Strokes of arrays (N, 2), or the error that says which limit they break."""
    _check_length(len(arrays), sum(map(len, arrays)))
    if not (all(1 <= side <= MAX_SIDE for side in size) and 0 < pen <= max(size)):
        raise InvalidInputError(
            f"The canvas is {size[0]:g} × {size[1]:g} and the pen {pen:g}; a side has 1 to {MAX_SIDE} pixels, "
            "the pen is wider than 0 and no wider than the longer side."
        )
    if any(not np.isfinite(a).all() or np.abs(a).max() > 2 * MAX_SIDE for a in arrays):
        raise InvalidInputError(f"A point is not a number from {-2 * MAX_SIDE} to {2 * MAX_SIDE}. Use canvas pixels.")
    shrink = min(1.0, KEPT_SIDE / max(size))
    kept = (max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink)))
    return Strokes(tuple(_as_path(a * shrink) for a in arrays), kept, pen * shrink)


def _check_length(num_strokes: int, num_points: int) -> None:
    if num_strokes > MAX_STROKES or num_points > MAX_POINTS:
        raise InvalidInputError(
            f"The drawing is too long; at most {MAX_STROKES} strokes and {MAX_POINTS:,} points are read. "
            "Make it shorter, or begin anew."
        )


def _short(error: Exception) -> str:
    """What went wrong in one line: an error quotes what was given, however long that is."""
    return repr(error)[:100]


def _as_path(points: npt.NDArray[np.float64]) -> Path:
    return tuple((float(x), float(y)) for x, y in points)


def _placed(obj: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    """Points (N, 2) of a fabric path on the canvas.

    Fabric keeps the commands as they were drawn, in absolute canvas pixels, and what was done with them since beside
    them: the centre of the commands' bounding box is drawn at the object's centre.
    """
    points = _flattened(obj.get("path", []))
    if not len(points) or "left" not in obj:
        return points
    low, high = _bounds(obj["path"])
    shape = _shape(obj)
    turn = math.radians(obj.get("angle", 0))
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    offset = {"left": 0.5, "top": 0.5, "center": 0.0, "right": -0.5, "bottom": -0.5}
    origin = np.array([offset[obj.get("originX", "left")], offset[obj.get("originY", "top")]])
    extent = np.array([obj["width"], obj["height"]], dtype=np.float64)
    outer = np.abs(shape) @ (extent + float(obj.get("strokeWidth", 0)))  # the pen counts
    centre = np.array([obj["left"], obj["top"]], dtype=np.float64) + rotation @ (origin * outer)
    return (points - (low + high) / 2) @ (rotation @ shape).T + centre


def _bounds(commands: Sequence[Sequence[Any]]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The corners of the box that fabric takes for a path's: a quadratic curve counts as a cubic one with twice its
    middle corner, which is too large.

    Source: `Path._calcBoundsFromPath` of fabric 7.
    """
    doubled = [[*command[:3], *command[1:]] if command[0] == "Q" else command for command in commands]
    points = _flattened(doubled, pieces=16)
    return points.min(axis=0), points.max(axis=0)


def _shape(obj: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    """What scales, mirrors and slants a fabric object, (2, 2); turning comes after it.

    Source: `calcDimensionsMatrix` of fabric 7, src/util/misc/matrix.ts.
    """
    signs = [-1 if obj.get(name) else 1 for name in ("flipX", "flipY")]
    scale = np.array([obj.get("scaleX", 1), obj.get("scaleY", 1)], dtype=np.float64) * signs
    slants = [math.tan(math.radians(obj.get(name, 0))) for name in ("skewX", "skewY")]
    matrix: npt.NDArray[np.float64] = np.diag(scale) @ [[1, slants[0]], [0, 1]] @ [[1, 0], [slants[1], 1]]
    return matrix


def _pen(obj: Mapping[str, Any]) -> float:
    """Width of a fabric object's pen as it is seen; where it is scaled unequally, that of a round one of its area."""
    width = float(obj["strokeWidth"])
    return width if obj.get("strokeUniform") else width * math.sqrt(abs(float(np.linalg.det(_shape(obj)))))


def _flattened(commands: Sequence[Sequence[Any]], *, pieces: int = 4) -> npt.NDArray[np.float64]:
    """Points (N, 2) along SVG commands M, L, Q (and C), curves cut into pieces."""
    points: list[tuple[float, float]] = []
    for command in commands:
        numbers = [float(n) for n in command[1:]]
        corners = list(zip(numbers[::2], numbers[1::2], strict=True))
        if len(corners) > 3:
            raise ValueError(f"a curve through {len(corners)} corners")
        if command[0] in "ML" or not points:
            points += corners[-1:]
            continue
        points += (_bernstein(len(corners), pieces) @ np.array([points[-1], *corners])).tolist()
    return np.array(points, dtype=np.float64).reshape(-1, 2)


@functools.cache
def _bernstein(degree: int, pieces: int) -> npt.NDArray[np.float64]:
    """(pieces, degree + 1): weights of the control points of a Bézier curve at equal steps to its end."""
    t = np.arange(1, pieces + 1) / pieces
    return np.stack([math.comb(degree, i) * t**i * (1 - t) ** (degree - i) for i in range(degree + 1)], axis=1)


def render(
    paths: Sequence[npt.NDArray[np.float32]],
    *,
    radius: float | Sequence[npt.NDArray[np.float32]],
    shape: tuple[int, int],
) -> Grey:
    """Round-pen strokes with analytic anti-aliasing: coverage follows the distance to the nearest centre line.

    Args:
        paths: each (N, 2) float32 as (x, y) in pixels; pixel i covers [i, i + 1).
        radius: half the pen width in pixels, for all or for each point of each path (pressure).
        shape: (height, width) of the result.
    """
    if not paths:
        return np.zeros(shape, np.float32)
    starts = np.concatenate([p[:-1] if len(p) > 1 else p for p in paths])
    ends = np.concatenate([p[1:] if len(p) > 1 else p for p in paths])
    if isinstance(radius, int | float):
        radii = np.full(len(starts), radius, np.float32)
    else:
        radii = np.concatenate([r[:-1] if len(r) > 1 else r for r in radius])
    ys, xs = np.mgrid[: shape[0], : shape[1]].astype(np.float32) + np.float32(0.5)
    x, y = xs.reshape(-1, 1), ys.reshape(-1, 1)  # (P, 1)
    ink = np.zeros(x.shape[0], np.float32)
    for i in range(0, len(starts), 256):  # bounds the memory of a very long scribble
        a, d = starts[i : i + 256], (ends - starts)[i : i + 256]
        px, py = x - a[:, 0], y - a[:, 1]  # (P, S)
        t = np.clip((px * d[:, 0] + py * d[:, 1]) / np.maximum((d * d).sum(axis=1), 1e-9), 0, 1)
        distance = np.sqrt((px - t * d[:, 0]) ** 2 + (py - t * d[:, 1]) ** 2)
        ink = np.maximum(ink, (radii[i : i + 256] - distance).max(axis=1) + np.float32(0.5))
    return np.clip(ink, 0, 1).reshape(shape)


def resampled(path: npt.ArrayLike, *, step: float, smooth: int = 0) -> npt.NDArray[np.float32]:
    """Points (N, 2) at equal distances of about `step` along a path, at most 2,000; both ends are kept.

    Args:
        smooth: how often each inner point is averaged with its neighbours (weights 1, 2, 1).
    """
    points = np.asarray(path, dtype=np.float32)
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    if along[-1] < 1e-6:
        return points[:1]
    num = min(2000, max(2, math.ceil(along[-1] / step) + 1))
    at = np.linspace(0, along[-1], num)
    out = np.stack([np.interp(at, along, points[:, 0]), np.interp(at, along, points[:, 1])], axis=1).astype(np.float32)
    for _ in range(smooth):
        out[1:-1] = (out[:-2] + 2 * out[1:-1] + out[2:]) / 4
    return out


def step_of(paths: Sequence[npt.ArrayLike], *, least: float, most: float = MAX_DRAWN) -> float:
    """Distance between the points of resampled paths: `least`, or more so that a long scribble has not too many."""
    length = sum(float(np.hypot(*np.diff(np.asarray(path, np.float32), axis=0).T).sum()) for path in paths)
    return max(least, length / min(most, MAX_DRAWN))


def canvas_image(strokes: Strokes) -> Grey:
    """The drawing as it stands on the canvas, (height, width), with its own pen."""
    width, height = strokes.size
    big = Image.new("L", (2 * width, 2 * height))
    draw = ImageDraw.Draw(big)
    pen = 2 * strokes.stroke_width
    most = MAX_PEN_PIXELS / max(1.0, strokes.stroke_width) ** 2
    step = step_of(strokes.paths, least=max(1.0, strokes.stroke_width / 6), most=most)
    for path in strokes.paths:
        points = resampled(path, step=step) * 2
        if len(points) > 1:
            draw.line(points.ravel().tolist(), fill=255, width=max(1, round(pen)))
        for x, y in points.tolist():  # round joints and ends
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(big.reduce(2), dtype=np.float32) / np.float32(255)
