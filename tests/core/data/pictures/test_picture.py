"""Uploaded pictures: limits before decoding, and ink from photos in any lighting."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from pillow_heif import register_heif_opener
from scipy import ndimage

from core.data.pictures import picture
from core.data.pictures.drawing import prepare, problem
from core.data.pictures.ink import find_ink
from core.data.pictures.pen_strokes import Strokes, canvas_image
from core.data.pictures.picture import read_picture
from core.errors import InvalidInputError

SEVEN = Strokes((((200.0, 200.0), (400.0, 200.0), (280.0, 460.0)), ((240.0, 330.0), (370.0, 330.0))), (600, 600), 16.0)

register_heif_opener()  # writes HEIC too


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


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"%PDF-1.7", b"RIFF\x00\x00\x00\x00WAVEfmt ", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"]
)
def test_what_is_not_a_picture_is_refused(data):
    with pytest.raises(InvalidInputError, match="not a PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP or TIFF picture"):
        read_picture(data, name="notes.png")


def test_an_icon_is_refused():
    with pytest.raises(InvalidInputError, match="not a PNG"):
        read_picture(encoded(half(), "ICO"), name="a")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_truncated_file_is_said_to_be_damaged(kind, share):
    data = encoded(np.random.default_rng(0).integers(0, 255, (200, 200), dtype=np.uint8), kind)
    with pytest.raises(InvalidInputError, match="damaged or incomplete"):
        read_picture(data[: max(32, int(len(data) * share))], name="a")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF"])
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
    with pytest.raises(InvalidInputError, match=r"41.0 MB; at most 40 MB"):
        read_picture(bytes(41_000_000), name="a.png")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [7072, 10_000, 100_000])
def test_too_many_pixels_are_refused_before_decoding(side):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"never decoded")
    with pytest.raises(InvalidInputError, match="at most 50 are allowed of a PNG"):
        read_picture(data, name="bomb.png")


def test_four_megapixels_stay_as_they_are():
    assert read_picture(encoded(np.zeros((2000, 2000), np.uint8)), name="a.png").shape == (2000, 2000)


def steps(*size):
    """Four stripes of 0, 1/3, 2/3 and 1, of a large picture."""
    return Image.fromarray(np.array([[0, 85, 170, 255]], np.uint8)).resize(size, Image.Resampling.NEAREST)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF"])
def test_every_format_is_read_and_made_smaller_to_four_megapixels(kind):
    options = {"method": 0, "quality": 90} if kind == "WEBP" else {"speed": 10} if kind == "AVIF" else {}
    grey = read_picture(encoded(steps(2600, 1700), kind, **options), name="a")
    assert grey.shape == (850, 1300) and grey.dtype == np.float32
    np.testing.assert_allclose(grey[:, 160::325], np.broadcast_to([0, 1 / 3, 2 / 3, 1], (850, 4)), atol=0.03)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "LAB"])
def test_a_large_picture_of_every_mode_is_read(mode):
    large = np.kron(half(), np.ones((90, 90), np.uint8))
    deep = {"I;16": large.astype(np.uint16) * 257, "I": large.astype(np.int32) * 257, "F": large / np.float32(255)}
    if mode == "LAB":
        image = Image.merge("LAB", [Image.fromarray(large), *[Image.new("L", (2700, 1800), 128)] * 2])
    else:
        image = Image.fromarray(deep[mode]) if mode in deep else Image.fromarray(large).convert(mode)
    assert image.mode == mode
    grey = read_picture(encoded(image, "TIFF"), name="a")
    assert grey.shape == (900, 1350)
    np.testing.assert_allclose(grey[22::45, 22::45], half() / 255, atol=0.05)


@pytest.mark.parametrize(
    "options",
    [{"compression": "group4"}, {"compression": "tiff_lzw"}, {"compression": "jpeg"}, {"save_all": True}],
    ids=["fax", "LZW", "JPEG", "pages"],
)
def test_a_scanned_page_is_read_and_of_several_the_first(options):
    mode = "1" if options.get("compression") == "group4" else "L"
    pages = {"append_images": [Image.new(mode, (30, 20))]} if "save_all" in options else {}
    grey = read_picture(encoded(Image.fromarray(half()).convert(mode), "TIFF", **options, **pages), name="scan")
    np.testing.assert_allclose(grey, half() / 255, atol=0.1)


def film(seed, num_bytes=3_000_000):
    return np.random.default_rng(seed).integers(0, 256, num_bytes, np.uint8).tobytes()


def test_a_photo_with_a_film_behind_it_is_read():
    data = encoded(half(), "JPEG", quality=95)
    np.testing.assert_array_equal(read_picture(data + film(0), name="a"), read_picture(data, name="a"))


def test_a_progressive_photo_has_a_lower_limit(monkeypatch):
    monkeypatch.setattr(picture, "MAX_MEGAPIXELS_PROGRESSIVE", 1)
    data = encoded(steps(1300, 800), "JPEG")
    assert read_picture(data, name="a").shape == (800, 1300)
    with pytest.raises(InvalidInputError, match="at most 1 are allowed of a progressive JPEG"):
        read_picture(encoded(steps(1300, 800), "JPEG", progressive=True), name="a")


def test_a_large_photo_is_not_decoded_at_its_full_size(monkeypatch):
    """12 megapixels: three bytes for each of them are 36 MB."""
    loaded = []
    load = JpegImageFile.load
    monkeypatch.setattr(JpegImageFile, "load", lambda file: (load(file), loaded.append(file.size))[0])
    data = encoded(steps(4032, 3024), "JPEG")
    tracemalloc.start()
    grey = read_picture(data, name="a")
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert grey.shape == (1512, 2016) and loaded[0] == (2016, 1512)
    assert highest < 40_000_000


XMP = b"http://ns.adobe.com/xap/1.0/\0" + (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "HEIF", "TIFF"])
@pytest.mark.parametrize("xmp", [False, True], ids=["EXIF", "EXIF and XMP"])
def test_an_orientation_is_applied_once(kind, xmp):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright
    only = XMP.partition(b"\0")[2]
    told = {"exif": exif.tobytes(), **({"xmp": only} if xmp else {})}
    if kind == "TIFF":
        told = {"tiffinfo": {0x0112: 6, **({700: only} if xmp else {})}}
    data = encoded(Image.fromarray(np.kron(half(), np.ones((4, 4), np.uint8))), kind, **told)
    grey = read_picture(data, name="a")
    assert grey.shape == (120, 80)
    assert grey[:56].mean() < 0.1 and grey[64:].mean() > 0.9


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "TIFF"])
def test_xmp_alone_turns_nothing(kind):
    only = XMP.partition(b"\0")[2]
    told = {"tiffinfo": {700: only}} if kind == "TIFF" else {"xmp": only}
    data = encoded(Image.fromarray(np.kron(half(), np.ones((4, 4), np.uint8))), kind, **told)
    assert b"tiff:Orientation" in data
    assert read_picture(data, name="a").shape == (80, 120)


@pytest.mark.parametrize("ink", [0, 60, 200, 255])
@pytest.mark.parametrize("mode", ["LA", "RGBA", "PA"])
def test_ink_on_a_transparent_ground_is_seen_whatever_its_shade(ink, mode):
    drawn = np.full((100, 80, 2), (ink, 0), np.uint8)
    drawn[20:80, 35:45, 1] = 255
    image = Image.fromarray(drawn, "LA")
    image = image.convert("RGBA").quantize(16) if mode == "PA" else image.convert(mode)
    grey = read_picture(encoded(image), name="a.png")
    there = find_ink(grey)
    assert (there[30:70, 38:42] > 0.9).all() and not there[:, :20].any() and not there[:10].any()


@pytest.mark.parametrize("paper", [0, 255])
def test_a_picture_with_transparent_corners_keeps_its_own_paper(paper):
    drawn = np.full((120, 120, 2), (paper, 255), np.uint8)
    drawn[30:90, 55:65, 0] = 255 - paper
    for rows in (slice(0, 12), slice(108, 120)):
        for columns in (slice(0, 12), slice(108, 120)):
            drawn[rows, columns, 1] = 0
    grey = read_picture(encoded(Image.fromarray(drawn, "LA")), name="a.png")
    np.testing.assert_array_equal(grey, (drawn[..., 0] / np.float32(255)))


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("colour", [0, 2], ids=["grey", "colour"])
def test_a_transparent_shade_of_any_depth_is_paper(depth, colour):
    """Black ink on paper of the highest value, which is transparent; and light ink on black, which is."""
    if colour and depth < 8:
        pytest.skip("PNG has no such colours")
    for ground, ink, seen in ((2**depth - 1, 0, 0.0), (0, 2**depth - 1, 1.0)):
        values = np.full((16, 32, 3 if colour else 1), ground)
        values[4:12, 8:24] = ink
        bits = (values[..., None] >> np.arange(depth)[::-1]) & 1
        rows = np.packbits(bits.reshape(16, -1).astype(np.uint8), axis=1)
        header = struct.pack(">IIBBBBB", 32, 16, depth, colour, 0, 0, 0)
        parts = [(b"IHDR", header), (b"tRNS", struct.pack(">H", ground) * values.shape[2])]
        parts += [(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))), (b"IEND", b"")]
        grey = read_picture(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts), name="a")
        assert (grey[4:12, 8:24] == seen).all() and (grey[:4] == 1 - seen).all()


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


def seven(ink):
    """Whether the ink is the crossed 7 of `SEVEN` and nothing else."""
    return problem(ink) is None and np.abs(prepare(ink).image - prepare(canvas_image(SEVEN)).image).mean() < 0.03


FRAMES = {
    "box": lambda pen: pen.rectangle((170, 150, 430, 500), outline=255, width=3),
    "circle": lambda pen: pen.ellipse((110, 130, 490, 510), outline=255, width=3),
    "open box": lambda pen: pen.line([(170, 150), (170, 500), (430, 500), (430, 150)], 255, 3),
    "row of boxes": lambda pen: [pen.rectangle((x, 160, x + 230, 495), outline=255, width=2) for x in (-45, 185, 415)],
    "underline": lambda pen: pen.line([(120, 490), (480, 490)], 255, 4),
    "two underlines": lambda pen: [pen.line([(120, y), (480, y)], 255, 3) for y in (490, 505)],
    "walls": lambda pen: [pen.line([(x, 150), (x, 510)], 255, 2) for x in (170, 440)],
}


@pytest.mark.parametrize("draw", FRAMES.values(), ids=FRAMES.keys())
@pytest.mark.parametrize("depth", [0.4, 0.9])
def test_what_is_printed_around_a_digit_is_left_out(draw, depth):
    frame = Image.new("L", (600, 600))
    draw(ImageDraw.Draw(frame))
    page = np.minimum(photo(), 0.9 - 0.8 * depth * np.asarray(frame, np.float32) / 255)
    assert seven(find_ink(page.astype(np.float32)))


@pytest.mark.parametrize("bar", [[(330, 250), (270, 400)], [(300, 320), (305, 330)]], ids=["bar", "dot"])
def test_a_zero_with_a_bar_or_a_dot_is_no_frame(bar):
    angles = np.linspace(0, 2 * np.pi, 60)
    ring = tuple((300 + 85 * float(np.cos(a)), 325 + 140 * float(np.sin(a))) for a in angles)
    zero = Strokes((ring, tuple((float(x), float(y)) for x, y in bar)), (600, 600), 16.0)
    ink = find_ink(photo(strokes=zero))
    assert ink[np.round(325 * 560 / 600).astype(int), round(217 * 560 / 600)] > 0.5


@pytest.mark.parametrize("side", [28, 40, 64, 100, 200])
@pytest.mark.parametrize("gap", [0, 1, 2])
@pytest.mark.parametrize("dark_paper", [False, True], ids=["dark on light", "light on dark"])
def test_a_frame_at_the_border_of_a_small_picture_is_left_out(side, gap, dark_paper):
    digit = Image.fromarray(canvas_image(SEVEN)[140:520, 110:490])
    inner = side * 3 // 5
    page = np.zeros((side, side), np.float32)
    at = (side - inner) // 2
    page[at : at + inner, at : at + inner] = np.asarray(digit.resize((inner, inner), Image.Resampling.BOX))
    line = np.zeros((side, side), bool)
    line[gap : side - gap, gap : side - gap] = True
    line[gap + 1 : side - gap - 1, gap + 1 : side - gap - 1] = False
    page = np.maximum(page, 0.8 * line).astype(np.float32)
    ink = find_ink(page if dark_paper else 1 - page)
    assert problem(ink) is None or problem(ink).code == "cut"
    assert ink.shape == page.shape and not ink[line].any()
    assert ink[at + inner // 2 - side // 10 :, :].any()


@pytest.mark.parametrize("end", [0.3, 0.25])
def test_a_stroke_that_fades_away_is_followed_to_its_end(end):
    page = canvas_image(SEVEN) * np.linspace(1, end, 600, dtype=np.float32)[:, None]
    noise = np.random.default_rng(0).normal(0, 0.01, page.shape)
    ink = find_ink(np.clip(0.9 - 0.6 * page + noise, 0, 1).astype(np.float32))
    assert seven(ink)


@pytest.mark.parametrize("depth", [0.07, 0.1])
def test_a_faint_pencil_is_seen(depth):
    page = 0.9 - 0.9 * depth * ndimage.gaussian_filter(canvas_image(SEVEN), 1.0)
    noise = np.random.default_rng(0).normal(0, 0.006, page.shape)
    assert seven(find_ink((page + noise).astype(np.float32)))


@pytest.mark.parametrize("light", [LIGHTS["even"], LIGHTS["slope"]], ids=["even", "slope"])
def test_paper_with_a_ring_on_it_is_no_ink_of_its_own(light):
    """A bold ring: the paper in it stands out as much as the ink, on black too."""
    angles = np.linspace(0, 2 * np.pi, 60)
    zero = Strokes(
        (tuple((300 + 50 * float(np.cos(a)), 300 + 60 * float(np.sin(a))) for a in angles),), (600, 600), 40.0
    )
    for dark_paper in (False, True):
        ink = find_ink(photo(strokes=zero, light=light, dark_paper=dark_paper))
        assert ink[280, 280] == 0 and ink[280, round(350 * 560 / 600)] > 0.5
