"""Own pictures: every mode of picture, bad files beside good ones, and zips that must not be opened."""

import io
import itertools
import struct
import tracemalloc
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.data import registry
from core.data.pictures import picture, picture_set
from core.demos.digits.config import DigitsConfig
from core.demos.digits.cost import num_examples
from core.demos.digits.learner import load
from core.errors import DataUnavailableError, InvalidInputError, InvalidSettingError


def png(mode: str = "L", size: tuple[int, int] = (40, 30), *, shade: int = 0, kind: str = "PNG") -> bytes:
    """White, with a dark square in the middle."""
    drawn = Image.new("L", size, 255)
    drawn.paste(shade, (size[0] // 2 - 6, size[1] // 2 - 6, size[0] // 2 + 6, size[1] // 2 + 6))
    file = io.BytesIO()
    if mode == "I;16":
        drawn = Image.fromarray(np.asarray(drawn).astype(np.uint16) * 257)
    (
        drawn.convert("RGB").convert(mode)
        if mode in ("CMYK", "P")
        else drawn
        if mode == "I;16"
        else drawn.convert(mode)
    ).save(file, kind)
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


GOOD = {f"cats/{number}.png": png(shade=number) for number in range(30)}


def test_pictures_of_all_modes_are_squared_and_their_ink_is_high() -> None:
    modes = {f"{mode}.png": png(mode) for mode in ("L", "RGB", "RGBA", "LA", "P", "1", "I;16")}
    modes |= {f"{mode}.jpg": png(mode, kind="JPEG") for mode in ("L", "RGB", "CMYK")} | {"w.webp": png(kind="WEBP")}
    found = picture_set.read_zip(zipped({**GOOD, **modes}), name="pictures.zip")
    assert [bad.name for bad in found.bad] == []
    assert found.pictures.images.shape == (41, 28, 28)
    assert found.pictures.images.dtype == np.uint8
    assert (found.pictures.images[:, 14, 14] > 220).all(), "the dark square is ink"
    assert (found.pictures.images[:, 0, 0] < 10).all()


def test_white_on_black_stays_as_it_is() -> None:
    black = np.zeros((28, 28), np.uint8)
    black[10:18, 10:18] = 200
    file = io.BytesIO()
    Image.fromarray(black).save(file, "PNG")
    found = picture_set.read_zip(zipped({f"{number}.png": file.getvalue() for number in range(30)}), name="digits.zip")
    assert (found.pictures.images == black).all()


def test_the_middle_square_is_kept() -> None:
    wide = np.zeros((20, 60), np.float32)
    wide[:, 20:40] = 1
    assert (picture_set.squared(wide)[:, 3:-3] == 1).all()


def test_bad_files_are_listed_and_the_rest_is_imported() -> None:
    cut = png()[:60]
    others = {
        "notes.txt": b"hello",
        "cut.png": cut,
        "big.png": bytes(picture_set.MAX_PICTURE_BYTES + 1),
        "tiny.png": png(size=(7, 7)),
    }
    hidden = {"__MACOSX/._1.png": b"x", ".DS_Store": b"x", "Thumbs.db": b"x", "folder/": b""}
    found = picture_set.read_zip(zipped({**GOOD, **others, **hidden}), name="pictures.zip")
    assert len(found.pictures) == 30
    assert [bad.name for bad in found.bad] == list(others)
    assert found.num_bad == 4
    assert "not a PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP or TIFF" in found.bad[0].reason
    assert "more than 10 MB" in found.bad[2].reason


@pytest.mark.parametrize("shade", [0, 255])
def test_ink_of_any_shade_on_a_transparent_ground_is_there_and_empty_pictures_are_left_out(shade: int) -> None:
    def drawn(alpha: int) -> bytes:
        image = Image.new("LA", (60, 60), (shade, 0))
        image.paste((shade, alpha), (25, 10, 35, 50))
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    files = {f"{number}.png": drawn(255) for number in range(30)} | {
        f"empty {number}": drawn(0) for number in range(10)
    }
    found = picture_set.read_zip(zipped(files), name="pictures.zip")
    assert len(found.pictures) == 30 and found.num_bad == 10
    assert (found.pictures.images[:, 14, 14] == 255).all() and (found.pictures.images[:, 2, 2] == 0).all()
    assert found.bad[0].reason == "“empty 0” is empty: it has one shade from side to side."


def bomb() -> bytes:
    """More than can be unpacked, in files that are small enough."""
    return zipped({f"{number}.png": bytes(4_000_000) for number in range(26)})


def lying(files: dict[str, bytes], size: int) -> bytes:
    """A zip that says of its last file that it has another size: both headers are changed."""
    content = bytearray(zipped(files))
    for size_at, mark in ((22, b"PK\x03\x04"), (24, b"PK\x01\x02")):
        start = content.rindex(mark)
        struct.pack_into("<I", content, start + size_at, size)
    return bytes(content)


def repeated(method: int) -> bytes:
    """One file of 200 MB, packed by a method."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in {**GOOD, "x.png": bytes(200_000_000)}.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a zip"),
        (b"nonsense" * 100, "not a zip"),
        (zipped(GOOD)[:-40], "not a zip"),
        (zipped({}), "is empty"),
        (zipped({"folder/": b"", ".hidden": b""}), "is empty"),
        (zipped({"a.txt": b"a"}), r"0 good pictures.*“a.txt”"),
        (zipped(dict(list(GOOD.items())[:29])), "29 good pictures; at least 30"),
        (zipped({**GOOD, "more.zip": zipped(GOOD)}), "another archive"),
        (zipped({**GOOD, "more.png": b"\x1f\x8b" + bytes(50)}), "another archive"),
        (zipped({**GOOD, "../../etc/x.png": png()}), "outside itself"),
        (zipped({**GOOD, "/etc/x.png": png()}), "outside itself"),
        (zipped({**GOOD, "..\\x.png": png()}), "outside itself"),
        (zipped({**GOOD, "C:\\x.png": png()}), "outside itself"),
        (zipped({f"{number}.png": b"" for number in range(10_001)}), "10,001 files; at most 10,000"),
        (bomb(), "more than 100 MB when unpacked"),
        (zipped({f"{number}.png": png(size=(2000, 2000)) for number in range(40)}), "more than 120 megapixels"),
        (b"PK\x01\x02" * 30_001, "about 30,001 files"),
        (bytes(picture_set.MAX_BYTES + 1), "at most 40 MB"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value[:24],
)
def test_a_zip_that_cannot_be_used_says_why(content: bytes, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        picture_set.read_zip(content, name="pictures.zip")


@pytest.mark.parametrize("size", [0, 1000, 2**32 - 2])
def test_what_a_zip_says_of_a_files_size_changes_nothing(size: int) -> None:
    found = picture_set.read_zip(lying(GOOD, size), name="pictures.zip")
    assert (len(found.pictures), found.bad) == (30, ())


@pytest.mark.parametrize("size", [0, 1000, 2**32 - 2])
def test_no_more_of_a_file_is_unpacked_than_a_picture_may_have(size: int) -> None:
    content = lying({**GOOD, "x.png": bytes(200_000_000)}, size)
    tracemalloc.start()
    found = picture_set.read_zip(content, name="pictures.zip")
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(bad.name, bad.reason) for bad in found.bad] == [
        ("x.png", "it has more than 10 MB, which is the most allowed.")
    ]
    assert len(found.pictures) == 30
    assert highest < 50_000_000  # 200 MB when the whole file was unpacked before it was cut


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_files_packed_by_a_method_without_a_bound_are_left_out_unread(method: int) -> None:
    with pytest.raises(InvalidInputError, match=r"0 good pictures.*packed by an unusual method"):
        picture_set.read_zip(repeated(method), name="pictures.zip")


def test_a_zip_read_in_many_parts_is_the_one_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {"cut.png": png()[:60], "a.txt": b"hello", "tiny.png": png(size=(7, 7)), ".hidden.png": b""}
    files = list(GOOD.items())
    content = zipped(dict([*files[:3], *odd.items(), *files[3:], ("last.txt", b"")]))
    whole = picture_set.read_zip(content, name="pictures.zip")
    assert [bad.name for bad in whole.bad] == ["cut.png", "a.txt", "tiny.png", "last.txt"]
    monkeypatch.setattr(picture_set, "PART_SECONDS", 0)
    monkeypatch.setattr(picture_set, "MOST_PARTS", 34)
    asked: list[dict[str, float]] = []

    def read(**after: float) -> picture_set.Part:
        asked.append(after)
        return picture_set.read_part(content, name="pictures.zip", **after)  # type: ignore[arg-type]

    found = picture_set.gathered(read, name="pictures.zip")
    assert [after.get("entries", 0) for after in asked] == list(range(34))  # a file in each
    assert np.array_equal(found.pictures.images, whole.pictures.images)
    assert (found.bad, found.num_bad) == (whole.bad, 4)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (bomb(), "more than 100 MB when unpacked"),
        (zipped({f"{number}.png": png(size=(2000, 2000)) for number in range(40)}), "more than 120 megapixels"),
        (zipped({**GOOD, "more.zip": zipped(GOOD)}), "another archive"),
        (zipped(dict(list(GOOD.items())[:29])), "29 good pictures; at least 30"),
    ],
    ids=["bytes", "pixels", "archive", "few"],
)
def test_the_limits_of_a_zip_are_those_of_all_its_parts(
    content: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_set, "PART_SECONDS", 0)
    monkeypatch.setattr(picture_set, "MOST_PARTS", 40)
    with pytest.raises(InvalidInputError, match=said):
        picture_set.read_zip(content, name="pictures.zip")


def test_of_more_than_a_hundred_bad_files_the_first_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped({**{f"{number}.txt": b"" for number in range(130)}, **GOOD})
    whole = picture_set.read_zip(content, name="pictures.zip")
    monkeypatch.setattr(picture_set, "PART_SECONDS", 0)
    monkeypatch.setattr(picture_set, "MOST_PARTS", 160)
    found = picture_set.read_zip(content, name="pictures.zip")
    assert found.bad == whole.bad and [bad.name for bad in found.bad] == [f"{number}.txt" for number in range(100)]
    assert found.num_bad == whole.num_bad == 130


def test_a_zip_that_takes_ten_parts_and_more_is_given_up() -> None:
    counted = itertools.count(1)
    nothing = np.empty((0, 28, 28), np.uint8)
    with pytest.raises(InvalidInputError, match=r"“a.zip” took longer than 10 seconds to read and was given up\. Zip"):
        picture_set.gathered(lambda **after: picture_set.Part(nothing, (), 0, next(counted), 0, 0), name="a.zip")
    assert next(counted) == 11


def test_a_file_whose_name_begins_with_a_zero_byte_is_passed_over() -> None:
    content = zipped({**GOOD, "!nameless.png": png()}).replace(b"!nameless", b"\0nameless")
    found = picture_set.read_zip(content, name="pictures.zip")
    assert (len(found.pictures.images), found.num_bad) == (30, 0)


def test_files_of_one_name_are_pictures_of_their_own() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of the duplicate that is wanted here
        for content in GOOD.values():
            archive.writestr("same.png", content)
    assert len(picture_set.read_zip(file.getvalue(), name="pictures.zip").pictures) == 30


def test_a_picture_decoded_at_reduced_size_is_that_of_the_whole() -> None:
    ramp = np.add.outer(np.arange(1200), np.arange(1200)).astype(np.float32)
    whole = Image.fromarray(np.round(ramp / ramp.max() * 255).astype(np.uint8))
    expected = np.asarray(whole, np.float32) / 255
    for kind in ("PNG", "JPEG", "WEBP"):
        file = io.BytesIO()
        whole.convert("RGB").save(file, kind, quality=95)
        small = picture.decode(picture.open_picture(file.getvalue(), name="x"), side=84)
        assert max(small.shape) <= 170
        np.testing.assert_allclose(picture_set.squared(small), picture_set.squared(expected), atol=0.01)


def test_an_encrypted_zip_is_refused() -> None:
    content = bytearray(zipped(GOOD))
    struct.pack_into("<H", content, content.index(b"PK\x01\x02") + 8, 1)
    with pytest.raises(InvalidInputError, match="encrypted"):
        picture_set.read_zip(bytes(content), name="pictures.zip")


def test_a_set_is_kept_under_its_content_and_comes_back(glassbox_home: Path) -> None:
    kept = picture_set.read_zip(zipped(GOOD), name="pictures.zip").pictures
    own = picture_set.OWN.keep(kept)
    assert picture_set.OWN.keep(kept) == own
    back = picture_set.OWN.stored(own)
    assert (back.images == kept.images).all()
    assert (back.name, back.classes, back.labels.tolist()) == ("pictures.zip", (), [0] * 30)
    labelled = picture_set.PictureSet("digits", kept.images, np.arange(30) % 3, ("a", "b", "c"))
    assert picture_set.OWN.stored(picture_set.OWN.keep(labelled)).classes == ("a", "b", "c")
    assert picture_set.OWN.keep(labelled) != own


@pytest.mark.parametrize("own", ["", "0" * 16, "../../etc/passwd"])
def test_a_set_that_is_not_here_says_so(own: str, glassbox_home: Path) -> None:
    assert not picture_set.OWN.is_stored(own)
    with pytest.raises(DataUnavailableError, match="not on this machine"):
        picture_set.OWN.stored(own)


def test_digits_learns_from_a_set_in_place_of_the_training_images(glassbox_home: Path) -> None:
    images = np.arange(20, dtype=np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2)
    drawn = picture_set.PictureSet("drawn", images, np.arange(20) % 10, registry.DIGITS)
    config = DigitsConfig(synthetic=picture_set.OWN.keep(drawn), share=50)
    dataset = load(config)
    assert torch.equal(dataset.train.inputs, torch.from_numpy(images[:10]))
    assert dataset.train.targets.tolist() == list(range(10))
    assert dataset.train.name == "10 synthetic pictures"
    assert torch.equal(dataset.test.inputs, load(DigitsConfig()).test.inputs)
    assert num_examples(config) == 10
    other = picture_set.OWN.keep(replace(drawn, classes=tuple("abcdefghij")))
    with pytest.raises(InvalidSettingError, match="have the classes a, b"):
        load(DigitsConfig(synthetic=other))
