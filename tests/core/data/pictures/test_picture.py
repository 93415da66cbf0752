"""Uploaded pictures: limits before decoding, and ink from photos in any lighting."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from scipy import ndimage

from core.data.pictures.drawing import prepare, problem
from core.data.pictures.pen_strokes import Strokes, canvas_image
from core.data.pictures.picture import find_ink, read_picture
from core.errors import InvalidInputError

SEVEN = Strokes((((200.0, 200.0), (400.0, 200.0), (280.0, 460.0)), ((240.0, 330.0), (370.0, 330.0))), (600, 600), 16.0)


def encoded(array, kind="PNG", **options):
    buffer = io.BytesIO()
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def half():
    """Left half black, right half white, wider than high."""
    array = np.zeros((20, 30), np.uint8)
    array[:, 15:] = 255
    return array


def photo(*, light=1.0, dark_paper=False, noise=0.01, strokes=SEVEN):
    """A page (600, 600) with a crossed 7 in pencil under the given light."""
    page = 0.9 - 0.7 * ndimage.gaussian_filter(canvas_image(strokes), 1.0)
    page = (1 - page if dark_paper else page) * light
    return np.clip(page + np.random.default_rng(0).normal(0, noise, page.shape), 0, 1).astype(np.float32)


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("JPEG", {"quality": 95}), ("WEBP", {"lossless": True})])
def test_the_format_is_told_by_the_content_not_the_name(kind, options):
    grey = read_picture(encoded(half(), kind, **options), name="picture.txt")
    assert grey.shape == (20, 30) and grey.dtype == np.float32
    np.testing.assert_allclose(grey, half() / 255, atol=0.03)


def test_transparent_becomes_white():
    rgba = np.zeros((10, 10, 4), np.uint8)
    rgba[:5, :, 3] = 255
    grey = read_picture(encoded(rgba), name="a.png")
    assert grey[:5].max() == 0 and grey[5:].min() == 1


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK"])
def test_every_mode_is_read(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    grey = read_picture(encoded(Image.fromarray(half()).convert(mode), kind), name="a")
    np.testing.assert_allclose(grey, half() / 255, atol=0.05)


def test_sixteen_bits_keep_their_range():
    levels = np.repeat(np.array([[0, 32768, 65535]], np.uint16), 8, axis=0).repeat(3, axis=1)
    grey = read_picture(encoded(levels), name="a.png")
    np.testing.assert_allclose(grey[:, ::3], np.broadcast_to([0, 0.5, 1], (8, 3)), atol=0.001)


@pytest.mark.parametrize("shape", [(2, 400), (400, 7)])
def test_a_picture_too_thin_for_a_digit_is_refused(shape):
    with pytest.raises(InvalidInputError, match="at least 8"):
        read_picture(encoded(np.zeros(shape, np.uint8)), name="a.png")


def test_more_pixels_than_pillow_itself_allows_are_refused():
    header = b"RIFF\x00\x10\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + (16382).to_bytes(3, "little") * 2
    with pytest.raises(InvalidInputError):
        read_picture(header + bytes(4096), name="a.webp")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("endian", ["<", ">"])
def test_every_orientation_is_read_as_pillow_reads_it(kind, orientation, endian):
    entries = [(0x010F, 2, 4, b"me\0\0"), (0x0112, 3, 1, struct.pack(endian + "HH", orientation, 0))]
    exif = {"<": b"II*\0", ">": b"MM\0*"}[endian] + struct.pack(endian + "IH", 8, len(entries))
    exif += b"".join(struct.pack(endian + "HHI", *entry[:3]) + entry[3] for entry in entries) + bytes(4)
    array = np.add.outer(np.arange(20) * 9, np.arange(30)).astype(np.uint8)
    data = encoded(array, kind, exif=b"Exif\0\0" + exif)
    with Image.open(io.BytesIO(data)) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened).convert("L"), np.float32) / 255
    np.testing.assert_array_equal(read_picture(data, name="a"), expected)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize(
    "data",
    [
        encoded(half())[:33] + chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(1_000_000))) * 1000 + encoded(half())[33:],
        encoded(half())[:33] + chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1_000_000))) * 100 + encoded(half())[33:],
    ],
    ids=["colour profiles", "texts"],
)
def test_what_a_picture_does_not_need_is_not_unpacked(data, monkeypatch):
    monkeypatch.setattr(zlib, "decompressobj", None)  # the picture itself is unpacked without Python
    np.testing.assert_array_equal(read_picture(data, name="a"), half() / np.float32(255))


def test_a_jpeg_of_very_many_layers_is_refused_before_it_is_decoded():
    data = encoded(np.full((2000, 2000), 128, np.uint8), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(InvalidInputError, match="more than 100 layers"):
        read_picture(data[:-2] + 200 * last + data[-2:], name="a.jpg")


def test_a_camera_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright
    grey = read_picture(encoded(half(), "JPEG", exif=exif), name="a.jpg")
    assert grey.shape == (30, 20)
    assert grey[:10].mean() < 0.1 and grey[20:].mean() > 0.9


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_used(kind):
    frames = [Image.new("L", (8, 8), value) for value in (0, 255)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    assert read_picture(data, name="a").max() < 0.1


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7", b"RIFF\x00\x00\x00\x00WAVEfmt ", b"GIF89a" + bytes(50)])
def test_what_is_not_a_picture_is_refused(data):
    with pytest.raises(InvalidInputError, match="not a PNG, JPEG or WebP"):
        read_picture(data, name="notes.png")


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_refused(kind):
    with pytest.raises(InvalidInputError, match="not a PNG, JPEG or WebP"):
        read_picture(encoded(half(), kind), name="a")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_truncated_file_is_said_to_be_damaged(kind, share):
    data = encoded(np.random.default_rng(0).integers(0, 255, (200, 200), dtype=np.uint8), kind)
    with pytest.raises(InvalidInputError, match="damaged or incomplete"):
        read_picture(data[: max(12, int(len(data) * share))], name="a")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_flipped_bytes_never_raise_anything_else(kind):
    rng = np.random.default_rng(0)
    good = encoded(rng.integers(0, 255, (40, 40, 3), dtype=np.uint8), kind)
    for _ in range(150):
        data = bytearray(good)
        for _ in range(3):
            data[rng.integers(4, len(data))] = rng.integers(256)
        try:
            grey = read_picture(bytes(data), name="a")
        except InvalidInputError:
            continue
        assert np.isfinite(grey).all() and grey.min() >= 0 and grey.max() <= 1


def test_too_many_bytes_are_refused_before_anything_is_read():
    with pytest.raises(InvalidInputError, match=r"6.0 MB; at most 5 MB"):
        read_picture(bytes(6_000_000), name="a.png")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [2001, 10_000, 100_000])
def test_too_many_pixels_are_refused_before_decoding(side):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"never decoded")
    with pytest.raises(InvalidInputError, match="at most 4 are allowed"):
        read_picture(data, name="bomb.png")


def test_four_megapixels_are_allowed():
    assert read_picture(encoded(np.zeros((2000, 2000), np.uint8)), name="a.png").shape == (2000, 2000)


V, U = np.mgrid[-1:1:600j, -1:1:600j]
LIGHTS = {
    "even": 1.0,
    "dim": 0.5,
    "slope": 0.65 + 0.3 * U + 0.04 * V,
    "lamp": 1.0 - 0.35 * (U**2 + V**2),
    "shadow": 1 - 0.4 * ndimage.gaussian_filter((U + 0.4 * V > 0.1).astype(float), 12),
}


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS.keys())
@pytest.mark.parametrize("dark_paper", [False, True], ids=["dark on light", "light on dark"])
def test_ink_is_found_in_any_lighting(light, dark_paper):
    if dark_paper and light is LIGHTS["dim"]:
        light = 0.8
    ink = find_ink(photo(light=light, dark_paper=dark_paper))
    assert ink.dtype == np.float32 and ink.min() == 0 and ink.max() == 1
    assert problem(ink) is None
    assert np.abs(prepare(ink).image - prepare(canvas_image(SEVEN)).image).mean() < 0.03


def test_specks_ruled_lines_and_the_table_are_left_out():
    page = photo()
    page[::60] -= 0.15  # ruled paper
    page[:, 540:] = 0.25  # a table beside it
    rng = np.random.default_rng(1)
    for row, column in rng.integers(20, 500, (15, 2)):
        page[row : row + 3, column : column + 3] = 0.2
    ink = find_ink(np.clip(page, 0, 1))
    assert np.abs(prepare(ink).image - prepare(canvas_image(SEVEN)).image).mean() < 0.03


def test_a_five_keeps_its_bar():
    five = Strokes(
        (
            ((220.0, 200.0), (210.0, 300.0), (320.0, 290.0), (330.0, 400.0), (200.0, 420.0)),
            ((230.0, 160.0), (360.0, 150.0)),
        ),
        (600, 600),
        14.0,
    )
    ink = find_ink(photo(strokes=five))
    assert ndimage.label(ink > 0.5)[1] == 2


@pytest.mark.parametrize("light", [LIGHTS["even"], LIGHTS["slope"], LIGHTS["lamp"]], ids=["even", "slope", "lamp"])
def test_an_empty_page_has_no_ink(light):
    ink = find_ink(photo(light=light, strokes=Strokes((), (600, 600), 16.0), noise=0.02))
    assert not ink.any()
    assert problem(ink).code == "blank"


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (300, 200), (1, 400)])
def test_a_plain_colour_has_no_ink(value, shape):
    assert not find_ink(np.full(shape, value, np.float32)).any()


def test_an_mnist_image_passes_almost_unchanged_either_way_round():
    digit = np.round(prepare(SEVEN).image * 255).astype(np.float32) / 255
    for grey in (digit, 1 - digit):
        np.testing.assert_allclose(prepare(find_ink(grey)).image, digit, atol=0.01)


def test_a_large_photo_is_worked_on_at_a_smaller_size():
    large = np.kron(photo(), np.ones((3, 3), np.float32))
    assert find_ink(large).shape == (560, 560)
