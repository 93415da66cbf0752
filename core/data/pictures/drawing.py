"""From pen strokes or a grey picture to the 28×28 digit that MNIST networks expect, with every step shown.

Here: strokes and how they are read and rendered, the preparation with its switches, and what makes a drawing unusable.
Not here: decoding uploaded pictures and finding ink in them (`core.data.pictures.picture`), synthetic handwriting
(`core.data.pictures.strokes`), networks. Ink is 1 and paper is 0 everywhere.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from core.errors import InvalidInputError, Problem

SIDE = 28  # pixels of an MNIST image
BOX = 20  # MNIST's digits fill this many pixels along their longer side
CENTRE = 14  # pixel index on which MNIST puts the centre of mass
PEN = 2.5  # pen width in pixels of the 28-grid whose renderings have the median stroke width of MNIST's test set
PEN_RANGE = (1.8, 3.9)  # 5th and 95th percentile of `pen_width` over MNIST's test set
MAX_STROKES, MAX_POINTS, MAX_SIDE = 500, 20_000, 1024
MAX_DRAWN = 8_000  # points at which a pen is set down for one picture; a digit needs about 500
MAX_PEN_PIXELS = 10**9  # of all these pens together
_INK = 0.02  # anything fainter is paper

Grey = npt.NDArray[np.float32]  # (H, W) in [0, 1], ink is 1
Path = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Strokes:
    """Pen paths as (x, y) in canvas pixels, x to the right and y downwards."""

    paths: tuple[Path, ...]
    size: tuple[int, int]  # (width, height) of the canvas
    stroke_width: float  # pixels of the canvas


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


Source = Strokes | Grey


def strokes_from_canvas(json_data: Mapping[str, Any] | None, size: tuple[int, int]) -> Strokes:
    """Strokes from the `json_data` of streamlit-drawable-canvas (fabric.js objects of type "path").

    Only free-hand paths are read. A path that was moved, scaled or turned with the canvas's edit tool is read where it
    is now. Paths of different pens count as one pen of their median width.

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
        width = float(np.median([float(o["strokeWidth"]) for o in objects])) if objects else 1.0
    except InvalidInputError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise InvalidInputError(
            f"The canvas sent something that is not a drawing ({_short(error)}). Clear it."
        ) from error
    return _checked([p for p in paths if len(p)], size, width)


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
    return Strokes(tuple(_as_path(a) for a in arrays), size, pen)


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

    Fabric keeps the commands as they were drawn, in absolute canvas pixels, and the present place in `left`, `top`,
    `scaleX`, `scaleY` and `angle`: the centre of the commands' bounding box is drawn at the object's centre.
    """
    points = _flattened(obj.get("path", []))
    if not len(points) or "left" not in obj:
        return points
    low, high = points.min(axis=0), points.max(axis=0)
    scale = np.array([obj.get("scaleX", 1), obj.get("scaleY", 1)], dtype=np.float64)
    turn = math.radians(obj.get("angle", 0))
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    share = {"left": 0.5, "top": 0.5, "center": 0.0, "right": -0.5, "bottom": -0.5}
    origin = np.array([share[obj.get("originX", "left")], share[obj.get("originY", "top")]])
    extent = np.array([obj["width"], obj["height"]], dtype=np.float64)
    outer = (extent + float(obj.get("strokeWidth", 0))) * scale  # the pen counts
    centre = np.array([obj["left"], obj["top"]], dtype=np.float64) + rotation @ (origin * outer)
    return ((points - (low + high) / 2) * scale) @ rotation.T + centre


def _flattened(commands: Sequence[Sequence[Any]]) -> npt.NDArray[np.float64]:
    """Points (N, 2) along SVG commands M, L, Q (and C), curves cut into 4 pieces."""
    points: list[tuple[float, float]] = []
    for command in commands:
        numbers = [float(n) for n in command[1:]]
        corners = list(zip(numbers[::2], numbers[1::2], strict=True))
        if len(corners) > 3:
            raise ValueError(f"a curve through {len(corners)} corners")
        if command[0] in "ML" or not points:
            points += corners[-1:]
            continue
        points += (_bernstein(len(corners)) @ np.array([points[-1], *corners])).tolist()
    return np.array(points, dtype=np.float64).reshape(-1, 2)


@functools.cache
def _bernstein(degree: int) -> npt.NDArray[np.float64]:
    """(4, degree + 1): weights of the control points of a Bézier curve at four equal steps to its end."""
    t = np.array([0.25, 0.5, 0.75, 1.0])
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


def _step(paths: Sequence[npt.ArrayLike], *, least: float, most: float = MAX_DRAWN) -> float:
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
    step = _step(strokes.paths, least=max(1.0, strokes.stroke_width / 6), most=most)
    for path in strokes.paths:
        points = resampled(path, step=step) * 2
        if len(points) > 1:
            draw.line(points.ravel().tolist(), fill=255, width=max(1, round(pen)))
        for x, y in points.tolist():  # round joints and ends
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(big.reduce(2), dtype=np.float32) / np.float32(255)


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


def prepare(source: Source, *, switches: Switches | None = None, pen: float = PEN) -> Prepared:
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


def variants(source: Source, *, widths: Sequence[float] = (2.0, 2.5, 3.1)) -> Grey:
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
    step = _step(placed, least=0.7)
    paths = [resampled(p, step=step, smooth=1) for p in placed]
    return centred(render(paths, radius=pen / 2, shape=(height, width)), by_mass=on.center)


def _with_pen(cropped: Grey, on: Switches, pen: float) -> Grey:
    """The ink of a picture made thicker or thinner by moving its outline, so that the pen has the given width."""
    height, width = cropped.shape
    scale = 5 * BOX / max(height, width)
    large = _resized(cropped, width=max(5, round(width * scale)), height=max(5, round(height * scale)))
    room = math.ceil(5 * pen) + 2  # the outline moves by half of that at most
    ink = np.pad(large, room) > 0.5
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


def problem(source: Source) -> Problem | None:
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


def _smallest(source: Source) -> float:
    """Extent in pixels below which ink is a dot, from the size of the picture and the width of the pen."""
    if isinstance(source, Strokes):
        return max(0.07 * min(source.size), 0.75 * source.stroke_width)
    # A disc is twice as wide as `pen_width` says, MNIST's boldest strokes are four times as long.
    return max(4.0, 0.02 * min(source.shape), 2.5 * pen_width(np.pad(source, 1)))


def _cloud(source: Source) -> tuple[npt.NDArray[np.float32], float, tuple[int, int]]:
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
