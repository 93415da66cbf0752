"""Generated pictures as files to take along: PNG, GIF, a data set for numpy, and folders of PNGs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np
from PIL import Image

from core.demos.generator.painter import Labels
from core.demos.generator.pictures import Pixels, png, to_sheet

FRAME_MILLISECONDS = 90
EPOCH = (1980, 1, 1, 0, 0, 0)  # of files in a zip, so that the same pictures give the same bytes


def npz(images: Pixels, labels: Labels) -> bytes:
    """A file for `numpy.load` with `images` (N, 28, 28) uint8 and `labels` (N,) int64."""
    file = io.BytesIO()
    np.savez_compressed(file, images=images, labels=labels)
    return file.getvalue()


def named(images: Pixels, labels: Labels, classes: Sequence[str]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Each picture as a PNG with its path: a folder for each class, "3/00012.png"."""
    folders = [name.replace("/", "-") for name in classes]
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        yield PurePosixPath(folders[label]) / f"{number:05d}.png", png(image)


def zipped(images: Pixels, labels: Labels, classes: Sequence[str]) -> bytes:
    """A zip of the folders of `named`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNGs do not become smaller
        for path, content in named(images, labels, classes):
            archive.writestr(zipfile.ZipInfo(str(path), EPOCH), content)
    return file.getvalue()


def grid_png(images: Pixels, *, columns: int, scale: int = 4) -> bytes:
    """A grid (N, H, W) as one PNG, each pixel enlarged without smoothing."""
    return png(to_sheet(images, columns=columns).repeat(scale, axis=0).repeat(scale, axis=1))


def gif(frames: Pixels, *, scale: int = 6) -> bytes:
    """(N, H, W) there and back again, for ever."""
    there = [Image.fromarray(frame.repeat(scale, axis=0).repeat(scale, axis=1)) for frame in frames]
    file = io.BytesIO()
    there[0].save(
        file, "GIF", save_all=True, append_images=[*there[1:], *there[-2:0:-1]], duration=FRAME_MILLISECONDS, loop=0
    )
    return file.getvalue()
