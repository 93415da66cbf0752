"""What only SQLite can be asked: its file, its versions, a full disk."""

import json
import sqlite3
from pathlib import Path

import pytest

from core.contract import Previewed
from core.errors import StorageError
from core.runs.sql import database
from core.runs.store import RunStore, open_store
from tests.support.stores import claimed, queued, stepped


def test_the_store_is_where_the_setting_says(glassbox_home: Path) -> None:
    open_store()
    assert (glassbox_home / "glassbox.sqlite").exists()


def test_a_store_of_a_newer_version_and_a_damaged_one_are_said_so(tmp_path: Path) -> None:
    newer = tmp_path / "newer.sqlite"
    open_store(newer).close()
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StorageError, match="newer Glassbox"):
        open_store(newer)
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"nonsense" * 1000)
    with pytest.raises(StorageError, match="damaged"):
        open_store(damaged)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        open_store(tmp_path / "file" / "glassbox.sqlite")


def test_a_full_disk_is_the_reason_and_nothing_is_half_written(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queued(store)
    lease = claimed(store)
    store.claims.append_events(lease, [stepped(1)])
    store.close()
    connect = database._connect

    def full(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA max_page_count = 1")  # SQLite then really reports SQLITE_FULL: no page may be added
        return connection

    monkeypatch.setattr(database, "_connect", full)
    many = [Previewed(step=2, epoch=0.2, answers={"a": "x" * 5000}) for _ in range(10)]
    with pytest.raises(StorageError, match="The disk is full"):
        store.claims.append_events(lease, many)
    assert store.book.events(run.id) == [(1, stepped(1))]


def test_the_database_keeps_its_promises(store: RunStore) -> None:
    with store.book._database.connection() as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        safe = sqlite3.sqlite_version_info >= database.SAFE_WAL
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == ("wal" if safe else "delete")
        plan = json.dumps([tuple(row) for row in db.execute("EXPLAIN QUERY PLAN SELECT * FROM runs WHERE id = 'x'")])
    assert "SEARCH" in plan
