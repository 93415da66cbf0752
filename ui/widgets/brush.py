"""The brush with which points are painted in the plane: browser code that components put before their own, and the
check of what they send."""

from pathlib import Path

import numpy as np

from core.data import points
from ui.frame.component import are_numbers

SCRIPT = (Path(__file__).parent / "browser" / "brush.js").read_text("utf-8")


def parse_points(value: object) -> points.Array | None:
    """(N, 3) painted points, x1, x2 and class 0 or 1; None for anything that is no list of at most `MAX_POINTS`."""
    if not isinstance(value, list) or len(value) > points.MAX_POINTS:
        return None
    if not all(are_numbers(point, 3) and len(point) == 3 for point in value):
        return None
    painted = np.array(value, np.float64).reshape(-1, 3)
    painted[:, 2] = painted[:, 2] > 0.5
    return painted
