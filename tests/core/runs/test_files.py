"""Blobs by run and name. Asked of every implementation of `Files`; at the end what only a folder can be asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import StorageError
from core.runs.files import FolderFiles
from core.runs.protocols import Files
from tests.support.store_implementations import names

RUN, OTHER = "abcdef", "uvwxyz"


def content(files: Files, name: str, *, run_id: str = RUN) -> bytes:
    with files.open(run_id, name) as file:
        return file.read()


def filled(files: Files, *blobs: str, run_id: str = RUN) -> None:
    for name in blobs:
        files.write(run_id, name, [name.encode()])


def test_a_blob_comes_back_from_its_parts_and_can_be_read_from_anywhere(files: Files) -> None:
    files.write(RUN, "checkpoints/1/state.json", iter([b"ab", memoryview(b"cdef"), b""]))
    files.write(RUN, "empty", [])
    assert (content(files, "checkpoints/1/state.json"), content(files, "empty")) == (b"abcdef", b"")
    with files.open(RUN, "checkpoints/1/state.json") as file:
        assert file.read(2) == b"ab"
        file.seek(4)
        part = bytearray(2)
        assert (file.readinto(part), part) == (2, b"ef")


def test_a_second_blob_of_a_name_takes_the_place_of_the_first(files: Files) -> None:
    files.write(RUN, "a", [b"a longer one"])
    files.write(RUN, "a", [b"short"])
    assert content(files, "a") == b"short"
    assert names(files, RUN) == {"a"}


def test_what_cannot_be_made_leaves_the_blob_before_it_and_nothing_else(files: Files) -> None:
    def broken() -> Iterator[bytes]:
        yield b"begun"
        raise RuntimeError("ordered by the test")

    files.write(RUN, "a", [b"first"])
    for name in ("a", "b"):
        with pytest.raises(RuntimeError, match="ordered"):
            files.write(RUN, name, broken())
    assert content(files, "a") == b"first"
    assert names(files, RUN) == {"a"}


def test_what_is_not_there_is_not_found_and_is_removed_without_an_error(files: Files) -> None:
    for name in ("a", "checkpoints/1/a"):
        with pytest.raises(FileNotFoundError):
            files.open(RUN, name)
        files.remove(RUN, name)
    files.remove(RUN)


def test_a_blob_stays_readable_while_it_is_removed(files: Files) -> None:
    files.write(RUN, "a", [b"first"])
    with files.open(RUN, "a") as file:
        files.remove(RUN, "a")
        assert file.read() == b"first"
    assert names(files, RUN) == set()


def test_all_below_a_name_is_removed_and_nothing_that_begins_alike(files: Files) -> None:
    stay = ("checkpoints/10/a", "checkpoints/1-b/a", "a")
    filled(files, "checkpoints/1/a", "checkpoints/1/b", *stay)
    filled(files, "checkpoints/1/a", run_id=OTHER)
    files.remove(RUN, "checkpoints/1")
    assert names(files, RUN) == set(stay)
    files.remove(RUN)
    assert names(files, RUN) == set()
    assert names(files, OTHER) == {"checkpoints/1/a"}


def test_what_is_named_stays_with_all_below_it(files: Files) -> None:
    filled(files, "checkpoints/1/a", "checkpoints/1/b", "checkpoints/2/a", "checkpoints/10/a", "checkpoints/3", "a")
    files.remove(RUN, "checkpoints", keep=["checkpoints/1", "checkpoints/2/a", "checkpoints/7"])
    assert names(files, RUN) == {"checkpoints/1/a", "checkpoints/1/b", "checkpoints/2/a", "a"}
    assert content(files, "checkpoints/1/a") == b"checkpoints/1/a"


@pytest.fixture
def folder(tmp_path: Path) -> FolderFiles:
    return FolderFiles(tmp_path / "files")


@pytest.mark.parametrize("name", ["", "../a", "a/../../b", "/etc/passwd", ".a", "a/.b", "a//b", "a/", "a b", "a\\b"])
def test_a_name_that_could_lead_elsewhere_is_refused(folder: FolderFiles, name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a file"):
        folder.write(RUN, name, [b""])
    with pytest.raises(ValueError, match="is no name of a file"):
        folder.open(RUN, name)
    for run_id in ("..", "", "a/b", "."):
        with pytest.raises(ValueError, match="is no id"):
            folder.remove(run_id)


def test_what_a_killed_process_has_half_written_goes_with_what_is_around_it(
    folder: FolderFiles, tmp_path: Path
) -> None:
    filled(folder, "checkpoints/1/a", "checkpoints/2/a")
    (tmp_path / "files" / RUN / "checkpoints" / "2" / ".a.0123.part").write_bytes(b"half")
    folder.remove(RUN, "checkpoints", keep=["checkpoints/1"])
    assert names(folder, RUN) == {"checkpoints/1/a"}
    assert not (tmp_path / "files" / RUN / "checkpoints" / "2").exists()


def test_what_lies_behind_a_link_is_not_removed(folder: FolderFiles, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "precious").write_text("kept")
    filled(folder, "a")
    (tmp_path / "files" / RUN / "link").symlink_to(tmp_path / "elsewhere")
    folder.remove(RUN)
    assert not (tmp_path / "files" / RUN).exists()
    assert (tmp_path / "elsewhere" / "precious").read_text() == "kept"


def test_a_file_in_the_place_of_a_folder_is_named(folder: FolderFiles) -> None:
    filled(folder, "checkpoints")
    with pytest.raises(StorageError, match=rf"{RUN}/checkpoints.*is not a folder"):
        folder.write(RUN, "checkpoints/1/a", [b""])
