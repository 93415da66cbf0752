"""SQLite as the run store uses it: connections, short transactions, migrations, and a file that goes away.

Nothing here knows what a run is; its errors are put into words in `core.runs.sql.errors`.
"""

from __future__ import annotations

import errno
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from core.errors import StorageError
from core.runs.sql.errors import database_error, lockless
from core.runs.trouble import storage_error

BUSY_SECONDS = 15.0
PAUSE_SECONDS = (0.005, 0.025)  # between two tries while others use the file; by chance, so that nobody is always late
AGE_SECONDS = 0.05  # of waiting, after each of which one asks as often again as at first
LEAST_PAUSE_SECONDS = 0.001
RESERVE_BYTES = 512 * 1024
SAFE_WAL = (3, 51, 3)  # older libraries can corrupt a database in WAL mode that has several writers
LOG = logging.getLogger(__name__)
MIGRATIONS = Path(__file__).parent / "migrations"  # NNNN_name.sql, applied in this order


class Database:
    """One SQLite file, safe to use from many threads and processes."""

    def __init__(self, path: Path, *, files: Path, clock: Callable[[], float] = time.time) -> None:
        """Open the file, creating or migrating it where needed; raises `StorageError`.

        Args:
            files: a folder with something in it once there is a run: an empty database has lost what was in it then.
            clock: seconds since 1970.
        """
        self.path = path
        self.now = clock
        self._files = files
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._file = self._open()

    def close(self) -> None:
        """Close the idle connections. The database may be used again afterwards."""
        with self._lock:
            connections, self._idle = self._idle, []
        for connection in connections:
            connection.close()

    def check(self) -> None:
        """Write something that changes nothing; raises `StorageError` while the file cannot be written."""
        with self.transaction() as db:
            db.execute(f"PRAGMA user_version = {_version(db)}")

    def _open(self) -> tuple[int, int] | None:
        """Create or migrate the file; returns which one it is."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, self.path.parent) from error
        if lockless(self.path.parent):
            raise storage_error(OSError(errno.ENOLCK, ""), self.path.parent)
        is_emptied = self.path.is_file() and _identity(self.path) is None
        try:
            with closing(_connect(self.path)) as connection:
                _migrate(connection, self.path, may_begin=not (is_emptied and any(self._files.glob("*"))))
        except sqlite3.DatabaseError as error:
            raise database_error(error, self.path, waited=BUSY_SECONDS) from error
        self._keep_reserve()
        return _identity(self.path)

    def _lend(self) -> tuple[sqlite3.Connection, tuple[int, int] | None]:
        """A connection to the file that is there now, and which one that is; nobody may write into a deleted one."""
        with self._lock:
            if _identity(self.path) != self._file:
                while self._idle:
                    self._idle.pop().close()
                self._file = self._open()
                LOG.warning("%s was deleted or replaced: the one that is there now is used, or a new one.", self.path)
            file = self._file
            connection = self._idle.pop() if self._idle else None
        return connection or _connect(self.path), file

    def _take_back(self, connection: sqlite3.Connection, file: tuple[int, int] | None) -> None:
        with self._lock:
            if _identity(self.path) == self._file == file:
                self._idle.append(connection)
                return
        connection.close()

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        # Connections are kept and lent rather than bound to threads: a page runs in a new thread each time.
        try:
            connection, file = self._lend()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._take_back(connection, file)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise database_error(error, self.path, waited=BUSY_SECONDS) from error

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A read: all of the block sees the same moment; raises `StorageError`.

        Another use of the file within the block could wait for it.
        """
        with self._lent() as connection:
            connection.execute("BEGIN")
            _patiently(connection, "SELECT 1 FROM sqlite_schema")  # from here on nobody else can be in the way
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write: all of the block or nothing; raises `StorageError`.

        Closing a connection rolls back what it has open.
        """
        with self._lent() as connection:
            _patiently(connection, "BEGIN IMMEDIATE")
            yield connection
            _patiently(connection, "COMMIT")  # waits for those who read

    def _keep_reserve(self) -> None:
        """Hold back some space, so that a full disk can still be written down as the reason."""
        reserve = self.path.with_suffix(".reserve")
        if not reserve.exists():
            with suppress(OSError):
                reserve.write_bytes(bytes(RESERVE_BYTES))

    def free_reserve(self) -> bool:
        """Give up the space held back, if it still is; the next start holds it back again."""
        with suppress(OSError):
            self.path.with_suffix(".reserve").unlink()
            return True
        return False


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    _patiently(connection, "PRAGMA foreign_keys = ON")
    _patiently(connection, "PRAGMA synchronous = FULL")  # reads the file
    if sqlite3.sqlite_version_info >= SAFE_WAL:
        _patiently(connection, "PRAGMA journal_mode = WAL")
    return connection


def _patiently(connection: sqlite3.Connection, statement: str) -> sqlite3.Cursor:
    """Execute a statement once nobody else is in its way.

    Whoever has waited longest asks most often, for many ask and one gets it. SQLite's own waits grow to 100 ms instead.
    """
    start = time.monotonic()
    while True:
        try:
            return connection.execute(statement)
        except sqlite3.OperationalError as error:
            waited = time.monotonic() - start
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or waited > BUSY_SECONDS:
                raise
        time.sleep(max(random.uniform(*PAUSE_SECONDS) / (1 + waited / AGE_SECONDS), LEAST_PAUSE_SECONDS))


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies at `path`: its device and number; None if there is none or nothing is in it."""
    try:
        status = path.stat()
    except OSError:  # whoever opens it says why
        return None
    return (status.st_dev, status.st_ino) if status.st_size else None


def _migrate(connection: sqlite3.Connection, path: Path, *, may_begin: bool) -> None:
    scripts = sorted(MIGRATIONS.glob("*.sql"))
    newest = int(scripts[-1].name[:4])
    if _version(connection) == newest:
        return
    _patiently(connection, "BEGIN IMMEDIATE")
    version = _version(connection)  # again: another process may have migrated meanwhile
    if version > newest:
        raise StorageError(
            f"{path} was written by a newer Glassbox (version {version}, this one knows {newest}). Update Glassbox."
        )
    if version == 0 and not may_begin:
        raise StorageError(
            f"{path} is empty, though folders of runs lie beside it: what was in it is lost. Put a copy back, or move "
            "it away to begin anew."
        )
    for script in scripts[version:]:
        for statement in _statements(script.read_text(encoding="utf-8")):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {newest}")
    _patiently(connection, "COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(_patiently(connection, "PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
