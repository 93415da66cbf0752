"""What the drawing canvas of the page sends for pen strokes, so that benchmarks can draw without a browser."""

from itertools import pairwise
from typing import Any

from core.data.pictures.pen_strokes import Strokes


def canvas_json(strokes: Strokes) -> dict[str, Any]:
    """The canvas's `json_data`: a fabric.js path for each stroke, quadratic pieces between the middles of points."""
    return {"version": "6.0.0", "objects": [_path(path, strokes.stroke_width) for path in strokes.paths]}


def _path(points: tuple[tuple[float, float], ...], pen: float) -> dict[str, Any]:
    commands: list[list[Any]] = [["M", *points[0]]]
    for (x, y), (next_x, next_y) in pairwise(points):
        commands.append(["Q", x, y, (x + next_x) / 2, (y + next_y) / 2])
    commands.append(["L", *points[-1]])
    return {"type": "Path", "strokeWidth": pen, "path": commands}
