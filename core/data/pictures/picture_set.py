"""A set of small grey pictures that a person brought or a network drew: reading a zip with limits, and how it is kept.

A zip is read in parts of a second of computing, so that none takes long, whatever is in it. What is kept are the good
pictures, squared to 28×28. Nothing is unpacked to disk.
"""

from __future__ import annotations

import io
import re
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from core.data.formats import named
from core.data.own import ContentStore
from core.data.pictures.picture import FORMATS, Grey, Picture, decode, open_picture
from core.errors import InvalidInputError

MAX_BYTES = 40_000_000  # of the zip
MAX_PICTURE_BYTES = 10_000_000  # of one picture
MAX_UNPACKED_BYTES = 100_000_000  # of all that is in it; pictures are packed already, so a zip hardly shrinks them
MAX_PIXELS = 120_000_000  # of all pictures, at the cost of a PNG's: 1 to 2 seconds
PART_SECONDS = 1.0  # of computing, after which a part ends with the picture that it is at
MOST_PARTS = 10  # 10,000 small pictures take three to five
FEWEST, MOST = 30, 10_000  # pictures
MAX_ENTRIES = 3 * MOST  # with folders, and with what a Mac puts beside each file
SIDE = 28
FEWEST_SHADES = 8  # of 256, between the darkest and the lightest pixel; fewer are an empty picture
SHOWN = 100  # bad files at most that are listed
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError, OSError)
ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ")

DRIVE = re.compile(r"[A-Za-z]:")

Pixels = npt.NDArray[np.uint8]
NONE: Pixels = np.empty((0, SIDE, SIDE), np.uint8)


@dataclass(frozen=True)
class PictureSet:
    """Pictures (N, 28, 28) uint8, ink is 255; labels (N,) int64, all 0 where `classes` is empty."""

    name: str
    images: Pixels
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...] = ()
    is_own: bool = False  # whether a person brought it with its labels; a network drew it otherwise

    def __len__(self) -> int:
        return len(self.images)

    @property
    def in_words(self) -> str:
        """What it is, after a number."""
        return f"pictures of one's own ({self.name})" if self.is_own else "synthetic pictures"


@dataclass(frozen=True)
class BadFile:
    """A file that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Imported:
    """What could be used of a zip, and what could not."""

    pictures: PictureSet
    bad: tuple[BadFile, ...]  # the first of them
    num_bad: int


@dataclass(frozen=True)
class Part:
    """What was read of a zip in one go, and how far it came with that."""

    greys: Pixels  # (N, 28, 28) uint8, black is 0
    bad: tuple[BadFile, ...]  # the first of them
    num_bad: int
    entries: int  # of the zip, from its first on, that have been read by now; 0: all of them
    num_bytes: int  # unpacked by now
    pixels: float  # decoded by now, as `_cost` counts them
    folders: tuple[str, ...] = ()  # that each picture lies in, its last name alone


def read_zip(content: bytes, *, name: str) -> Imported:
    """The pictures of a zip, in any of the formats of `picture`, in any folders; each is cropped to its middle square.

    Paper is what most borders are: where they are light, dark is ink. Hidden files are passed over without a word.

    Raises:
        InvalidInputError: too large as it is, unpacked or decoded, not a zip, damaged, encrypted, with another archive
            or a path out of the zip in it, or with fewer than 30 good pictures or more than 10,000 files; or it took
            longer than ten seconds of computing.
    """
    return gathered(partial(read_part, content, name=name), name=name)


def gathered(read: Callable[..., Part], *, name: str) -> Imported:
    """All parts of a zip together; raises what `read_zip` raises.

    Args:
        read: `read_part` of this zip, here or in another process, given how far the part before came.
    """
    parts = [read()]
    while parts[-1].entries:
        if len(parts) == MOST_PARTS:
            raise InvalidInputError(
                f"“{name}” took longer than {MOST_PARTS * PART_SECONDS:g} seconds to read and was given up. Zip fewer "
                f"pictures, or smaller ones: {SIDE}×{SIDE} is all that is kept."
            )
        last = parts[-1]
        parts.append(read(entries=last.entries, num_bytes=last.num_bytes, pixels=last.pixels))
    greys = np.concatenate([part.greys for part in parts])
    bad = [one for part in parts for one in part.bad]
    if len(greys) < FEWEST:
        why = f" The first that was left out: “{bad[0].name}”, because {bad[0].reason}" if bad else ""
        raise InvalidInputError(
            f"“{name}” has {len(greys)} good pictures; at least {FEWEST} are needed to learn, choose and test.{why}"
        )
    pictures = PictureSet(name, inked(greys), np.zeros(len(greys), np.int64))
    return Imported(pictures, tuple(bad[:SHOWN]), sum(part.num_bad for part in parts))


def read_part(content: bytes, *, name: str, entries: int = 0, num_bytes: int = 0, pixels: float = 0) -> Part:
    """What can be read of a zip in a second of computing, and at least one more file of it.

    Args:
        entries, num_bytes, pixels: how far the part before came.

    Raises:
        InvalidInputError: a reason to refuse the whole zip, see `read_zip`.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInputError(
            f"“{name}” has {len(content) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:g} MB are allowed. Make the pictures "
            f"smaller before zipping them: {SIDE}×{SIDE} is all that is kept."
        )
    if (count := content.count(b"PK\x01\x02")) > MAX_ENTRIES:  # the mark of an entry; reading them takes a while
        raise InvalidInputError(f"“{name}” has about {count:,} files; at most {MOST:,} are allowed. Zip fewer.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            there = _checked([entry for entry in archive.infolist() if not _is_hidden(entry)], name)
            return _pictures(archive, there, name, Part(NONE, (), 0, entries, num_bytes, pixels))
    except InvalidInputError:
        raise
    except BROKEN as error:
        raise InvalidInputError(
            f"“{name}” is not a zip file that can be read. Make a new zip of the pictures and give that."
        ) from error


def _is_hidden(entry: zipfile.ZipInfo) -> bool:
    """A folder, a file without a name (a zip that begins one with a zero byte), or what systems put beside pictures."""
    parts = _path_in_zip(entry)
    hidden = any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in parts)
    return not parts or entry.is_dir() or hidden or parts[-1].lower() in ("thumbs.db", "desktop.ini")


