"""What SQLite says when storage fails, as sentences: what is wrong and what to do.

SQLite has one code for many causes, so the cause is looked for where the file lies. The file itself is never opened for
that: closing it would end the locks that this process holds on it (https://sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path

from core.errors import StorageError
from core.runs.trouble import storage_error

LOCKING = (
    sqlite3.SQLITE_IOERR_LOCK,
    sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_UNLOCK,
    sqlite3.SQLITE_IOERR_BLOCKED,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
    sqlite3.SQLITE_IOERR_SHMLOCK,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOLFS,
)
WHEREABOUTS = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR)


def database_error(error: sqlite3.DatabaseError, path: Path, *, waited: float) -> StorageError:
    """What SQLite said about the database at `path`, after `waited` seconds if others used it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF
    if code in LOCKING:
        return storage_error(OSError(errno.ENOLCK, ""), path.parent)
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return storage_error(OSError(errno.ENOENT, ""), path)
    if primary == sqlite3.SQLITE_FULL:
        return storage_error(OSError(errno.ENOSPC, ""), path)
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StorageError(f"{path} is damaged ({error}). Move it away or put a copy back, then start again.")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        if lockless(path.parent):  # SQLite takes a lock that cannot be had for one that others hold
            return storage_error(OSError(errno.ENOLCK, ""), path.parent)
        return StorageError(f"{path} was in use by others for {waited:g} seconds. Try again.")
    if primary in WHEREABOUTS and (cause := _cause(path)):
        return storage_error(*cause)
    return StorageError(f"{path} could not be used: {error}. See whether the disk is all right.")


def lockless(folder: Path) -> bool:
    """Whether files in this folder can be written but not locked: a new one, which nobody else knows."""
    with suppress(OSError), tempfile.TemporaryFile(dir=folder) as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # some network drives say as of a lock that others hold (EACCES, EAGAIN)
            return True
    return False


def _cause(path: Path) -> tuple[OSError, Path] | None:
    """What keeps a database at `path` from being opened and written, and the file or folder that it is about."""
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        return error, path.parent
    if path.is_dir():
        return OSError(errno.EISDIR, ""), path
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        return OSError(errno.EACCES, ""), path
    return None
