"""Archives of speech: downloaded, unpacked safely, removed; and the catalogue of all data sets."""

import contextlib
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core import demos
from core.data import registry
from core.data.fetch import archive, transfer
from core.data.fetch.archive import Archive, Archives
from core.data.fetch.download import Cancelled
from core.data.sound import speech
from core.data.text import reviews
from core.errors import DataUnavailableError, NotFoundError
from core.knobs import Choice, knobs
from tests.support.file_server import FileServer, serving


def tar_of(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as opened:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def zip_of(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return packed.getvalue()


TAR = tar_of(**{"./go/a.wav": b"go", "./validation_list.txt": b""})
ZIP = zip_of(**{"mini/go/a.wav": b"go", "__MACOSX/x": b""})


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving({"set.tar.gz": TAR, "mini.zip": ZIP}) as running:
        yield running


def packed_set(content: bytes, name: str, folder: str, url: str = "http://127.0.0.1:9/") -> Archive:
    checksum = None if name.endswith(".zip") else f"sha256:{hashlib.sha256(content).hexdigest()}"
    return Archive(name, len(content), checksum, folder, base_url=url)


def test_archives_are_downloaded_unpacked_and_removed(server: FileServer, glassbox_home: Path) -> None:
    seen: list[tuple[int, int]] = []
    both = (packed_set(TAR, "set.tar.gz", "set", server.url), packed_set(ZIP, "mini.zip", "mini", server.url))
    archive.fetch(both, progress=lambda *at: seen.append(at), should_stop=lambda: False)
    data = glassbox_home / "data"
    assert (data / "set/go/a.wav").read_bytes() == b"go"
    assert (data / "mini/go/a.wav").read_bytes() == b"go"
    assert sorted(path.name for path in data.iterdir()) == ["mini", "set"]
    assert seen[-1] == (len(TAR) + len(ZIP), len(TAR) + len(ZIP))
    asked = len(server.asked)
    archive.fetch(both, progress=lambda *at: None, should_stop=lambda: False)
    assert len(server.asked) == asked  # what is here is kept


@pytest.mark.parametrize("bad", [b"no archive", TAR[: len(TAR) // 2], TAR[:60]], ids=["other", "half", "begun"])
def test_a_damaged_archive_is_removed_and_leaves_no_folder(tmp_path: Path, bad: bytes) -> None:
    packed = tmp_path / "set.tar.gz"
    packed.write_bytes(bad)
    with pytest.raises(DataUnavailableError, match="is damaged"):
        archive.unpack(packed, tmp_path / "set", should_stop=lambda: False)
    assert list(tmp_path.iterdir()) == []


def test_a_zip_with_a_wrong_byte_is_noticed(tmp_path: Path) -> None:
    packed = tmp_path / "mini.zip"
    packed.write_bytes(ZIP.replace(b"go", b"gO", 2).replace(b"mini/gO", b"mini/go"))
    with pytest.raises(DataUnavailableError, match="is damaged"):
        archive.unpack(packed, tmp_path / "mini", should_stop=lambda: False)


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_an_archive_that_becomes_far_more_than_data_does_is_refused(tmp_path: Path, kind: str) -> None:
    packed = tmp_path / f"set.{kind}"
    zeros = bytes(5_000_000)
    if kind == "zip":
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
            opened.writestr("zeros", zeros)
    else:
        packed.write_bytes(tar_of(zeros=zeros))
    with pytest.raises(DataUnavailableError, match="more than 50 times as large"):
        archive.unpack(packed, tmp_path / "set", should_stop=lambda: False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", "/tmp/glassbox-outside", "a/../../outside"])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    packed = inside / "set.tar.gz"
    packed.write_bytes(tar_of(**{name: b"x"}))
    with contextlib.suppress(DataUnavailableError):
        archive.unpack(packed, inside / "set", should_stop=lambda: False)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
    assert not Path("/tmp/glassbox-outside").exists()


def test_unpacking_can_be_stopped(tmp_path: Path) -> None:
    packed = tmp_path / "set.tar.gz"
    packed.write_bytes(TAR)
    with pytest.raises(Cancelled):
        archive.unpack(packed, tmp_path / "set", should_stop=lambda: True)
    assert [path.name for path in tmp_path.iterdir()] == ["set.tar.gz"]


def test_the_catalogue_knows_images_and_speech() -> None:
    assert [*registry.names("pictures"), *registry.names("sound"), *registry.names("text")] == registry.names()
    assert registry.find("mnist5k").is_here()
    assert not registry.find("synthetic_speech").is_here()
    assert registry.find("speech_commands").origin.num_bytes == 2_428_923_189 + 112_563_277
    with pytest.raises(NotFoundError, match="no data set “x”"):
        registry.find("x")


def test_every_demo_s_data_is_in_the_catalogue() -> None:
    for name in demos.names():
        declared = knobs(demos.task(name).Config).get("data")
        if isinstance(declared, Choice):
            uploaded = {"own"}  # a table of a person's own, which is not fetched from anywhere
            assert set(declared.options) - uploaded <= set(registry.names())


def test_making_speech_is_a_transfer_that_counts_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "synthetic_plan", lambda words=(): [("go", 2), ("stop", 2)])
    monkeypatch.setattr(transfer, "_transfers", {})
    state = transfer.start("synthetic_speech").wait(60)
    assert (state.status, state.done_bytes, state.total_bytes) == ("done", 8, 8)
    assert registry.find("synthetic_speech").is_here()


def test_sst2_is_downloaded_from_its_archive_and_read(glassbox_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dev = b"sentence\tlabel\na fine film .\t1\n"
    content = zip_of(**{"SST-2/dev.tsv": dev, "SST-2/train.tsv": dev, "SST-2/original/x": b""})
    with serving({"SST-2.zip": content}) as running:
        checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
        sst2 = registry.find("sst2")
        assert isinstance(sst2.origin, Archives) and not sst2.is_here()
        (packed,) = sst2.origin.archives
        there = replace(packed, num_bytes=len(content), checksum=checksum, base_url=running.url)
        monkeypatch.setitem(registry.SETS, "sst2", replace(sst2, origin=replace(sst2.origin, archives=(there,))))
        registry.find("sst2").origin.fetch(lambda *_: None, lambda: False)
    assert registry.find("sst2").is_here()
    assert reviews.sst2_dev().texts == ("a fine film .",)
    assert sorted(path.name for path in (glassbox_home / "data").iterdir()) == ["SST-2"]
