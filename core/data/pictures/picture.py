"""Uploaded pictures: which formats there are, how large one may be, and decoding it to grey.

A format is a line in `FORMATS` and what opens it. A large picture is made smaller while it is decoded, where its format
allows that, else right afterwards. Not here: finding ink (`core.data.pictures.ink`).
"""

from __future__ import annotations

import io
import math
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.Image import DecompressionBombError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from scipy import ndimage

from core.data import formats
from core.data.formats import Format, starts
from core.data.pictures.picture_file import needed, orientation_of
from core.errors import InvalidInputError

MAX_BYTES = 40_000_000
MIN_SIDE = 8  # pixels
MAX_MEGAPIXELS_PROGRESSIVE = 50  # of a progressive JPEG, which is in memory as a whole before its first line is there
MAX_SCANS = 100  # of a progressive JPEG, each of which passes over the whole picture; cameras write about 10
KEPT_PIXELS = 4_000_000  # a larger picture is made smaller by whole factors until it has no more than these
STRIP_PIXELS = 1_000_000  # of a large picture, that are made smaller at once
MANY_TONES = 0.35  # between the darkest and the lightest of what is visible

Grey = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Opener:
    """What opens a format, and how large a picture of it may be: it must be read in 400 MB and two seconds."""

    open: Callable[[io.BytesIO], ImageFile]
    max_megapixels: int


def _png(file: io.BytesIO) -> ImageFile:
    """Pillow gives a transparent colour as it stands in the file, but pixels of 2, 4 and 3·16 bits as 8 bits."""
    depth = file.getvalue()[24]
    opened = PngImageFile(file)
    transparent = opened.info.get("transparency")
    if isinstance(transparent, int) and opened.mode == "L":
        opened.info["transparency"] = transparent * 255 // (2**depth - 1)
    elif isinstance(transparent, tuple) and depth == 16:
        opened.info["transparency"] = tuple(value >> 8 for value in transparent)
    return opened


def _tiff(file: io.BytesIO) -> ImageFile:
    """Pillow turns a TIFF upright by itself, also where XMP alone says so, which neither cameras nor browsers heed."""
    opened = TiffImageFile(file)
    opened.info.pop("xmp", None)
    return opened


def _heic(file: io.BytesIO) -> ImageFile:
    """It comes upright. The library is imported only here: most people never bring such a file."""
    import pillow_heif

    pillow_heif.options.DECODE_THREADS = 0
    pillow_heif.options.DEPTH_IMAGES = pillow_heif.options.AUX_IMAGES = False

    class WithThreads(pillow_heif.HeifImageFile):
        """Its decoder of HEVC starts a thread, however few it is given, and ends without a picture where it may not."""

        def load(self) -> Any:
            allowed, most = resource.getrlimit(resource.RLIMIT_NPROC)
            resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
            try:
                return super().load()
            finally:
                resource.setrlimit(resource.RLIMIT_NPROC, (allowed, most))

    return WithThreads(file)


def _avif(file: io.BytesIO) -> ImageFile:
    from PIL import AvifImagePlugin

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a reading process may start no more
    return AvifImagePlugin.AvifImageFile(file)


