"""From a drawing to the 28×28 digit that MNIST networks expect, with every step shown; and what makes one unusable.

A drawing is pen strokes (`core.data.pictures.pen_strokes`) or a grey picture. Not here: decoding uploaded pictures and
finding ink in them (`core.data.pictures.picture`), networks. Ink is 1 and paper is 0 everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from core.data.pictures.pen_strokes import Grey, Strokes, canvas_image, render, resampled, step_of
from core.errors import Problem

SIDE = 28  # pixels of an MNIST image
BOX = 20  # MNIST's digits fill this many pixels along their longer side
CENTRE = 14  # pixel index on which MNIST puts the centre of mass
PEN = 2.5  # pen width in pixels of the 28-grid whose renderings have the median stroke width of MNIST's test set
PEN_RANGE = (1.8, 3.9)  # 5th and 95th percentile of `pen_width` over MNIST's test set
_INK = 0.02  # anything fainter is paper


@dataclass(frozen=True)
class Switches:
    """Which steps of the preparation are done; all on is what MNIST's authors did, with an even pen."""

    crop: bool = True
    fit: bool = True
    center: bool = True
    width: bool = True


@dataclass(frozen=True)
class Step:
    """The picture after one step; `name` is the switch that it depends on, or "drawing"."""

    name: Literal["drawing", "crop", "fit", "center", "width"]
    label: str
    explanation: str
    image: Grey


@dataclass(frozen=True)
class Prepared:
    """The network's input with the way to it."""

    steps: tuple[Step, ...]
    image: Grey  # (28, 28)


Drawing = Strokes | Grey


_WORDS = {
    "drawing": ("Drawing", "What you drew."),
    "crop": ("Crop", "The paper around the ink is cut away, so that place and size do not matter."),
    "fit": ("20×20", "The longer side becomes 20 pixels; the shape is kept. This is how MNIST was made."),
    "center": ("Centre of mass", "The 20×20 is laid on 28×28 so that the ink balances in the middle."),
    "width": ("Normalised 28×28", "The pen gets the width that is usual in MNIST. This is what the network sees."),
}
_WORDS_OFF = {
    "crop": "Off: the whole drawing goes on.",
    "fit": "Off: the picture is squeezed into 28×28, whatever its shape.",
    "center": "Off: the picture is laid in the middle by its edges, not by its ink.",
    "width": "Off: the pen stays as wide as it was drawn. This is what the network sees.",
}


def prepare(source: Drawing, *, switches: Switches | None = None, pen: float = PEN) -> Prepared:
    """The 28×28 input of an MNIST network, with the picture after each step.

    Args:
        source: strokes, or a grey picture (H, W) float32 in [0, 1] whose ink is 1.
        switches: steps to leave out; default none.
        pen: width of the pen in pixels of the 28-grid. Strokes are drawn anew with it; the ink of a picture is made
            thicker or thinner only if it is outside the usual range `PEN_RANGE`.

    Source: the preparation of https://yann.lecun.com/exdb/mnist/ (20×20 box, centre of mass in 28×28).
    """
    on = switches or Switches()
    drawing = canvas_image(source) if isinstance(source, Strokes) else source
    cropped = _cropped(drawing) if on.crop else drawing
    fitted = _fitted(cropped, on)
    balanced = centred(fitted, by_mass=on.center)
    final = balanced
    if on.width and isinstance(source, Strokes):
        final = _redrawn(source, on, pen)
    elif on.width and not PEN_RANGE[0] <= pen_width(balanced) <= PEN_RANGE[1]:
        final = _with_pen(cropped, on, pen)
    images = {"drawing": drawing, "crop": cropped, "fit": fitted, "center": balanced, "width": final}
    steps = []
    for name, image in images.items():
        label, explanation = _WORDS[name]
        explanation = explanation if getattr(on, name, True) else _WORDS_OFF[name]
        steps.append(Step(name, label, explanation, image))  # type: ignore[arg-type]
    return Prepared(tuple(steps), final)


def variants(source: Drawing, *, widths: Sequence[float] = (2.0, 2.5, 3.1)) -> Grey:
    """(K, 28, 28): the prepared digit with several pen widths (pixels of the 28-grid), for an averaged answer."""
    on = Switches()
    if isinstance(source, Strokes):
        return np.stack([_redrawn(source, on, width) for width in widths])
    cropped = _cropped(source)
    return np.stack([_with_pen(cropped, on, width) for width in widths])