def _path_in_zip(entry: zipfile.ZipInfo) -> list[str]:
    """The folders of a file and its name, as `pathlib` has them, which takes three times as long."""
    return [part for part in entry.filename.replace("\\", "/").split("/") if part not in ("", ".")]


def _checked(entries: list[zipfile.ZipInfo], name: str) -> list[zipfile.ZipInfo]:
    """The entries, if what the zip says of itself is allowed; nothing is unpacked for that."""
    if not entries:
        raise InvalidInputError(f"“{name}” is empty. Put {FEWEST} to {MOST:,} {named(FORMATS)} pictures into it.")
    if len(entries) > MOST:
        raise InvalidInputError(f"“{name}” has {len(entries):,} files; at most {MOST:,} are allowed. Zip fewer.")
    for entry in entries:
        if entry.filename.startswith(("/", "\\")) or ".." in _path_in_zip(entry) or DRIVE.match(entry.filename):
            raise InvalidInputError(
                f"“{name}” names a file outside itself (“{entry.filename[:80]}”), as no ordinary zip does; it is not "
                "opened. Make a new zip of the pictures alone."
            )
        if entry.flag_bits & 1:
            raise InvalidInputError(f"“{name}” is encrypted. Make a zip without a password.")
    return entries


def _pictures(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], name: str, before: Part) -> Part:
    """The next part; time counts from here on, so each part has at least one file more than the one before."""
    good: list[Pixels] = []
    folders: list[str] = []
    bad: list[BadFile] = []
    end, at = time.thread_time() + PART_SECONDS, before.entries
    num_bytes, pixels = before.num_bytes, before.pixels
    while at < len(entries) and (at == before.entries or time.thread_time() < end):
        entry = entries[at]
        at += 1
        short = PurePosixPath(entry.filename).name[:80]
        try:
            data = _unpacked(archive, entry)
            num_bytes += len(data)
            _check_total(num_bytes / MAX_UNPACKED_BYTES, f"{MAX_UNPACKED_BYTES / 1e6:g} MB when unpacked", name)
            if data.startswith(ARCHIVES):
                raise _RefusedError(
                    f"“{name}” has another archive in it (“{short}”), and archives in archives are not opened. Unpack "
                    "that one and zip its pictures."
                )
            picture = open_picture(data, name=short)
            pixels += _cost(picture)
            _check_total(pixels / MAX_PIXELS, f"{MAX_PIXELS / 1e6:g} megapixels in all its pictures", name)
            small = np.round(255 * squared(decode(picture, side=3 * SIDE))).astype(np.uint8)
            if np.ptp(small) < FEWEST_SHADES:
                raise InvalidInputError(f"“{short}” is empty: it has one shade from side to side.")
            good.append(small)
            folders.append("".join(_path_in_zip(entry)[-2:-1])[:40])
        except _RefusedError:
            raise
        except InvalidInputError as error:
            bad.append(BadFile(entry.filename[:200], str(error)))
    greys = np.stack(good) if good else NONE
    return Part(greys, tuple(bad[:SHOWN]), len(bad), at % len(entries), num_bytes, pixels, tuple(folders))