def _has_brand(*wanted: bytes) -> Callable[[bytes], bool]:
    """Whether a content is a file of boxes (ISO 14496-12) that names one of these brands."""

    def fits(content: bytes) -> bool:
        brands = content[8 : min(int.from_bytes(content[:4], "big"), 200)]
        return content[4:8] == b"ftyp" and any(brands[at : at + 4] in wanted for at in range(0, len(brands), 4))

    return fits


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _is_tiff(content: bytes) -> bool:
    return content[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


# Pillow's classes are used directly: `Image.open` would first guess among all formats and only warn of enormous sizes.
FORMATS: tuple[Format[Opener], ...] = (
    Format("PNG", ("png",), starts(b"\x89PNG\r\n\x1a\n"), Opener(_png, 50)),
    Format("JPEG", ("jpg", "jpeg", "jfif"), starts(b"\xff\xd8\xff"), Opener(JpegImageFile, 110)),
    Format("WebP", ("webp",), _is_webp, Opener(WebPImageFile, 20)),
    Format("AVIF", ("avif",), _has_brand(b"avif", b"avis"), Opener(_avif, 25)),
    Format("HEIC", ("heic", "heif", "hif"), _has_brand(b"heic", b"heix", b"heim", b"heis", b"mif1"), Opener(_heic, 50)),
    Format("GIF", ("gif",), starts(b"GIF8"), Opener(GifImageFile, 50)),
    Format("BMP", ("bmp",), starts(b"BM"), Opener(BmpImageFile, 50)),
    Format("TIFF", ("tif", "tiff"), _is_tiff, Opener(_tiff, 50)),
)


@dataclass(frozen=True)
class Picture:
    """A picture whose header was checked and of which nothing is decoded yet."""

    name: str
    file: ImageFile
    orientation: int  # EXIF's, 1 to 8, of what the file gives
    num_scans: int  # passes over the picture that decoding takes: 1, and more for a progressive JPEG

    @property
    def num_pixels(self) -> int:
        """Of the picture as it is in the file."""
        return self.file.width * self.file.height


def read_picture(data: bytes, *, name: str) -> Grey:
    """Grey picture (H, W) float32 in [0, 1], black is 0, from an uploaded file in one of `FORMATS`.

    The format is told by the content; size is checked before anything is decoded. Of an animation or of several pages
    the first is used, and a camera's orientation is applied once. What is transparent becomes paper. A picture of more
    than four megapixels is made smaller by a whole factor.

    Raises:
        InvalidInputError: larger than is allowed, another format, or damaged.
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
    bare, orientation, num_scans = needed(data)
    with _decoding(name):
        file = found.reader.open(io.BytesIO(bare))
    if found.name == "AVIF":  # Pillow leaves it as it lies, and says in EXIF's way how to turn it
        orientation = orientation_of(file.info.get("exif", b""))
    width, height = file.size
    if min(width, height) < MIN_SIDE:
        raise InvalidInputError(
            f"“{name}” has {width:,} × {height:,} pixels; a digit needs at least {MIN_SIDE} in each direction."
        )
    is_progressive = num_scans > 1
    most = MAX_MEGAPIXELS_PROGRESSIVE if is_progressive else found.reader.max_megapixels
    if width * height > most * 1e6:
        raise InvalidInputError(
            f"“{name}” has {width:,} × {height:,} pixels, {width * height / 1e6:.1f} megapixels; at most {most} are "
            f"allowed of a {'progressive ' * is_progressive}{found.name}. Save it smaller or cut out the digit."
        )
    if num_scans > MAX_SCANS:
        raise InvalidInputError(f"“{name}” is a JPEG of more than {MAX_SCANS} layers. Save it as an ordinary JPEG.")
    return Picture(name, file, orientation, num_scans)


def decode(picture: Picture, *, side: int | None = None) -> Grey:
    """A picture as (H, W) float32 in [0, 1], black is 0.

    Args:
        side: where the shorter side need not be longer than so many pixels, the picture is made smaller by whole
            factors, a JPEG while it is decoded. By default it is made smaller to `KEPT_PIXELS`.

    Raises:
        InvalidInputError: damaged.
    """

    def factor() -> int:
        width, height = picture.file.size
        return max(1, min(width, height) // side if side else math.ceil(math.sqrt(width * height / KEPT_PIXELS)))

    with _decoding(picture.name):
        picture.file.draft(None, (picture.file.width // factor(), picture.file.height // factor()))
        picture.file.load()
        shade, alpha = _smaller(picture.file, factor())
        return _turned(_on_paper(shade, alpha), picture.orientation)


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Say of a picture that Pillow cannot read that it is damaged."""
    try:
        yield
    except MemoryError:  # a reading process says what that means
        raise
    except DecompressionBombError as error:  # Pillow's own limit, far above ours
        raise InvalidInputError(f"“{name}” has far too many pixels. Save it smaller or cut out the digit.") from error
    except Exception as error:  # which kinds Pillow raises of damaged bytes is written nowhere; a dozen were seen
        raise InvalidInputError(
            f"“{name}” is damaged or incomplete and cannot be read. Save or upload it again."
        ) from error


def _smaller(image: Image.Image, factor: int) -> tuple[Grey, Grey | None]:
    """Shade and opacity of an image made smaller, in strips: a copy of all of it in another mode takes much memory."""
    white = _white(image)
    if factor == 1:
        return _shade(image, 1, white)
    height = max(1, STRIP_PIXELS // (factor * image.width)) * factor
    width, end = image.width // factor * factor, image.height // factor * factor
    boxes = [(0, top, width, min(top + height, end)) for top in range(0, end, height)]
    strips = [_shade(image.crop(box), factor, white) for box in boxes]
    opacities = [alpha for _, alpha in strips if alpha is not None]
    return np.concatenate([shade for shade, _ in strips]), np.concatenate(opacities) if opacities else None


def _white(image: Image.Image) -> float:
    """The value that is white: the highest there is where 32 bits a pixel leave it open."""
    if image.mode not in ("I", "F"):
        return 65535 if image.mode.startswith("I;16") else 255
    highest = float(np.nan_to_num(np.asarray(image), posinf=0, neginf=0).max())
    return max(1.0, highest) if image.mode == "F" else max(65535, highest)


def _shade(image: Image.Image, factor: int, white: float) -> tuple[Grey, Grey | None]:
    """Shade and, where an image has transparent parts, opacity; both in [0, 1] and smaller by a factor."""
    if image.mode[0] in "IF":  # `convert` would clip more than 8 bits
        values = np.asarray(image)
        shade = np.clip(np.nan_to_num(values.astype(np.float32) / np.float32(white)), 0, 1)
        transparent = image.info.get("transparency")
        alpha = None if transparent is None else _means((values != transparent).astype(np.float32), factor)
        return _means(shade, factor), alpha
    if image.has_transparency_data:
        visible = image.convert("RGBA").reduce(factor)
        return _unit(visible.convert("RGB").convert("L")), _unit(visible.getchannel("A"))
    if image.mode == "LAB":
        image = image.getchannel("L")
    elif image.mode in ("1", "P"):
        image = image.convert("L")
    small = image.reduce(factor) if factor > 1 else image
    return _unit(small if small.mode == "L" else small.convert("RGB").convert("L")), None


def _unit(image: Image.Image) -> Grey:
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _means(values: Grey, factor: int) -> Grey:
    height, width = values.shape
    blocks = values[: height // factor * factor, : width // factor * factor]
    return blocks.reshape(height // factor, factor, width // factor, factor).mean(axis=(1, 3), dtype=np.float32)


def _on_paper(shade: Grey, alpha: Grey | None) -> Grey:
    """What is transparent becomes paper.

    Ink of one tone gets the paper on which it is seen. A picture that has more than one tone has its own paper, and
    what is transparent around it (rounded corners, the rest of a cut-out) becomes what it borders on.
    """
    if alpha is None or alpha.min() == 1:
        return shade
    if alpha.max() == 0:
        return np.ones_like(shade)
    visible = alpha > 0.9 * alpha.max()  # at soft edges some programs mix the ink with what is not to be seen
    low, middle, high = np.percentile(shade[visible], (0.2, 50, 99.8))
    if high - low < MANY_TONES:
        paper = 1.0 if middle < 0.5 else 0.0
    else:
        rim = visible & ndimage.binary_dilation(~visible, iterations=2)
        paper = float(np.median(shade[rim])) if rim.any() else float(middle)
    return (alpha * shade + (1 - alpha) * np.float32(paper)).astype(np.float32)


def _turned(grey: Grey, orientation: int) -> Grey:
    """Upright, of an EXIF orientation from 1 to 8."""
    if orientation in (5, 6, 7, 8):
        grey = grey.T
    if orientation in (2, 3, 6, 7):
        grey = grey[:, ::-1]
    if orientation in (3, 4, 7, 8):
        grey = grey[::-1]
    return np.ascontiguousarray(grey)
