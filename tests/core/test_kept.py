"""What a person gives is kept whole or not at all, and read only if it is what was kept."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core import kept
from core.data.pictures import picture_set
from core.data.text import table
from core.errors import DataUnavailableError, StorageError
from tests.support.brought import PICTURES, SET, TABLE

TABLE_ID, SET_ID = "667ddb9105ef4bee", "1557de95e847c7f7"


def file_of(home: Path) -> Path:
    (path,) = [path for path in home.rglob("*") if path.is_file()]
    return path


def test_an_id_is_the_one_that_earlier_versions_gave(glassbox_home: Path) -> None:
    # worked out by the first version, whose files must go on to open
    assert table.OWN.keep(TABLE) == TABLE_ID
    assert picture_set.OWN.keep(SET) == SET_ID


def test_a_table_of_which_any_byte_has_changed_is_refused(glassbox_home: Path) -> None:
    own = table.OWN.keep(TABLE)
    path = file_of(glassbox_home)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(
            DataUnavailableError, match=r"table .* has changed on the disk .* Upload it on the Sentiment page"
        ):
            table.OWN.stored(own)


def test_a_set_of_pictures_of_which_any_byte_has_changed_is_refused_or_the_same(glassbox_home: Path) -> None:
    own = picture_set.OWN.keep(SET)
    path = file_of(glassbox_home)
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            found = picture_set.OWN.stored(own)  # a zip has bytes that mean nothing, such as times
        except DataUnavailableError as error:
            assert "has changed on the disk" in str(error) and "Give it on the Generator page" in str(error)
            refused += 1
        else:
            assert np.array_equal(found.images, PICTURES) and found.classes == ("a", "b")
    assert refused > len(whole) / 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"{", b"\x93NUMPY"], ids=repr)
def test_a_file_that_was_cut_off_is_refused_and_keeping_again_repairs_it(glassbox_home: Path, content: bytes) -> None:
    for keep, stored, whole in (
        (table.OWN.keep, table.OWN.stored, TABLE),
        (picture_set.OWN.keep, picture_set.OWN.stored, SET),
    ):
        own = keep(whole)  # type: ignore[operator]
        path = next(glassbox_home.rglob(f"{own}.*"))
        path.write_bytes(content)
        with pytest.raises(DataUnavailableError, match="changed on the disk"):
            stored(own)
        assert keep(whole) == own  # type: ignore[operator]
        assert stored(own).name == whole.name


def test_folders_and_files_that_are_not_ours_change_nothing(glassbox_home: Path) -> None:
    own = table.OWN.keep(TABLE)
    (glassbox_home / "texts" / "0123456789abcdef.json").mkdir()
    (glassbox_home / "texts" / "notes.txt").write_text("mine")
    assert table.OWN.stored(own) == TABLE
    assert not table.OWN.is_stored("0123456789abcdef")
    with pytest.raises(DataUnavailableError, match="not on this machine"):
        table.OWN.stored("0123456789abcdef")


def test_many_threads_keep_the_same_at_once(glassbox_home: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: table.OWN.keep(TABLE), range(64))) == {table.OWN.keep(TABLE)}
        assert set(pool.map(lambda _: picture_set.OWN.keep(SET), range(64))) == {picture_set.OWN.keep(SET)}
    assert len([path for path in glassbox_home.rglob("*") if path.is_file()]) == 2


def test_all_is_on_the_disk_before_the_name_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        seen.append("sync " + Path(f"/proc/self/fd/{descriptor}").resolve().name)
        real_sync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        seen.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    kept.write(tmp_path / "folder" / "file", b"content")
    assert seen[0].startswith("sync .file.") and seen[1:] == ["rename", "sync folder"]


def as_a_new_process_finds_it() -> None:
    """A file that rots on the disk looks the same from outside; what this process has seen of it is forgotten."""
    kept._ends_with_its_hash.cache_clear()


def test_a_sealed_file_is_read_by_numpy_and_any_change_of_it_is_seen(tmp_path: Path) -> None:
    path, array = tmp_path / "a.npy", np.arange(30, dtype=np.int16).reshape(2, 15)
    assert not kept.is_sealed(path) and not kept.is_sealed(tmp_path)
    content = kept.array_bytes(array)
    kept.write_sealed(path, [content[:50], memoryview(content)[50:]])
    assert kept.is_sealed(path)
    assert np.array_equal(np.load(path), array) and np.array_equal(np.load(path, mmap_mode="r"), array)
    whole, times = path.read_bytes(), path.stat()
    damaged = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(len(whole))]
    for other in (*damaged, *(whole[:size] for size in range(len(whole))), whole + b"0", content):
        path.write_bytes(other)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        as_a_new_process_finds_it()
        assert not kept.is_sealed(path)
    path.write_bytes(whole)
    as_a_new_process_finds_it()
    assert kept.is_sealed(path)


def test_a_sealed_file_is_read_once_as_long_as_it_stays_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, opened = tmp_path / "a", Path.open, []

    def count(self: Path, *arguments: object, **options: object) -> object:
        opened.append(self)
        return real(self, *arguments, **options)  # type: ignore[call-overload]

    kept.write_sealed(path, [b"some"])
    monkeypatch.setattr(Path, "open", count)
    assert kept.is_sealed(path) and kept.is_sealed(path)
    assert opened == [path]
    monkeypatch.undo()
    kept.write(path, b"other" + path.read_bytes()[5:])  # of the same length
    assert not kept.is_sealed(path)


def test_what_ends_before_its_last_part_leaves_nothing(tmp_path: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield b"some"
        raise ValueError("no more")

    kept.write_sealed(tmp_path / "a", [b"old"])
    with pytest.raises(ValueError, match="no more"):
        kept.write_sealed(tmp_path / "a", parts())
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and kept.is_sealed(tmp_path / "a")


@pytest.fixture
def full_disk(tmp_path: Path) -> Path:
    """A disk of 64 kB of which everything is used but a few pages."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        (place / "other").write_bytes(bytes(36 * 1024))
        yield place  # type: ignore[misc]
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_said_and_leaves_the_old_file(full_disk: Path) -> None:
    path = full_disk / "file"
    kept.write(path, b"old" * 1000)
    with pytest.raises(StorageError, match=r"No space left .* Nothing was changed. Free some space"):
        kept.write(path, bytes(40 * 1024))
    assert kept.read(path) == b"old" * 1000
    assert sorted(one.name for one in full_disk.iterdir()) == ["file", "other"]


