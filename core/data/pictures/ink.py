"""Finding the ink in a photo or picture of a digit, dark on light or light on dark, in any lighting.

Not here: decoding pictures (`core.data.pictures.picture`), and what the ink becomes (`core.data.pictures.drawing`).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from core.data.pictures.drawing import pen_width
from core.data.pictures.frames import without_frames

WORKING_SIDE = 560  # pixels of the longer side on which ink is looked for: a pen line is still 2 to 10 wide
TINY_SIDE = 64  # up to this size a picture is taken for a digit as it is, as in MNIST

FAINTEST_INK = 0.05  # share of the paper's light that it takes away
FAINTEST_CONTRAST = 0.03
SLENDER = 0.2  # width of a pen as a share of a digit; what is thicker counts less as ink
SLOPE_REACH = 4  # pixels that a Gaussian derivative of σ = 1 looks at on each side

Grey = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Box = tuple[slice, slice]
Pixels = TypeVar("Pixels", Grey, Mask)


def find_ink(grey: Grey) -> Grey:
    """Ink of a photo or picture of a digit, dark on light or light on dark, in any lighting.

    The paper's brightness is estimated around each place and divided out; what then differs clearly from paper is
    ink. Specks and what comes in from the border (a shadow, the table) are left out where a digit remains. A picture
    of at most 64×64 pixels is only turned to ink = 1 and stretched to full contrast.

    Args:
        grey: (H, W) float32 in [0, 1], black is 0.

    Returns:
        (h, w) float32 in [0, 1], ink is 1, paper exactly 0; no longer than 560 pixels on the longer side, unless it is
        a strip. All zeros if there is no ink.
    """
    if max(grey.shape) <= TINY_SIDE:
        return _tiny(grey)
    small = _shrunk(grey, round(WORKING_SIDE * _stretch(grey)))
    smooth = ndimage.gaussian_filter(small, 1.0)
    dark, light = _soft_ink(smooth), _soft_ink(1 - smooth)
    contrasts = _contrast(dark, smooth), _contrast(light, 1 - smooth)
    if max(contrasts) < FAINTEST_CONTRAST:
        return np.zeros_like(small)
    # Paper within a ring, or between a digit and the edge of a shadow, may stand out as much as ink, but is no stroke.
    scores = [
        contrast * min(1, SLENDER / _thickness(ink)) for contrast, ink in zip(contrasts, (dark, light), strict=True)
    ]
    return dark if scores[0] >= scores[1] else light


def _thickness(ink: Grey) -> float:
    """Width of the pen as a share of the ink's extent."""
    mask = ink > 0.5
    if not mask.any():
        return 1.0
    return max(pen_width(np.pad(ink, 1)), 1.0) / max(part.stop - part.start for part in _box(mask))


def _soft_ink(grey: Grey) -> Grey:
    """Dark ink of a picture, 0 to 1; all zeros if nothing is clearly darker than its surroundings."""
    depth = _depth(grey)
    noise = 1.4826 * float(np.median(np.abs(depth)))
    strong = np.ones(depth.shape, dtype=bool)
    for _ in range(2):  # the second time without a table or shadow, which may be darker than the ink
        typical = _typical_depth(depth[strong])
        if typical < max(FAINTEST_INK, 6 * noise):
            return np.zeros_like(grey)
        strong = _dilated(_digit_only(strong & (depth > 0.5 * typical)), 3)
    if _sharpness(strong & (depth > 0.5 * typical), depth) < 0.05 * typical:
        return np.zeros_like(grey)  # a shadow: no pen draws edges 20 pixels wide
    # Soft edges: a border pixel is ink as far as the pen covered it. Weak ink counts only beside strong ink.
    strong, full = _with_fading(strong, depth, typical, noise)
    soft = np.clip((depth / full - 0.3) / 0.4, 0, 1)
    return np.where(strong, soft, 0).astype(np.float32)


