"""Uploaded pictures: decoding within limits, and finding the ink in a photo of a digit on paper.

Not here: what the ink becomes (`core.data.pictures.drawing.prepare`), and pictures without a digit's ink in mind.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.Image import DecompressionBombError, Transpose
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from scipy import ndimage

from core.data import formats
from core.data.formats import Format, starts
from core.data.pictures.picture_file import needed
from core.errors import InvalidInputError

MAX_BYTES = 5_000_000
MIN_SIDE = 8  # pixels
MAX_PIXELS = 4_000_000
MAX_SCANS = 100  # of a progressive JPEG, each of which passes over the whole picture; cameras write about 10
WORKING_SIDE = 560  # pixels of the longer side on which ink is looked for: a pen line is still 2 to 10 wide
TINY_SIDE = 64  # up to this size a picture is taken for a digit as it is, as in MNIST

SLOPE_REACH = 4  # pixels that a Gaussian derivative of σ = 1 looks at on each side

Grey = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Box = tuple[slice, slice]

# Pillow's classes are used directly: `Image.open` would first guess among all formats and only warn of enormous sizes.
FORMATS: tuple[Format[type[ImageFile]], ...] = (
    Format("PNG", ("png",), starts(b"\x89PNG\r\n\x1a\n"), PngImageFile),
    Format("JPEG", ("jpg", "jpeg"), starts(b"\xff\xd8\xff"), JpegImageFile),
    Format("WebP", ("webp",), lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", WebPImageFile),
)
_UPRIGHT = {  # EXIF orientation → what turns it up
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A picture whose header was checked and of which nothing is decoded yet."""

    name: str
    file: ImageFile
    orientation: int  # EXIF's, 1 to 8
    num_scans: int  # passes over the picture that decoding takes: 1, and more for a progressive JPEG

    @property
    def num_pixels(self) -> int:
        """Of the picture as it is in the file."""
        return self.file.width * self.file.height


def read_picture(data: bytes, *, name: str) -> Grey:
    """Grey picture (H, W) float32 in [0, 1], black is 0, from an uploaded PNG, JPEG or WebP.

    The format is told by the content; size is checked before anything is decoded. Of an animation the first frame is
    used, a camera's orientation is applied, and what is transparent becomes white.

    Raises:
        InvalidInputError: larger than 5 MB or 4 megapixels, another format, or damaged.
    """
    return decode(open_picture(data, name=name))


def open_picture(data: bytes, *, name: str) -> Picture:
    """Check a picture's header; raises as `read_picture` does, but not all damage is seen."""
    if len(data) > MAX_BYTES:
        raise InvalidInputError(
            f"“{name}” has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:g} MB are allowed. "
            "Save it smaller or cut out the digit."
        )
    found = formats.of(data, FORMATS)
    if found is None:
        raise InvalidInputError(
            f"“{name}” is not a {formats.named(FORMATS)} picture. Save it as one of these and try again."
        )
    bare, orientation = needed(data)
    with _decoding(name):
        file = found.reader(io.BytesIO(bare))
    width, height = file.size
    if min(width, height) < MIN_SIDE:
        raise InvalidInputError(
            f"“{name}” has {width:,} × {height:,} pixels; a digit needs at least {MIN_SIDE} in each direction."
        )
    if width * height > MAX_PIXELS:
        raise InvalidInputError(
            f"“{name}” has {width:,} × {height:,} pixels, {width * height / 1e6:.1f} megapixels; at most "
            f"{MAX_PIXELS / 1e6:g} are allowed. Save it smaller or cut out the digit."
        )
    num_scans = max(1, bare.count(b"\xff\xda")) if found.reader is JpegImageFile else 1
    if num_scans > MAX_SCANS:
        raise InvalidInputError(f"“{name}” is a JPEG of more than {MAX_SCANS} layers. Save it as an ordinary JPEG.")
    return Picture(name, file, orientation, num_scans)


