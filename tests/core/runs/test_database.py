"""The file of the run store: deleted or emptied, crowded, without locks, and what is said of each."""

import errno
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from core.errors import StorageError
from core.runs.sql import database
from core.runs.sql.errors import LOCKING, database_error
from core.runs.store import RunStore, open_store
from core.runs.trouble import storage_error
from tests.support.stores import queued

rollback_journal = pytest.mark.skipif(
    sqlite3.sqlite_version_info >= database.SAFE_WAL, reason="in WAL mode nobody who reads is in the way of a write"
)


def test_a_home_that_was_deleted_is_made_anew_and_keeps_what_comes(
    store: RunStore, caplog: pytest.LogCaptureFixture
) -> None:
    queued(store)
    home = Path(store.address).parent
    shutil.rmtree(home)
    assert store.book.find() == []
    assert "was deleted or replaced" in caplog.text
    run = queued(store)
    assert open_store(store.address).book.get(run.id).title == run.title, (
        "others see it: nothing went into the deleted file"
    )
    assert Path(store.address).with_suffix(".reserve").stat().st_size == database.RESERVE_BYTES


def test_a_connection_that_was_lent_while_the_file_was_deleted_is_not_lent_again(store: RunStore) -> None:
    with store.book._database.connection():
        Path(store.address).unlink()
    run = queued(store)
    assert open_store(store.address).book.get(run.id).title == run.title


def test_a_copy_that_is_put_in_place_of_the_file_is_read(store: RunStore, tmp_path: Path) -> None:
    run = queued(store)
    store.close()
    shutil.copy(Path(store.address), tmp_path / "copy")
    later = queued(store)
    (tmp_path / "copy").replace(Path(store.address))
    assert [found.id for found in store.book.find()] == [run.id] != [later.id]


def test_an_emptied_store_is_refused_where_runs_lie_beside_it_and_new_where_none_do(tmp_path: Path) -> None:
    path = tmp_path / "glassbox.sqlite"
    path.touch()
    queued(open_store(path))
    (tmp_path / "runs" / "abcdef").mkdir(parents=True)
    used = open_store(path)
    path.write_bytes(b"")
    for use in (lambda: open_store(path), used.book.find):
        with pytest.raises(StorageError, match=r"is empty, though folders of runs lie beside it.*Put a copy back"):
            use()
    path.rename(tmp_path / "away")
    assert open_store(path).book.find() == []


def test_too_many_open_files_are_said_so() -> None:
    program = """
import os, resource
from core.errors import StorageError
from core.runs.store import open_store
store = open_store()
store.close()
import tempfile; tempfile.gettempdir()
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, 4096))
try:
    store.book.find()
except StorageError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "too many files are open" in said
    assert "read-only" not in said


def test_a_folder_in_the_place_of_the_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "glassbox.sqlite").mkdir()
    with pytest.raises(StorageError, match="is a folder, and must be a file"):
        open_store(tmp_path / "glassbox.sqlite")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "this user may not write"),
        (errno.ENFILE, "too many files are open"),
        (errno.ENOENT, "moved or deleted"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_the_operating_systems_reason_is_the_one_that_is_said(code: int, sentence: str) -> None:
    said = str(storage_error(OSError(code, "Input/output error"), Path("x")))
    assert sentence in said
    assert ("read-only" in said) == (code == errno.EROFS)


def test_a_store_that_another_process_holds_is_in_use_and_one_without_locks_is_not(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.3)
    with _held(store, "BEGIN IMMEDIATE"):
        with pytest.raises(StorageError, match=r"in use by others for 0\.3 seconds"):
            queued(store)
        monkeypatch.setattr(fcntl, "lockf", _no_locks)
        with pytest.raises(StorageError, match=r"does not lock files.*GLASSBOX_HOME"):
            queued(store)


def _write(store: RunStore) -> None:
    queued(store)


def _read(store: RunStore) -> None:
    store.book.find()


@rollback_journal
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("BEGIN EXCLUSIVE", _write),
        ("BEGIN EXCLUSIVE", _read),
        ("BEGIN; SELECT * FROM runs", _write),  # the commit waits for who reads
    ],
)
def test_whoever_has_waited_longer_asks_more_often(
    store: RunStore, theirs: str, ours: Callable[[RunStore], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    with _held(store, theirs) as holder:

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 200:
                holder.communicate("")

        monkeypatch.setattr(time, "sleep", sleep)
        monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))
        ours(store)
    assert len(pauses) == 200, "each wait was the store's own, none was left to SQLite"
    assert max(pauses) <= database.PAUSE_SECONDS[1]
    assert max(pauses[100:]) < database.PAUSE_SECONDS[0] <= pauses[0], "sooner than any who begins to wait now"
    assert min(pauses) >= database.LEAST_PAUSE_SECONDS


@rollback_journal
def test_a_read_gives_up_as_a_write_does(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.3)
    with _held(store, "BEGIN EXCLUSIVE"), pytest.raises(StorageError, match=r"in use by others for 0\.3 seconds"):
        store.book.find()
    assert store.book.find() == []


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EACCES, errno.EAGAIN, errno.EIO])
def test_a_folder_whose_files_cannot_be_locked_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(fcntl, "lockf", partial(_no_locks, code=code))
    with pytest.raises(StorageError, match=r"does not lock files.*GLASSBOX_HOME"):
        open_store(tmp_path / "glassbox.sqlite")


@pytest.mark.parametrize("code", LOCKING)
def test_locks_that_fail_are_said_so_whatever_sqlite_calls_it(tmp_path: Path, code: int) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    assert "does not lock files" in str(database_error(error, tmp_path / "glassbox.sqlite", waited=15))


def test_of_many_processes_that_write_at_once_every_one_gets_through(tmp_path: Path) -> None:
    store = open_store(tmp_path / "glassbox.sqlite")
    runs = [queued(store, owner=f"owner{number}").id for number in range(8)]
    program = """
import sys
from core.contract import Stepped
from core.runs.store import open_store
store = open_store(sys.argv[1])
lease = store.claims.claim(sys.argv[2], max_running=8)
for step in range(40):
    store.claims.append_events(lease, [Stepped(step=step, epoch=0.1, metrics={})])
"""
    writers = [
        subprocess.Popen([sys.executable, "-c", program, store.address, f"w{n}"], stderr=subprocess.PIPE, text=True)
        for n in range(8)
    ]
    assert [writer.communicate()[1] for writer in writers] == [""] * 8
    for run_id in runs:
        assert [event.step for _, event in store.book.events(run_id)] == list(range(40))


@contextmanager
def _held(store: RunStore, statements: str) -> Iterator["subprocess.Popen[str]"]:
    """Another process that has executed these and holds their lock until something is written to it."""
    program = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "kept = [db.execute(one) for one in sys.argv[2].split(';')]; print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, store.address, statements],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            if holder.poll() is None:
                holder.communicate("")


def _no_locks(*_: object, code: int = errno.ENOLCK) -> None:
    raise OSError(code, os.strerror(code))
