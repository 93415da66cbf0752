"""The parts of a picture file that are needed to decode it, which side of it is up, and how often it is passed over.

PNG, JPEG and WebP are rows of labelled parts. Texts, colour profiles and cameras' notes among them are used nowhere
here, but a decoder that unpacks them can be made to work long for a small file. Nothing is decoded here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator

PNG, JPEG, RIFF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF"
ORIENTATION = 0x112  # EXIF's tag
SCAN = b"\xff\xda"  # of a JPEG
_MARK = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # in what a JPEG packed, where others have a 0 behind 255

Part = tuple[bytes, bytes, int]  # label, the whole part, where its content begins in it


def needed(data: bytes) -> tuple[bytes, int, int]:
    """A picture file without what its picture does not need, its EXIF orientation (1 to 8), and its number of scans.

    A damaged file stays damaged: what cannot be followed is left to the decoder. Other formats than PNG, JPEG and WebP
    are left whole, and turned upright by what decodes them.
    """
    form = next((form for form in _FORMS if data.startswith(form[0])), None)
    if form is None:
        return data, 1, 1
    start, parts, wanted, exif_label = form
    kept, orientation, num_scans = [data[: 12 if start == RIFF else len(start)]], 1, 0
    for label, part, content in parts(data):
        num_scans += label == SCAN
        if label in wanted:
            kept.append(part)
        elif label == exif_label and orientation == 1:
            orientation = orientation_of(part[content:])
    return _with_size(b"".join(kept)), orientation, max(1, num_scans)


def _png_parts(data: bytes) -> Iterator[Part]:
    at = len(PNG)
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at:end], 8
        at = end


def _jpeg_parts(data: bytes) -> Iterator[Part]:
    """Up to the end of the first picture: phones put more pictures and a film behind it."""
    at = len(JPEG)
    while at < len(data):
        label = data[at : at + 2]
        if label == b"\xff\xff":  # padding
            at += 1
            continue
        if label == b"\xff\xd9":
            yield label, label, 2
            return
        end = at + 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
        if label == SCAN:  # what is packed follows, up to the next mark
            mark = _MARK.search(data, end)
            end = mark.start() if mark else len(data)
        yield label, data[at:end], 4
        at = end


def _webp_parts(data: bytes) -> Iterator[Part]:
    at = 12
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        yield data[at : at + 4], data[at:end], 8
        at = end


def _with_size(data: bytes) -> bytes:
    """A RIFF file says its size at its beginning."""
    return RIFF + (len(data) - 8).to_bytes(4, "little") + data[8:] if data.startswith(RIFF) else data


def orientation_of(exif: bytes) -> int:
    """The orientation in EXIF data; 1, which is upright, where there is none.

    Source: EXIF 2.3, 4.6.2: a TIFF header, then a directory of 12 bytes an entry.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    try:
        if order is not None:
            (start,) = struct.unpack_from(f"{order}I", tiff, 4)
            (count,) = struct.unpack_from(f"{order}H", tiff, start)
            for index in range(count):
                tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * index)
                if tag == ORIENTATION:
                    return int(value) if 1 <= value <= 8 else 1
    except struct.error:  # cut off: cameras and editors write that too, and the picture is good without it
        pass
    return 1


_JPEG_LABELS = frozenset(bytes([0xFF, code]) for code in [*range(0xC0, 0xE1), 0xEE])  # no notes, but the colour space's
_FORMS: tuple[tuple[bytes, Callable[[bytes], Iterator[Part]], frozenset[bytes], bytes], ...] = (
    (PNG, _png_parts, frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")), b"eXIf"),
    (JPEG, _jpeg_parts, _JPEG_LABELS, b"\xff\xe1"),
    (RIFF, _webp_parts, frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF")), b"EXIF"),
)