def pen_width(image: Grey) -> float:
    """Mean stroke width in pixels: twice the ink over the length of its outline (total variation); 0 without ink."""
    a, b, c, d = image[:-1, :-1], image[1:, :-1], image[:-1, 1:], image[1:, 1:]
    outline = np.hypot((a + b - c - d) / 2, (a + c - b - d) / 2).sum()
    return float(2 * image.sum() / outline) if outline > 0 else 0.0


def _cropped(image: Grey) -> Grey:
    ink = image > _INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return image
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resized(image: Grey, *, width: int, height: int) -> Grey:
    if image.shape == (height, width):
        return image
    shrinks = height <= image.shape[0]
    how = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC  # area averages when shrinking
    small = Image.fromarray(image, mode="F").resize((width, height), how)
    return np.clip(np.asarray(small, dtype=np.float32), 0, 1)


def _fitted(image: Grey, on: Switches) -> Grey:
    """Longer side 20 and aspect kept; stretched over 28×28 when `fit` is off."""
    if not on.fit:
        return _resized(image, width=SIDE, height=SIDE)
    height, width = image.shape
    scale = BOX / max(height, width)
    return _resized(image, width=max(1, round(width * scale)), height=max(1, round(height * scale)))


def centred(image: Grey, *, by_mass: bool = True) -> Grey:
    """On 28×28 with the centre of mass (else the edges) in the middle, by whole pixels; ink that leaves it is lost."""
    height, width = image.shape
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    mass = float(image.sum())
    if by_mass and mass > 0:
        top = round(CENTRE - float(image.sum(axis=1) @ np.arange(height)) / mass)
        left = round(CENTRE - float(image.sum(axis=0) @ np.arange(width)) / mass)
    wide = np.zeros((3 * SIDE, 3 * SIDE), np.float32)
    wide[SIDE + top : SIDE + top + height, SIDE + left : SIDE + left + width] = image
    return wide[SIDE : 2 * SIDE, SIDE : 2 * SIDE].copy()


def _redrawn(strokes: Strokes, on: Switches, pen: float) -> Grey:
    """Strokes drawn anew at the target size with the given pen, so that its width does not depend on the size."""
    if not strokes.paths:
        return np.zeros((SIDE, SIDE), np.float32)
    points = np.concatenate([np.asarray(p, dtype=np.float32) for p in strokes.paths])
    low, high = (points.min(axis=0), points.max(axis=0)) if on.crop else (np.zeros(2), np.array(strokes.size))
    edge = pen if on.crop else 0.0  # the box is around the ink, not around the centre line
    side = np.array([SIDE, SIDE]) if not on.fit else np.array([BOX, BOX])
    extent = np.maximum(high - low, 1e-3)
    scale = (side - edge) / (extent if not on.fit else extent.max())
    inner = np.minimum(extent * scale, side)
    width, height = (int(n) for n in np.ceil(inner + edge - 1e-3).clip(1, side))
    offset = (np.array([width, height]) - inner) / 2 - low * scale
    placed = [np.asarray(p) * scale + offset for p in strokes.paths]
    step = step_of(placed, least=0.7)
    paths = [resampled(p, step=step, smooth=1) for p in placed]
    return centred(render(paths, radius=pen / 2, shape=(height, width)), by_mass=on.center)


