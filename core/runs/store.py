"""The run store, the truth about every run, put together from its three sides (`core.runs.protocols`).

Which database and which folder keep them is known here alone. Nothing here starts or signals a process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import settings
from core.runs.files import FolderFiles
from core.runs.protocols import KEEP_DELETED_SECONDS, LEASE_SECONDS, Claims, Files, RunBook
from core.runs.sql.book import SqlBook
from core.runs.sql.claims import SqlClaims
from core.runs.sql.database import Database


@dataclass(frozen=True)
class RunStore:
    """All runs of one place. Open one per process and keep it."""

    book: RunBook
    claims: Claims
    files: Files
    address: str  # what `open_store` takes, in another process too
    close: Callable[[], None]  # lets go of what is open; the store may be used again afterwards

    def purge(self, *, older_than: float = KEEP_DELETED_SECONDS) -> list[str]:
        """Forget runs deleted more than `older_than` seconds ago, then remove their files; returns their ids."""
        gone = self.claims.purge(older_than=older_than)
        for run_id in gone:
            self.files.remove(run_id)
        return gone


def open_store(
    address: str | os.PathLike[str] | None = None,
    *,
    lease_seconds: float = LEASE_SECONDS,
    clock: Callable[[], float] = time.time,
    elapsed: Callable[[], float] = time.monotonic,
) -> RunStore:
    """Open or create a run store.

    Args:
        address: the SQLite file; files of runs lie beside it. By default it is in `settings.home()`.
        lease_seconds: silence of a worker that counts as its death.
        clock: seconds since 1970, for what is written down; it may jump.
        elapsed: seconds that never jump, for what is measured within this process.

    Raises:
        StorageError: it cannot be opened.
    """
    path = Path(address or settings.home() / "glassbox.sqlite")
    folder = path.parent / "runs"
    database = Database(path, files=folder, clock=clock)
    claims = SqlClaims(database, lease_seconds=lease_seconds, elapsed=elapsed)
    return RunStore(SqlBook(database), claims, FolderFiles(folder), str(path), database.close)
