"""SQLite as the run store uses it: connections, short transactions, migrations, and its errors in words.

Nothing here knows what a run is.
"""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import StorageError

BUSY_SECONDS = 15.0
RESERVE_BYTES = 512 * 1024
SAFE_WAL = (3, 51, 3)  # older libraries can corrupt a database in WAL mode that has several writers
MIGRATIONS = Path(__file__).parent / "migrations"  # NNNN_name.sql, applied in this order


class Database:
    """One SQLite file, safe to use from many threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating or migrating it where needed; raises `StorageError`."""
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, path.parent) from error
        with self._connection() as connection:
            _migrate(connection, path)
        self._keep_reserve()

    def close(self) -> None:
        """Close the idle connections. The database may be used again afterwards."""
        with self._lock:
            connections, self._idle = self._idle, []
        for connection in connections:
            connection.close()

    def check(self) -> None:
        """Write something that changes nothing; raises `StorageError` while the file cannot be written."""
        with self._transaction() as db:
            db.execute(f"PRAGMA user_version = {_version(db)}")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        # Connections are kept and lent rather than bound to threads: a page runs in a new thread each time.
        try:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            connection = connection or _connect(self.path)
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            with self._lock:
                self._idle.append(connection)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise _explained(error, self.path) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A write: all of the block or nothing; closing a connection rolls back what it has open."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def _keep_reserve(self) -> None:
        """Hold back some space, so that a full disk can still be written down as the reason."""
        reserve = self.path.with_suffix(".reserve")
        if not reserve.exists():
            with suppress(OSError):
                reserve.write_bytes(bytes(RESERVE_BYTES))

    def free_reserve(self) -> None:
        """Give up the space held back; the next start holds it back again."""
        with suppress(OSError):
            self.path.with_suffix(".reserve").unlink()


def storage_error(error: OSError, path: Path) -> StorageError:
    """What the operating system said about `path`, as a sentence with what to do next."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(f"The disk is full: {path} could not be written. Free some space, then resume.")
    if error.errno == errno.EFBIG:
        return StorageError(
            f"{path} could not be written: it is larger than this system lets a file be. Raise that limit, then resume."
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StorageError(f"{path} cannot be written: the folder is read-only. Make it writable, then resume.")
    return StorageError(f"{path} could not be used: {error.strerror or error}. See whether the disk is all right.")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    if sqlite3.sqlite_version_info >= SAFE_WAL:
        connection.execute("PRAGMA journal_mode = WAL")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    scripts = sorted(MIGRATIONS.glob("*.sql"))
    newest = int(scripts[-1].name[:4])
    if _version(connection) == newest:
        return
    connection.execute("BEGIN IMMEDIATE")
    version = _version(connection)  # again: another process may have migrated meanwhile
    if version > newest:
        raise StorageError(
            f"{path} was written by a newer Glassbox (version {version}, this one knows {newest}). Update Glassbox."
        )
    for script in scripts[version:]:
        for statement in _statements(script.read_text(encoding="utf-8")):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {newest}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _explained(error: sqlite3.DatabaseError, path: Path) -> StorageError:
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary == sqlite3.SQLITE_FULL:
        return storage_error(OSError(errno.ENOSPC, "full"), path)
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return storage_error(OSError(errno.EROFS, "read-only"), path)
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StorageError(f"{path} is damaged ({error}). Move it away or put a copy back, then start again.")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageError(f"{path} was in use by others for {BUSY_SECONDS:g} seconds. Try again.")
    return StorageError(f"{path} could not be used: {error}. See whether the disk is all right.")
