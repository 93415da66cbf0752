"""Packed data sets that come over the network, whatever is in them."""

import gzip
import hashlib
import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from core.data.fetch import archive
from core.data.pictures import idx
from tests.fuzz.conftest import Explore
from tests.support.fuzz_examples import answer, files

CONTENTS = {"set/go/a.wav": b"go" * 50, "set/b.txt": b"text"}
LARGE = {"set/zeros": bytes(2_000_000)}


def tarred(contents: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return file.getvalue()


def zipped(contents: dict[str, bytes], method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as packed:
        for name, content in contents.items():
            packed.writestr(name, content)
    return file.getvalue()


def unpacked(data: bytes, name: str) -> None:
    """Whole or not at all, and nothing beside it."""
    with tempfile.TemporaryDirectory() as place:
        outer = Path(place) / "data"
        outer.mkdir()
        packed = outer / name
        packed.write_bytes(data)
        answer(lambda: archive.unpack(packed, outer / "set", should_stop=lambda: False))
        assert [path.name for path in Path(place).iterdir()] == ["data"]
        assert {path.name for path in outer.iterdir()} <= {name, "set"}
        assert sum(path.stat().st_size for path in outer.rglob("*") if path.is_file()) < 2_000_000


def test_a_tar_is_unpacked_or_refused_in_a_sentence(explore: Explore) -> None:
    inner = [tarred(CONTENTS), tarred(LARGE)]
    again = files([gzip.decompress(data) for data in inner[:1]]).map(gzip.compress)
    explore(files(inner, b"\x1f\x8b\x08") | again, lambda data: unpacked(data, "set.tar.gz"))


def test_a_zip_of_data_is_unpacked_or_refused_in_a_sentence(explore: Explore) -> None:
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    inner = [*(zipped(CONTENTS, method) for method in methods), zipped(LARGE, zipfile.ZIP_DEFLATED)]
    explore(files(inner, b"PK\x03\x04"), lambda data: unpacked(data, "set.zip"))


def test_an_idx_file_is_the_expected_one_or_refused_in_a_sentence(explore: Explore) -> None:
    pixels = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
    content = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in pixels.shape) + pixels.tobytes()
    expected = idx.File("a.gz", 0, "", hashlib.sha256(content).hexdigest(), pixels.shape)
    inner = [gzip.compress(content), gzip.compress(bytes(50_000_000))]

    def check(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "a.gz"
            path.write_bytes(data)
            found = answer(lambda: idx.read_idx(path, expected))
            assert found is None or (found == pixels).all()

    explore(files(inner, b"\x1f\x8b\x08"), check)
