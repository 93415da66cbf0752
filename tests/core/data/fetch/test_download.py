import fcntl
import hashlib
import random
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.fetch import download as module
from core.data.fetch.download import Cancelled, download
from core.errors import DataUnavailableError, StorageError
from tests.support.file_server import FileServer, serving

CONTENT = random.Random(0).randbytes(300_000)
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setattr(module, "RETRY_PAUSE_SECONDS", 0.0)
    with serving({"file.gz": CONTENT}) as running:
        yield running


class Watch:
    """Remembers the progress, and stops the download once it has come to a number of bytes."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.seen: list[tuple[int, int]] = []
        self.stop_at = stop_at

    def progress(self, done: int, total: int) -> None:
        self.seen.append((done, total))

    def should_stop(self) -> bool:
        return self.stop_at is not None and self.seen[-1][0] >= self.stop_at


def get(
    server_url: str, target: Path, *, watch: Watch | None = None, checksum: str = SHA256, **options: float
) -> Watch:
    watch = watch or Watch()
    download(
        server_url + "file.gz",
        target,
        checksum=checksum,
        num_bytes=len(CONTENT),
        progress=watch.progress,
        should_stop=watch.should_stop,
        **options,
    )
    return watch


def test_a_file_arrives_complete_and_its_progress_is_told(server: FileServer, tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "file.gz"
    watch = get(server.url, target)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["file.gz"]
    assert watch.seen[0] == (0, len(CONTENT))
    assert watch.seen[-1] == (len(CONTENT), len(CONTENT))
    assert watch.seen == sorted(watch.seen)


def test_md5_is_understood_too(server: FileServer, tmp_path: Path) -> None:
    get(server.url, tmp_path / "file.gz", checksum="md5:" + hashlib.md5(CONTENT).hexdigest())
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_cancelled_download_keeps_its_part_and_goes_on_from_there(server: FileServer, tmp_path: Path) -> None:
    target = tmp_path / "file.gz"
    with pytest.raises(Cancelled):
        get(server.url, target, watch=Watch(stop_at=100_000))
    part = tmp_path / "file.gz.part"
    size = part.stat().st_size
    assert 100_000 <= size < len(CONTENT)
    assert part.read_bytes() == CONTENT[:size]
    assert not target.exists()

    watch = get(server.url, target)
    assert server.asked[-1] == ("/file.gz", f"bytes={size}-")
    assert watch.seen[0] == (size, len(CONTENT))
    assert target.read_bytes() == CONTENT
    assert not part.exists()


def test_a_server_that_cannot_resume_sends_all_again(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file.gz.part").write_bytes(CONTENT[:100_000])
    server.ranges = False
    watch = get(server.url, tmp_path / "file.gz")
    assert watch.seen[0] == (0, len(CONTENT))
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_complete_part_needs_no_server(tmp_path: Path) -> None:
    (tmp_path / "file.gz.part").write_bytes(CONTENT)
    get("http://127.0.0.1:9/", tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_not_used(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file.gz.part").write_bytes(CONTENT + b"more")
    get(server.url, tmp_path / "file.gz")
    assert server.asked == [("/file.gz", None)]
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_broken_connection_is_taken_up_where_it_broke(server: FileServer, tmp_path: Path) -> None:
    server.break_after = [50_000, 70_000]
    get(server.url, tmp_path / "file.gz")
    assert [span for _, span in server.asked] == [None, "bytes=50000-", "bytes=120000-"]
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_passing_server_error_is_tried_again(server: FileServer, tmp_path: Path) -> None:
    server.failures = [503, 500]
    get(server.url, tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_connection_that_breaks_each_time_is_reported_and_its_part_kept(server: FileServer, tmp_path: Path) -> None:
    server.break_after = [10_000] * 3
    with pytest.raises(DataUnavailableError, match=r"broke off \(tries: 3\) after 30,000 of 300,000 bytes.*kept"):
        get(server.url, tmp_path / "file.gz", retries=2)
    assert (tmp_path / "file.gz.part").read_bytes() == CONTENT[:30_000]
    assert not (tmp_path / "file.gz").exists()


def test_a_silent_server_counts_as_a_broken_connection(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(DataUnavailableError, match=r"broke off \(tries: 1\).*timed out"):
            get(url, tmp_path / "file.gz", retries=0, timeout=0.1)


def test_damaged_content_is_removed_and_what_was_there_stays(server: FileServer, tmp_path: Path) -> None:
    target = tmp_path / "file.gz"
    target.write_bytes(b"older")
    server.files["file.gz"] = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]
    with pytest.raises(DataUnavailableError, match=r"arrived damaged: its sha256 is .* removed.*Try again"):
        get(server.url, target)
    assert [path.name for path in tmp_path.iterdir()] == ["file.gz"]
    assert target.read_bytes() == b"older"


def test_a_login_page_in_place_of_the_file_is_recognised(server: FileServer, tmp_path: Path) -> None:
    server.files["file.gz"] = b"<html>Please log in</html>"
    with pytest.raises(DataUnavailableError, match=r"should have 300,000 bytes, but the answer has 26.*login page"):
        get(server.url, tmp_path / "file.gz")
    assert list(tmp_path.iterdir()) == []


def test_no_more_than_the_expected_size_is_written(server: FileServer, tmp_path: Path) -> None:
    server.announce = False
    server.files["file.gz"] = CONTENT + bytes(500_000)
    get(server.url, tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_file_that_the_server_does_not_have_is_not_tried_again(server: FileServer, tmp_path: Path) -> None:
    server.files.clear()
    with pytest.raises(DataUnavailableError, match="404"):
        get(server.url, tmp_path / "file.gz")
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_offline_it_says_so_and_changes_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        host = f"127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(DataUnavailableError, match=rf"^No connection to {host}: .*refused.* Nothing was changed\. Try"):
        get(f"http://{host}/", tmp_path / "folder" / "file.gz")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_storage_error(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("a file")
    with pytest.raises(StorageError, match=r"cannot be written: .*GLASSBOX_DATA"):
        get(server.url, tmp_path / "occupied" / "file.gz")


def test_a_full_disk_is_a_storage_error_and_the_part_stays_usable(server: FileServer, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))  # a write beyond it fails as on a full disk
    try:
        with pytest.raises(StorageError, match="cannot be written: File too large"):
            get(server.url, tmp_path / "file.gz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "file.gz.part").stat().st_size == 150_000
    get(server.url, tmp_path / "file.gz")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_two_processes_do_not_write_into_one_part(server: FileServer, tmp_path: Path) -> None:
    part = tmp_path / "file.gz.part"
    with part.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DataUnavailableError, match=r"Another process is downloading file\.gz"):
            get(server.url, tmp_path / "file.gz")
    assert part.read_bytes() == b""
