"""Pictures, and zips of them, whatever is in them."""

import io
import zipfile
import zlib
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image
from pillow_heif import register_heif_opener

from core.data.pictures import picture, picture_set
from core.data.pictures.ink import find_ink
from tests.fuzz.conftest import Explore
from tests.support.fuzz_examples import answer, damaged, files

register_heif_opener()  # writes HEIC too


def encoded(kind: str, mode: str = "L", side: int = 12, **options: Any) -> bytes:
    drawn = Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)).convert(mode)
    file = io.BytesIO()
    drawn.save(file, kind, **options)
    return file.getvalue()


EXIF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
FRAMES = {"save_all": True, "append_images": [Image.new("L", (12, 12), shade) for shade in range(3)]}
PICTURES = [
    *(encoded("PNG", mode) for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16")),
    encoded("PNG", "RGB", exif=EXIF, icc_profile=bytes(300)),
    encoded("PNG", "P", transparency=3),
    encoded("PNG", **FRAMES),
    *(encoded("JPEG", mode, exif=EXIF) for mode in ("L", "RGB", "CMYK")),
    encoded("JPEG", "RGB", side=200, progressive=True),
    *(encoded("WEBP", mode, exif=EXIF, lossless=lossless) for mode in ("RGB", "RGBA") for lossless in (True, False)),
    encoded("WEBP", **FRAMES),
    *(encoded("AVIF", mode) for mode in ("RGB", "RGBA", "L")),
    *(encoded("HEIF", mode, exif=EXIF) for mode in ("RGB", "RGBA")),
    *(encoded("GIF", mode) for mode in ("L", "P")),
    *(encoded("BMP", mode) for mode in ("1", "L", "RGB")),
    *(encoded("TIFF", mode) for mode in ("1", "L", "P", "LAB", "CMYK", "RGBA", "F", "I")),
    *(encoded("TIFF", compression=how) for how in ("tiff_lzw", "jpeg", "packbits", "tiff_adobe_deflate")),
]


def test_a_picture_is_read_or_refused_in_a_sentence(explore: Explore) -> None:
    def check(data: bytes) -> None:
        grey = answer(lambda: picture.read_picture(data, name="a.png"))
        if grey is not None:
            assert grey.dtype == np.float32
            assert grey.ndim == 2
            assert 0 <= grey.min() <= grey.max() <= 1
            ink = answer(lambda: find_ink(grey))
            assert ink is not None
            assert np.isfinite(ink).all()

    starts = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\xff\0\0\0WEBP", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
    explore(files(PICTURES, *starts, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"\0\0\0\x14ftypavif\0\0\0\0avif"), check)


@st.composite
def png_of_chunks(draw: st.DrawFn) -> bytes:
    """A PNG with any chunks, all of whose checksums are right."""
    kinds = st.sampled_from((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf", b"iCCP", b"zTXt", b"acTL", b"fcTL"))
    header = (
        b"\0\0\0\x0c\0\0\0\x0c"
        + bytes(draw(st.tuples(st.sampled_from((1, 2, 4, 8, 16)), st.integers(0, 6))))
        + b"\0\0\0"
    )
    contents = st.one_of(
        st.just(header),
        st.binary(max_size=40),
        st.binary(max_size=20).map(lambda b: zlib.compress(b * 100)),
        st.just(EXIF),
    )
    chunks = [(b"IHDR", header), *draw(st.lists(st.tuples(kinds, contents), max_size=8))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
        for kind, content in chunks
    )


def test_a_png_of_any_parts_is_read_or_refused_in_a_sentence(explore: Explore) -> None:
    explore(png_of_chunks(), lambda data: answer(lambda: picture.read_picture(data, name="a.png")) and None)


SMALL = encoded("PNG", side=8)
LARGE = bytes(picture_set.MAX_PICTURE_BYTES + 1)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def zipped(entries: list[tuple[str, bytes, int]], comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content, method in entries:
            entry = zipfile.ZipInfo("x")
            entry.filename = name
            archive.NameToInfo.pop(name, None)  # zipfile warns of a second file of one name, which is wanted here
            archive.writestr(entry, content, method)
        archive.comment = comment
    return file.getvalue()


GOOD = [(f"{number}.png", SMALL, zipfile.ZIP_DEFLATED) for number in range(31)]
ZIPS = [
    zipped(GOOD),
    zipped([(name, content, zipfile.ZIP_STORED) for name, content, _ in GOOD], b"PK\x05\x06" + bytes(30)),
    zipped([*GOOD, ("a/b.jpg", encoded("JPEG"), 8), ("c.txt", b"text", 0), (".hidden", b"", 0)]),
]


def test_a_zip_is_read_or_refused_in_a_sentence(explore: Explore) -> None:
    explore(
        files(ZIPS, b"PK\x03\x04", b"PK\x05\x06"),
        lambda data: answer(lambda: picture_set.read_zip(data, name="a.zip")) and None,
    )


@st.composite
def odd_zips(draw: st.DrawFn) -> tuple[bytes, int]:
    """A zip of 31 good pictures and a few odd files, some of which lie about themselves; and how many files it has."""
    names = st.text(st.characters(codec="utf-8", exclude_characters="./\\:\0"), min_size=1, max_size=20)
    contents = st.one_of(st.just(SMALL), st.sampled_from(PICTURES), st.binary(max_size=50))
    usual = st.tuples(names, contents, st.sampled_from(METHODS))
    large = st.tuples(names, st.just(LARGE), st.just(zipfile.ZIP_DEFLATED))
    odd = draw(st.lists(st.one_of(usual, usual, usual, large), min_size=1, max_size=4))
    data = bytearray(zipped([*GOOD, *odd], draw(st.binary(max_size=30))))
    at = data.rindex(b"PK\x01\x02")  # of the last odd file: its flags, method, checksum, sizes or place
    field, width = draw(st.sampled_from(((6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (42, 4))))
    if draw(st.booleans()):
        data[at + field : at + field + width] = draw(st.integers(0, 2 ** (8 * width) - 1)).to_bytes(width, "little")
    return bytes(data), len(GOOD) + len(odd)


def test_every_file_of_a_zip_is_in_the_set_or_among_the_bad(explore: Explore) -> None:
    def check(example: tuple[bytes, int]) -> None:
        data, num_files = example
        found = answer(lambda: picture_set.read_zip(data, name="a.zip"))
        if found is not None:
            assert len(found.pictures) + found.num_bad == num_files
            assert all(bad.reason for bad in found.bad)

    explore(odd_zips(), check)


def test_damaged_pictures_in_a_zip_are_counted(explore: Explore) -> None:
    def check(contents: list[bytes]) -> None:
        entries = [(f"odd{index}", content, zipfile.ZIP_DEFLATED) for index, content in enumerate(contents)]
        found = answer(lambda: picture_set.read_zip(zipped([*GOOD, *entries]), name="a.zip"))
        if found is not None:
            assert len(found.pictures) + found.num_bad == len(GOOD) + len(contents)

    explore(st.lists(damaged(PICTURES), min_size=1, max_size=5), check)