def _with_pen(cropped: Grey, on: Switches, pen: float) -> Grey:
    """The ink of a picture made thicker or thinner by moving its outline, so that the pen has the given width."""
    height, width = cropped.shape
    scale = 5 * BOX / max(height, width)
    large = _resized(cropped, width=max(5, round(width * scale)), height=max(5, round(height * scale)))
    room = math.ceil(5 * pen) + 2  # the outline moves by half of that at most
    padded = np.pad(large, room)
    # Half as dark as the darkest ink near by: a stroke may fade away, and a thin one is soft all over.
    ink = padded > np.maximum(0.5 * ndimage.maximum_filter(padded, 5 * BOX // 4), 0.1)
    if not ink.any():
        return np.zeros((SIDE, SIDE), np.float32)
    inside, outside = ndimage.distance_transform_edt(ink), ndimage.distance_transform_edt(~ink)
    edge = (inside - outside + np.where(ink, 0.0, 1.0)).astype(np.float32)  # 1 just inside the outline
    moved, grow = np.clip(edge, 0, 1), 0.0
    for _ in range(2):  # the first estimate is too small for strokes that are nearly as wide as long
        now = pen_width(moved)
        if on.crop:  # the box will be around the new ink; its centre line stays
            wanted = pen * max(max(_cropped(moved).shape) - now, 1.0) / (BOX - pen)
        else:
            wanted = pen * max(large.shape) / (BOX if on.fit else SIDE)
        grow += (wanted - now) / 2
        moved = np.clip(edge + grow, 0, 1)
    if not on.crop:
        moved = moved[room:-room, room:-room]
    return centred(_fitted(_cropped(moved) if on.crop else moved, on), by_mass=on.center)


_TALL = 0.6  # of the tallest group: a group at least this tall can be a digit of its own
_GAP = 0.12  # of the tallest group's height: white this wide separates digits, not the strokes of one
_SLANTS = (0.0, -0.35, 0.35)  # slanted digits stand apart only along their slant


def problem(source: Drawing) -> Problem | None:
    """What stands in the way of an answer, the most serious first; None if nothing does.

    Two strokes of one digit (a crossed 7, an open 4, a 5 with its bar apart, a slashed 0) are not two digits.
    """
    points, radius, size = _cloud(source)
    if not len(points):
        return Problem("blank", "Draw a digit from 0 to 9.", blocking=True)
    extent = float((points.max(axis=0) - points.min(axis=0)).max())
    if extent < _smallest(source):
        return Problem("dot", "This is only a dot. Draw a digit that fills about half of the area.", blocking=True)
    if _apart(points, radius):
        return Problem("two_digits", "These are two or more digits side by side. Draw only one.", blocking=True)
    reach = radius / 2 if isinstance(source, Strokes) else 1.0
    whole = max(size) <= SIDE  # centred by mass, even a whole MNIST digit may touch the border
    if not whole and ((points < reach).any() or (points > np.array(size) - reach).any()):
        message = "A stroke runs over the border, so a part may be missing. Draw smaller or more central."
        return Problem("cut", message, blocking=False)
    return None


def _smallest(source: Drawing) -> float:
    """Extent in pixels below which ink is a dot, from the size of the picture and the width of the pen."""
    if isinstance(source, Strokes):
        return max(0.07 * min(source.size), 0.75 * source.stroke_width)
    # A disc is twice as wide as `pen_width` says, MNIST's boldest strokes are four times as long.
    return max(4.0, 0.02 * min(source.shape), 2.5 * pen_width(np.pad(source, 1)))


def _cloud(source: Drawing) -> tuple[npt.NDArray[np.float32], float, tuple[int, int]]:
    """Ink as points (N, 2) with the radius of each, and the size (width, height), all in pixels."""
    if isinstance(source, Strokes):
        points = [resampled(p, step=max(1.0, source.stroke_width / 4)) for p in source.paths]
        cloud = np.concatenate(points) if points else np.zeros((0, 2), np.float32)
        return cloud, source.stroke_width / 2, source.size
    rows, columns = np.nonzero(source > 0.3)
    cloud = np.stack([columns, rows], axis=1).astype(np.float32) + np.float32(0.5)
    return cloud, 0.5, (source.shape[1], source.shape[0])


def _apart(points: npt.NDArray[np.float32], radius: float) -> bool:
    """Whether at least two tall groups of ink stand side by side, upright or along a common slant."""
    for slant in _SLANTS:
        across = points[:, 0] + slant * points[:, 1]
        order = np.argsort(across)
        across, down = across[order], points[order, 1]
        tallest = np.ptp(down) + 2 * radius
        cuts = np.flatnonzero(np.diff(across) - 2 * radius > _GAP * tallest) + 1
        heights = [np.ptp(group) + 2 * radius for group in np.split(down, cuts)]
        if sum(height >= _TALL * max(heights) for height in heights) > 1 and max(heights) >= _TALL * tallest:
            return True
    return False
