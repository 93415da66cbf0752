"""What is printed or drawn around or under a digit and is no part of it: boxes, circles, rows of cells, underlines.

Shapes of ink, told by where they lie. Not here: finding ink (`core.data.pictures.ink`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Mask = npt.NDArray[np.bool_]
Box = tuple[slice, slice]

COVERED = 0.7  # of a side of a shape, behind which a frame must lie
SMALLEST = 0.3  # of a frame's size: less inside is a dot in a zero
ROUND = 0.88  # of its box, that a filled rectangle has more of
NARROW = 0.85  # width over height, below which a ring is a zero rather than a circle
LINE = 0.12  # width over length of a straight stroke
UPRIGHT = 0.35  # sideways over downwards, of a one
WIDER = 1.1  # than what stands on it is an underline
CUT_OFF = 1.8  # times as wide as a digit is a line that the digit touches


@dataclass(frozen=True)
class _Shape:
    """One connected piece of ink."""

    label: int
    box: Box

    @property
    def height(self) -> int:
        return self.box[0].stop - self.box[0].start

    @property
    def width(self) -> int:
        return self.box[1].stop - self.box[1].start


def without_frames(ink: Mask) -> Mask:
    """Ink without what frames or underlines the rest of it."""
    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    shapes = [_Shape(number + 1, box) for number, box in enumerate(ndimage.find_objects(labels))]
    shapes.sort(key=lambda shape: shape.height * shape.width, reverse=True)
    for outer in shapes[:4]:
        inside = [shape for shape in shapes if shape is not outer and _is_framed(shape, outer, labels)]
        if inside:
            kept = np.isin(labels, [shape.label for shape in inside])
            return without_frames(kept)
    walls = _walls(shapes, labels)
    if walls:
        return without_frames(ink & ~np.isin(labels, walls))
    return _without_underline(ink, labels, shapes)


def _walls(shapes: list[_Shape], labels: npt.NDArray[np.int32]) -> list[int]:
    """Labels of two upright lines that are as high, left and right of something lower: sides of a cell."""
    lines = [shape for shape in shapes if shape.height > 8 * shape.width]
    for first in lines:
        for second in lines:
            (top, bottom), (left, right) = (
                (first.box[0].start, first.box[0].stop),
                (first.box[1].stop, second.box[1].start),
            )
            ends = abs(second.box[0].start - top) + abs(second.box[0].stop - bottom)
            if left >= right or ends > 0.05 * first.height:
                continue
            between = [
                shape
                for shape in shapes
                if shape.box[1].start > left and shape.box[1].stop < right and 3 * shape.height > first.height
            ]
            if any(shape.height < 0.95 * first.height and shape.width > 2 * first.width for shape in between):
                return [first.label, second.label]
    return []


def _ends(part: slice) -> tuple[int, int]:
    return part.start, part.stop


def _is_framed(inner: _Shape, outer: _Shape, labels: npt.NDArray[np.int32]) -> bool:
    """Whether one shape lies in another one, which is around it and no zero with a dot or a bar."""
    (top, bottom), (left, right) = map(_ends, inner.box)
    within = all(i.start > o.start and i.stop < o.stop for i, o in zip(inner.box, outer.box, strict=True))
    is_outer = labels == outer.label
    if not within or is_outer[top:bottom, left:right].any():
        return False
    sides = (
        is_outer[top:bottom, :left].any(axis=1),
        is_outer[top:bottom, right:].any(axis=1),
        is_outer[:top, left:right].any(axis=0),
        is_outer[bottom:, left:right].any(axis=0),
    )
    if sum(side.mean() >= COVERED for side in sides) < 3:
        return False
    around = _hole(inner, is_outer)
    if max(inner.height, inner.width) < SMALLEST * max(around.shape):
        return False
    length, width, slope = _stroke(labels[inner.box] == inner.label)
    is_round = around.mean() < ROUND
    is_narrow = around.shape[1] < NARROW * around.shape[0]
    return not (is_round and width < LINE * length and (is_narrow or slope > UPRIGHT))


def _hole(inner: _Shape, outer: Mask) -> Mask:
    """The room of the frame in which a shape lies, cut out; the whole frame where it is open."""
    labels, _ = ndimage.label(~outer)
    row, column = inner.box[0].start, inner.box[1].start
    room = labels == labels[row, column]
    if room[0].any() or room[-1].any() or room[:, 0].any() or room[:, -1].any():
        room = ndimage.binary_fill_holes(outer)
    rows, columns = np.flatnonzero(room.any(axis=1)), np.flatnonzero(room.any(axis=0))
    return room[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _stroke(shape: Mask) -> tuple[float, float, float]:
    """Length and width of a shape along and across its main direction, and how far that leans, sideways over down."""
    points = np.argwhere(shape).astype(np.float64)
    points -= points.mean(axis=0)
    _, (long, short), axes = (
        np.linalg.svd(points, full_matrices=False) if len(points) > 1 else (0, (1.0, 1.0), np.eye(2))
    )
    return float(long), float(short), float(abs(axes[0, 1]) / max(abs(axes[0, 0]), 1e-9))


def _without_underline(ink: Mask, labels: npt.NDArray[np.int32], shapes: list[_Shape]) -> Mask:
    """Ink without flat lines below all the rest, apart from it or touching it."""
    flat = [shape for shape in shapes if shape.height < shape.width / 4]
    rest = ink & ~np.isin(labels, [shape.label for shape in flat])
    if not rest.any():
        return ink
    rows, columns = (np.flatnonzero(rest.any(axis=axis)) for axis in (1, 0))
    width = columns[-1] - columns[0] + 1
    lines = [line for line in flat if rows[-1] < line.box[0].start + line.height / 2 and line.width > WIDER * width]
    return _cut_from_line(ink & ~np.isin(labels, [line.label for line in lines]))


def _cut_from_line(ink: Mask) -> Mask:
    """Ink without a long flat line at its bottom, on which a much narrower digit stands."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    if len(rows) < 8 or len(columns) < 8:
        return ink
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = cut.shape
    full = np.flatnonzero(cut.mean(axis=1) > 0.8)
    if not len(full) or full[0] < 0.6 * height or len(full) > 0.2 * height:
        return ink
    above = cut[: max(full[0] - 1, 1)]
    across = np.flatnonzero(above.any(axis=0))
    if not len(across) or (across[-1] - across[0] + 1) * CUT_OFF > width:
        return ink
    kept = ink.copy()
    kept[rows[0] + len(above) :] = False
    return kept