LIMITED = """
import json, resource, signal, sys
from core.data.pictures import picture_set
from core.data.text import table
from core.errors import StorageError
from tests.support.brought import SET, TABLE
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
said = []
for keep, whole in ((table.OWN.keep, TABLE), (picture_set.OWN.keep, SET)):
    try:
        keep(whole)
    except StorageError as error:
        said.append(str(error))
print(json.dumps(said))
"""


def test_what_cannot_be_written_whole_leaves_nothing(glassbox_home: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=120, check=True)
    said = json.loads(done.stdout)
    assert len(said) == 2 and all("File too large" in one and "Nothing was changed" in one for one in said)
    assert [path for path in glassbox_home.rglob("*") if path.is_file()] == []


CROWDED = """
import json, os, resource, sys
from pathlib import Path
from core import kept
from core.data.fetch import download
from core.errors import StorageError
place = Path(sys.argv[1])
kept.write(place / "there", b"old")
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, 4096))

def lock():
    with kept.locked(place / "lock"):
        pass

def store():
    with download.storing(place / "there"):
        (place / "there").open("wb")

said = []
for act in (lambda: kept.write(place / "there", b"new"), lambda: kept.read(place / "there"), lock, store):
    try:
        act()
    except StorageError as error:
        said.append(str(error))
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 4096))
print(json.dumps([said, [path.name for path in place.iterdir()]]))
"""


def test_too_many_open_files_are_no_full_disk(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CROWDED, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    said, files = json.loads(done.stdout)
    assert len(said) == 4
    for sentence in said:
        assert "Too many open files. " in sentence
        assert sentence.endswith("Close other programs or allow more open files (ulimit -n), then try again.")
    assert files == ["there"]
    assert kept.read(tmp_path / "there") == b"old"


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.EMFILE, "allow more open files (ulimit -n)"),
        (errno.ENFILE, "allow more open files (ulimit -n)"),
        (errno.ENOLCK, "set GLASSBOX_HOME to a folder on a local disk"),
        (errno.ENOSPC, "Free some space or allow writing there"),
        (errno.EACCES, "Free some space or allow writing there"),
    ],
)
def test_what_to_do_fits_what_went_wrong(code: int, remedy: str) -> None:
    said = str(kept.unwritten(Path("x"), OSError(code, os.strerror(code))))
    assert said.startswith(f"x could not be written: {os.strerror(code)}. Nothing was changed. ")
    assert said.endswith(f"{remedy}, then try again.")


@pytest.mark.parametrize("name", ["a file/x", "a file/y/x", "x" * 255])
def test_a_name_that_no_file_can_have_is_said(tmp_path: Path, name: str) -> None:
    kept.write(tmp_path / "a file", b"old")
    with pytest.raises(StorageError, match="could not be written"):
        kept.write(tmp_path / name, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]
