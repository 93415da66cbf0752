"""Signed numbers as pictures: feature maps, filters and attributions, in the diverging palette centred on zero.

Many small maps go out as one picture in equal places, so that a click on it can be told apart. No Plotly here.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor, ImageDraw

from core.plots.pictures import DENSITY
from core.plots.template import palette

Signed = npt.NDArray[np.floating]
PLACE = 70  # CSS px, of a map with the gap around it
NUM_IN_ONE_ROW = 10  # the answers
SHARE_OF_GAP = 0.08  # of a place
READABLE = 0.5  # fraction of the palette, from its middle, on which the text of the page can be read


def signed_pixels(values: Signed, *, limit: float, dark: bool) -> npt.NDArray[np.uint8]:
    """(H, W) numbers → (H, W, 3) colours; ±`limit` and beyond are the ends of the palette, 0 is its middle."""
    stops = np.array([ImageColor.getrgb(color) for color in palette(dark).diverging], dtype=np.float64)
    position = (0.5 + np.clip(values / (limit or 1.0), -1, 1) / 2) * (len(stops) - 1)
    channels = [np.interp(position, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def signed_picture(values: Signed, size: int, *, limit: float, dark: bool) -> Image.Image:
    """(H, W) numbers enlarged without smoothing; `size` is of the longer side, in px."""
    height, width = values.shape
    scale = size / max(height, width)
    picture = Image.fromarray(signed_pixels(values, limit=limit, dark=dark))
    return picture.resize((max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.NEAREST)


def columns_for(count: int) -> int:
    """Columns of a sheet with so many maps, in which they can still be told apart on a telephone."""
    return count if count <= NUM_IN_ONE_ROW else 8


def sheet(maps: Signed, *, limit: float, dark: bool) -> Image.Image:
    """Maps in rows of `columns_for(N)` equal square places, with a gap around each, as one transparent picture.

    Args:
        maps: (N, H, W); all are shown on one scale, so that they can be compared.
        limit: the number that has the deepest colour.
    """
    columns = columns_for(len(maps))
    rows = math.ceil(len(maps) / columns)
    place = PLACE * DENSITY
    tile = round(place * (1 - SHARE_OF_GAP))
    picture = Image.new("RGBA", (columns * place, rows * place))
    for index, values in enumerate(maps):
        at = (index % columns * place + (place - tile) // 2, index // columns * place + (place - tile) // 2)
        picture.paste(signed_picture(values, tile, limit=limit, dark=dark), at)
    return picture


def sheet_width(count: int) -> int:
    """Width at which a sheet is sharp, in CSS px."""
    return PLACE * columns_for(count)


def overlay(values: Signed, drawing: Signed, size: int, *, dark: bool) -> Image.Image:
    """Attributions in colour with the outline of the drawing over them; the strongest has the deepest colour.

    Args:
        values: (H, W).
        drawing: (H, W) in [0, 1]; 1 is ink.
        size: of a side, in px.
    """
    picture = signed_picture(values, size, limit=strongest(values), dark=dark)
    scale = size / values.shape[0]
    ink = np.pad(drawing > 0.35, 1)
    pen = ImageDraw.Draw(picture)
    color, thick = palette(dark).text, max(1, round(size / 200))
    for row, column in np.argwhere(ink[1:-1, :-1] != ink[1:-1, 1:]):
        pen.line([(column * scale, row * scale), (column * scale, (row + 1) * scale)], fill=color, width=thick)
    for row, column in np.argwhere(ink[:-1, 1:-1] != ink[1:, 1:-1]):
        pen.line([(column * scale, row * scale), ((column + 1) * scale, row * scale)], fill=color, width=thick)
    return picture


def strongest(values: Signed) -> float:
    """The largest size of a number, whatever its sign."""
    return float(np.abs(values).max())


def scale_sentence(values: Signed) -> str:
    """How to read the colours of signed numbers on one scale."""
    low, high = float(values.min()), float(values.max())
    return f"Blue is positive, orange negative, grey zero; here from {low:.2f} to {high:.2f}.".replace("-", "−")


def signed_color(strength: float, *, dark: bool) -> str:
    """Background colour for text, "#rrggbb": from nothing at 0 to the negative or positive colour at -1 or 1, never so
    strong that the page's text on it could not be read."""
    red, green, blue = signed_pixels(np.array([[READABLE * strength]]), limit=1.0, dark=dark)[0, 0]
    return f"#{red:02x}{green:02x}{blue:02x}"
