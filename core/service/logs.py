"""Logs of workers, in a folder of the machine where they work.

They stay small, and messages are not repeated for ever. A file that has grown too large becomes
`NAME.old` and a new one is begun, so each takes at most about twice `MAX_BYTES`. Nothing is copied: whoever still has
the old file open goes on writing into that one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 5_000_000
LOOK_SECONDS = 2.0
QUIET_SECONDS = 600.0  # within which the same message is not written again
WORKERS = "workers.log"  # of workers that have no run yet


def log_of(folder: Path, run_id: str) -> Path:
    """The log of all attempts at a run."""
    return folder / f"{run_id}.log"


def remove_log(folder: Path, run_id: str) -> None:
    """Delete the log of a run, as far as there is one."""
    path = log_of(folder, run_id)
    for file in (path, _old(path)):
        with contextlib.suppress(OSError):
            file.unlink()


def open_log(path: Path) -> BinaryIO:
    """The file, open to append to; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            path.replace(_old(path))
    return path.open("ab")


def _old(path: Path) -> Path:
    return path.with_name(f"{path.name}.old")


def redirect(path: Path) -> None:
    """From now on everything that this process prints goes to the file; raises OSError."""
    with open_log(path) as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)


def keep_small(path: Path) -> None:
    """Begin the file that this process prints to anew whenever it has grown too large, from a thread."""

    def look() -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with contextlib.suppress(OSError):  # no space, or no descriptor, for a new one: the old one serves
                if os.fstat(2).st_size > MAX_BYTES:
                    redirect(path)

    threading.Thread(target=look, name="log", daemon=True).start()


class Seldom(logging.Filter):
    """Lets a message, with its error if it has one, pass once in `QUIET_SECONDS`; says how often it came meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], tuple[float, int]] = {}  # when it was written, how often it was held back

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        message, now = record.getMessage(), time.monotonic()
        error = record.exc_info[1] if record.exc_info else None
        said = message, "" if error is None else repr(error)
        written, held = self._last.get(said, (-QUIET_SECONDS, 0))
        if now - written < QUIET_SECONDS:
            self._last[said] = written, held + 1
            return False
        self._last = {said: one for said, one in self._last.items() if now - one[0] < QUIET_SECONDS}
        self._last[said] = now, 0
        if held:
            record.msg, record.args = f"{message} (and {held:,} times more before)", ()
        return True
