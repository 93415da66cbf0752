"""Small grey pictures made large enough to look at, one PNG-ready picture at a time. No Plotly here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor, ImageDraw, ImageFont

from core.plots.template import Palette, palette

Grey = npt.NDArray[np.floating]  # (H, W) in [0, 1]; 1 is ink

DENSITY = 2  # picture pixels a CSS pixel, for sharp text on today's screens
TILE = 112  # CSS px, 4 for each pixel of a 28×28 digit
GAP = 16  # CSS px
CAPTION_HEIGHT = 26  # CSS px
CAPTION_SIZE = 13  # CSS px


def picture(image: Grey, size: int = TILE, *, dark: bool) -> Image.Image:
    """A grey picture in the page's own ink and paper, enlarged or made smaller without smoothing.

    Args:
        image: (H, W) float in [0, 1]; 1 is ink.
        size: of the longer side of the result, in px.

    Returns:
        An RGB picture.
    """
    height, width = image.shape
    scale = size / max(height, width)
    shown = max(1, round(width * scale)), max(1, round(height * scale))
    if scale < 1:  # before each pixel becomes three numbers: a canvas would take megabytes
        small = Image.fromarray(np.asarray(image, dtype=np.float32)).resize(shown, Image.Resampling.NEAREST)
        image = np.asarray(small)
    ink, paper = _ink_and_paper(palette(dark))
    amount = np.clip(np.asarray(image, dtype=np.float64), 0, 1)[..., None]
    pixels = np.round(paper + (ink - paper) * amount).astype(np.uint8)
    return Image.fromarray(pixels).resize(shown, Image.Resampling.NEAREST)


def gallery(images: Sequence[Grey], captions: Sequence[str], *, columns: int = 3, dark: bool) -> Image.Image:
    """Pictures in a grid with a caption under each, as one transparent picture.

    Args:
        images: (H, W) floats in [0, 1]; 1 is ink. At least one.
        captions: one short line each ("true 4 · said 9 · 98 %"); "\\n" makes a second line.

    Returns:
        An RGBA picture of `DENSITY` pixels a CSS pixel: show it at `gallery_width(...)`.
    """
    colors = palette(dark)
    lines = max(caption.count("\n") for caption in captions) + 1
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    cell_width, cell_height = TILE + GAP, TILE + CAPTION_HEIGHT + (lines - 1) * (CAPTION_SIZE + 4) + GAP // 2
    sheet = Image.new(
        "RGBA", ((columns * cell_width - GAP) * DENSITY, rows * cell_height * DENSITY), (*_rgb(colors.text), 0)
    )
    draw = ImageDraw.Draw(sheet)
    for index, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = index % columns * cell_width * DENSITY, index // columns * cell_height * DENSITY
        tile = picture(image, TILE * DENSITY, dark=dark)
        sheet.paste(tile, (left, top), _rounded(tile.size, radius=8 * DENSITY))
        for number, line in enumerate(caption.split("\n")):
            at = (left + 2 * DENSITY, top + (TILE + 6 + number * (CAPTION_SIZE + 4)) * DENSITY)
            color = colors.text if number == 0 else colors.muted
            line = line.replace("\xa0", " ")  # the font has no glyph for it
            draw.text(at, line, fill=color, font=ImageFont.load_default(CAPTION_SIZE * DENSITY))
    return sheet


def gallery_width(num_images: int, *, columns: int = 3) -> int:
    """Width at which a gallery is sharp, in CSS px."""
    return min(columns, num_images) * (TILE + GAP) - GAP


def gallery_sentence(captions: Sequence[str]) -> str:
    """All captions in one sentence."""
    return f"{len(captions)} pictures: " + "; ".join(caption.replace("\n", " · ") for caption in captions) + "."


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = ImageColor.getrgb(color)[:3]
    return red, green, blue


def _ink_and_paper(colors: Palette) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Ink is the text's colour; paper is the scale's zero, a little apart from the page so that the edge is seen."""
    return np.array(_rgb(colors.text), dtype=np.float64), np.array(_rgb(colors.sequential[0]), dtype=np.float64)


def _rounded(size: tuple[int, int], radius: int) -> Image.Image:
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius, fill=255)
    return mask