def _with_fading(strong: Mask, depth: Grey, typical: float, noise: float) -> tuple[Mask, Grey | float]:
    """Where ink may be, and how deep it is there, with the parts of strokes that fade away.

    They are followed from the strong ink down to what is seen far from the digit: lines and noise of the paper.
    """
    core = strong & (depth > 0.5 * typical)
    (top, bottom), (left, right) = ((part.start, part.stop) for part in _box(core))
    away = np.ones(depth.shape, dtype=bool)
    away[_grown(_box(core), max(bottom - top, right - left) // 2)] = False
    if away.mean() < 0.1:
        away = ~_dilated(core, 3)
        away[3:-3, 3:-3] = False
    least = max(0.2 * typical, 5 * noise, 1.4 * float(np.percentile(depth[away], 99.5)) if away.any() else 0.0)
    if least >= 0.5 * typical:
        return strong, typical
    whole = ndimage.binary_propagation(core, structure=np.ones((3, 3)), mask=depth > least)
    added = whole & ~_dilated(core, 3)
    if added.sum() < 0.02 * core.sum() or _edge(added).any():
        return strong, typical
    pen = max(3, round(2 * pen_width(core.astype(np.float32))))
    local = ndimage.gaussian_filter(ndimage.maximum_filter(np.where(whole, depth, 0), pen), pen / 2)
    return _dilated(whole, 3), np.clip(local, least, typical).astype(np.float32)


def _sharpness(mask: Mask, depth: Grey) -> float:
    """Median slope of the depth across the outline of a mask, a pixel."""
    outline = mask & _dilated(~mask, 1)
    if not outline.any():
        return 0.0
    around = _grown(_box(outline), SLOPE_REACH)
    slope = ndimage.gaussian_gradient_magnitude(depth[around], 1.0)[outline[around]]
    return float(np.median(slope))


def _dilated(mask: Mask, steps: int) -> Mask:
    """A mask grown by so many pixels up, down, left and right: twenty times faster than `ndimage.binary_dilation`."""
    for _ in range(steps):
        grown = mask.copy()
        grown[1:] |= mask[:-1]
        grown[:-1] |= mask[1:]
        grown[:, 1:] |= mask[:, :-1]
        grown[:, :-1] |= mask[:, 1:]
        mask = grown
    return mask


def _box(mask: Mask) -> Box:
    """The smallest box around a mask that is not empty."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _grown(box: Box, margin: int) -> Box:
    rows, columns = (slice(max(0, part.start - margin), part.stop + margin) for part in box)
    return rows, columns


def _contrast(ink: Grey, grey: Grey) -> float:
    """How much darker the ink is than the frame around it; about 0 for paper that lies between strokes, not ink."""
    mask = ink > 0.5
    if not mask.any():
        return 0.0
    box = _box(mask)
    margin = 3 + max(part.stop - part.start for part in box) // 8
    grown = _grown(box, margin)
    frame = np.ones(mask[grown].shape, dtype=bool)
    frame[margin:-margin, margin:-margin] = False
    frame &= ~mask[grown]
    return float(np.median(grey[grown][frame]) - np.median(grey[mask])) if frame.any() else 0.0


def _tiny(grey: Grey) -> Grey:
    """Ink of a small picture as it is, turned to 1 and stretched to full contrast; without a frame at its border."""
    grey = _without_border(grey)
    paper = float(np.median(_edge(grey)))
    ink = grey - paper if paper < 0.5 else paper - grey
    highest = float(ink.max())
    if highest < 0.08:
        return np.zeros_like(grey)
    stretched = np.clip(ink / highest, 0, 1).astype(np.float32)
    strong = stretched > 0.5
    kept = without_frames(strong)
    if kept.sum() < strong.sum():  # what is soft belongs to the strong ink that is nearest
        nearest = ndimage.distance_transform_edt(~strong, return_distances=False, return_indices=True)
        stretched *= kept[tuple(nearest)]
    return stretched


def _edge(grey: Pixels) -> Pixels:
    """The pixels around a picture."""
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _without_border(grey: Grey) -> Grey:
    """A picture without a line around it, whose place is taken by the paper inside of it."""
    most = min(grey.shape) // 6
    edges = [_edge(grey[step : grey.shape[0] - step, step : grey.shape[1] - step]) for step in range(most + 1)]
    line, spread = float(np.median(edges[0])), float(np.ptp(grey))
    for step, edge in enumerate(edges[1:], 1):
        paper = float(np.median(grey[step : grey.shape[0] - step, step : grey.shape[1] - step]))
        is_line = np.abs(edges[0] - line) < 0.25 * spread
        is_paper = np.abs(edge - paper) < 0.25 * spread
        if abs(paper - line) > 0.4 * spread and is_line.mean() > 0.85 and is_paper.mean() > 0.7:
            inner = slice(step, grey.shape[0] - step), slice(step, grey.shape[1] - step)
            cleaned = np.full_like(grey, paper)
            cleaned[inner] = grey[inner]
            return cleaned
    return grey


def _shrunk(grey: Grey, side: int) -> Grey:
    height, width = grey.shape
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small: Grey = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX), dtype=np.float32)
    return small


def _stretch(grey: Grey) -> float:
    """By how much longer a strip is worked on than a picture, so that a row of digits in it is not too low."""
    return min(max(max(grey.shape) / min(grey.shape) / 2, 1.0), 5.0)


def _depth(grey: Grey) -> Grey:
    """How much darker each pixel is than the paper around it, as a share of the paper's brightness.

    The paper under the ink is the picture's morphological closing: dark strokes narrower than a quarter of the picture
    vanish, slopes of light and edges of shadows stay. It is estimated on a small copy, where the noise of a camera is
    averaged away.
    """
    small = _shrunk(grey, round(112 * _stretch(grey)))
    window = max(1, min(max(small.shape) // 4, min(small.shape) // 2))
    padded = np.pad(small, window, mode="edge")  # else a slope of light looks like a stroke at its dark end
    closed = ndimage.grey_closing(padded, size=window)[window:-window, window:-window]
    size = (grey.shape[1], grey.shape[0])
    paper = np.asarray(Image.fromarray(closed).resize(size, Image.Resampling.BILINEAR))
    depth = (paper - grey) / np.maximum(paper, 0.15)  # light multiplies: ink takes away a share of it
    return (depth - np.median(depth)).astype(np.float32)  # noise lifts a closing


def _typical_depth(depth: Grey) -> float:
    """Median depth of what Otsu's threshold calls ink; 0 without any.

    Source: N. Otsu: A threshold selection method from gray-level histograms (1979).
    """
    counts, edges = np.histogram(depth[depth > 0], bins=128, range=(0, 1))
    if counts.sum() == 0:
        return 0.0
    middles = (edges[1:] + edges[:-1]) / 2
    below, total = np.cumsum(counts), counts.sum()
    sums = np.cumsum(counts * middles)
    above = total - below
    valid = (below > 0) & (above > 0)
    means = sums[valid] / below[valid] - (sums[-1] - sums[valid]) / above[valid]
    between = below[valid] * above[valid] * means**2
    threshold = edges[1:][valid][between.argmax()] if valid.any() else 0.0
    return float(np.median(depth[depth > threshold]))


def _digit_only(ink: Mask) -> Mask:
    """Ink without specks and without what comes in from the border, unless nothing else is there."""
    labels, num = ndimage.label(ink, structure=np.ones((3, 3)))
    if num == 0:
        return ink
    areas = np.bincount(labels.ravel(), minlength=num + 1)[1:]
    border = np.concatenate([side.ravel() for side in (labels[:2], labels[-2:], labels[:, :2], labels[:, -2:])])
    inner = np.bincount(border, minlength=num + 1)[1:] == 0
    if inner.any() and areas[inner].max() >= max(0.0006 * ink.size, 0.005 * areas.max()):
        wanted = inner & (areas >= 0.04 * areas[inner].max())
    else:
        wanted = areas >= 0.04 * areas.max()
    return without_frames(np.concatenate([[False], wanted])[labels])