class _RefusedError(InvalidInputError):
    """A reason to refuse the whole zip, not one file of it."""


def _check_total(fraction: float, limit: str, name: str) -> None:
    if fraction > 1:
        raise _RefusedError(
            f"“{name}” has more than {limit}, which is the most allowed. Make the pictures smaller before zipping "
            f"them: {SIDE}×{SIDE} is all that is kept."
        )


def _cost(picture: Picture) -> float:
    """Pixels of a PNG that take as long to decode as this picture, as measured on pictures of 4 to 12 megapixels."""
    each = {"JPEG": (2 + picture.num_scans) / 12, "HEIF": 2.5}
    return picture.num_pixels * each.get(picture.file.format or "", 1)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """An entry's bytes, at most what a picture may have, whatever the zip says of itself.

    Raises:
        InvalidInputError: too large, damaged, or packed by a method that has no bound while it unpacks.
    """
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidInputError("it is packed by an unusual method. Make the zip in the usual way (“Deflate”).")
    entry.file_size = sys.maxsize  # the header is not asked: reading ends at the limit, or where the entry truly ends
    try:
        with archive.open(entry) as stream:
            data = stream.read(MAX_PICTURE_BYTES + 1)
    except BROKEN as error:
        raise InvalidInputError(f"it is damaged ({str(error)[:200]}).") from error
    if len(data) > MAX_PICTURE_BYTES:
        raise InvalidInputError(f"it has more than {MAX_PICTURE_BYTES / 1e6:g} MB, which is the most allowed.")
    return data


def squared(grey: Grey) -> Grey:
    """(H, W) float32 in [0, 1] → its middle square as (28, 28) float32 in [0, 1]."""
    if grey.shape == (SIDE, SIDE):
        return grey
    fitted = ImageOps.fit(Image.fromarray(grey), (SIDE, SIDE), Image.Resampling.HAMMING)
    small: Grey = np.clip(np.asarray(fitted, dtype=np.float32), 0, 1)
    return small


def inked(greys: Pixels) -> Pixels:
    """(N, 28, 28) uint8, black is 0 → ink is 255: what most of the borders are is paper."""
    border = np.concatenate([greys[:, 0], greys[:, -1], greys[:, :, 0], greys[:, :, -1]])
    return 255 - greys if np.median(border) > 255 / 2 else greys


def _to_bytes(pictures: PictureSet) -> bytes:
    file, classes = io.BytesIO(), np.array(pictures.classes, dtype=np.str_)
    own: dict[str, Any] = {"own": np.array(True)} if pictures.is_own else {}
    np.savez_compressed(
        file,
        images=pictures.images,
        labels=pictures.labels,
        name=np.array(pictures.name),
        classes=classes,
        **own,
    )
    return file.getvalue()


def _from_bytes(content: bytes) -> PictureSet:
    with np.load(io.BytesIO(content)) as file:  # never pickled: `allow_pickle` is off
        classes = tuple(str(one) for one in file["classes"])
        return PictureSet(str(file["name"]), file["images"], file["labels"], classes, "own" in file)


def _identity(pictures: PictureSet) -> bytes:
    """What a set holds, not its file: how well that is packed may change with the library."""
    described = repr((pictures.name, pictures.classes, pictures.images.shape)).encode()
    described += b"own" if pictures.is_own else b""
    return described + np.ascontiguousarray(pictures.images).tobytes() + pictures.labels.astype("<i8").tobytes()


OWN = ContentStore(
    called="The set of pictures of your own",
    remedy="Give it on the Generator page, view Train.",
    folder="albums",
    suffix=".npz",
    to_bytes=_to_bytes,
    from_bytes=_from_bytes,
    identity=_identity,
)
