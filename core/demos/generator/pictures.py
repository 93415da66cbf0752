"""Generated pictures as bytes: uint8 arrays, and PNG sheets as text for events. No networks here."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

if TYPE_CHECKING:
    import torch

Pixels = npt.NDArray[np.uint8]
COLUMNS = 10  # of a sheet: one for each class


def to_bytes(images: torch.Tensor) -> Pixels:
    """(N, 1, H, W) float32 in [0, 1] → (N, H, W) uint8."""
    pixels: Pixels = (images[:, 0] * 255).round().byte().cpu().numpy()
    return pixels


def to_sheet(images: Pixels, *, columns: int = COLUMNS) -> Pixels:
    """(N, H, W) → one picture with `columns` in a row; what is left of the last row is 0."""
    count, height, width = images.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    filled = np.zeros((rows * columns, height, width), np.uint8)
    filled[:count] = images
    return filled.reshape(rows, columns, height, width).transpose(0, 2, 1, 3).reshape(rows * height, columns * width)


def from_sheet(sheet: Pixels, *, side: int) -> Pixels:
    """A sheet of squares → (N, side, side), row by row."""
    rows, columns = sheet.shape[0] // side, sheet.shape[1] // side
    return sheet.reshape(rows, side, columns, side).transpose(0, 2, 1, 3).reshape(-1, side, side)


def png(picture: Pixels) -> bytes:
    """A grey picture (H, W) as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", optimize=True)
    return file.getvalue()


def sheet_text(images: Pixels) -> str:
    """A sheet of (N, H, W) as a PNG in base64: about a quarter of the bytes of the pixels."""
    return base64.b64encode(png(to_sheet(images))).decode()


def read_sheet_text(text: str, *, side: int) -> Pixels:
    """(N, side, side) out of `sheet_text`; empty places of the last row come along as black pictures."""
    with Image.open(io.BytesIO(base64.b64decode(text))) as sheet:
        return from_sheet(np.asarray(sheet.convert("L")), side=side)