def decode(picture: Picture, *, side: int | None = None) -> Grey:
    """A picture as (H, W) float32 in [0, 1], black is 0.

    Args:
        side: where the shorter side need not be longer than so many pixels, the picture is made smaller by whole
            factors, a JPEG while it is decoded.

    Raises:
        InvalidInputError: damaged.
    """
    with _decoding(picture.name):
        if side is not None:
            picture.file.draft(None, (side, side))
        grey = _grey(picture)
        if side is not None and (factor := min(grey.size) // side) > 1:
            grey = grey.reduce(factor)
    pixels = np.asarray(grey, dtype=np.float32)
    return pixels / np.float32(255) if grey.mode == "L" else pixels


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Say of a picture that Pillow cannot read that it is damaged."""
    try:
        yield
    except DecompressionBombError as error:  # Pillow's own limit, far above ours
        raise InvalidInputError(
            f"“{name}” has far too many pixels; at most {MAX_PIXELS / 1e6:g} megapixels are allowed. "
            "Save it smaller or cut out the digit."
        ) from error
    except Exception as error:  # which kinds Pillow raises of damaged bytes is written nowhere; a dozen were seen
        raise InvalidInputError(
            f"“{name}” is damaged or incomplete and cannot be read. Save or upload it again."
        ) from error


def _grey(picture: Picture) -> Image.Image:
    """Upright, on white paper: mode L, or F in [0, 1] of a picture with 16 bits a pixel."""
    picture.file.load()
    turn = _UPRIGHT.get(picture.orientation)
    upright = picture.file if turn is None else picture.file.transpose(turn)
    if upright.mode.startswith("I"):  # `convert` would clip them
        return Image.fromarray(np.asarray(upright, dtype=np.float32) / np.float32(65535))
    if upright.has_transparency_data:
        paper = Image.new("RGBA", upright.size, "white")
        return Image.alpha_composite(paper, upright.convert("RGBA")).convert("L")
    return upright if upright.mode == "L" else upright.convert("RGB").convert("L")


def find_ink(grey: Grey) -> Grey:
    """Ink of a photo or picture of a digit, dark on light or light on dark, in any lighting.

    The paper's brightness is estimated around each place and divided out; what then differs clearly from paper is
    ink. Specks and what comes in from the border (a shadow, the table) are left out where a digit remains. A picture
    of at most 64×64 pixels is only turned to ink = 1 and stretched to full contrast.

    Args:
        grey: (H, W) float32 in [0, 1], black is 0.

    Returns:
        (h, w) float32 in [0, 1], ink is 1, paper exactly 0; no longer than 560 pixels on the longer side. All zeros if
        there is no ink.
    """
    if max(grey.shape) <= TINY_SIDE:
        return _tiny(grey)
    small = _shrunk(grey, WORKING_SIDE)
    smooth = ndimage.gaussian_filter(small, 1.0)
    dark, light = _soft_ink(smooth), _soft_ink(1 - smooth)
    contrast_dark, contrast_light = _contrast(dark, smooth), _contrast(light, 1 - smooth)
    if max(contrast_dark, contrast_light) < 0.06:
        return np.zeros_like(small)
    return dark if contrast_dark >= contrast_light else light


def _soft_ink(grey: Grey) -> Grey:
    """Dark ink of a picture, 0 to 1; all zeros if nothing is clearly darker than its surroundings."""
    depth = _depth(grey)
    noise = 1.4826 * float(np.median(np.abs(depth)))
    strong = np.ones(depth.shape, dtype=bool)
    for _ in range(2):  # the second time without a table or shadow, which may be darker than the ink
        typical = _typical_depth(depth[strong])
        if typical < max(0.1, 5 * noise):
            return np.zeros_like(grey)
        strong = _dilated(_digit_only(strong & (depth > 0.5 * typical)), 3)
    if _sharpness(strong & (depth > 0.5 * typical), depth) < 0.05 * typical:
        return np.zeros_like(grey)  # a shadow: no pen draws edges 20 pixels wide
    # Soft edges: a border pixel is ink as far as the pen covered it. Weak ink counts only beside strong ink.
    soft = np.clip((depth / typical - 0.3) / 0.4, 0, 1)
    return np.where(strong, soft, 0).astype(np.float32)


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
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = float(np.median(border))
    ink = grey - paper if paper < 0.5 else paper - grey
    highest = float(ink.max())
    if highest < 0.08:
        return np.zeros_like(grey)
    return np.clip(ink / highest, 0, 1).astype(np.float32)


def _shrunk(grey: Grey, side: int) -> Grey:
    height, width = grey.shape
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small: Grey = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX), dtype=np.float32)
    return small


def _depth(grey: Grey) -> Grey:
    """How much darker each pixel is than the paper around it, as a share of the paper's brightness.

    The paper under the ink is the picture's morphological closing: dark strokes narrower than a quarter of the picture
    vanish, slopes of light and edges of shadows stay. It is estimated on a small copy, where the noise of a camera is
    averaged away.
    """
    small = _shrunk(grey, 112)
    window = max(small.shape) // 4
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
    return np.concatenate([[False], wanted])[labels]
