"""Downloads of data sets in the background, so that a page can show progress, cancel and try again without waiting.

One thread per data set and process, held in a registry: the download belongs to the server, not to the tab that started
it. What is downloaded, and from where, is in `core/data/registry.py`. Synthetic speech, which is made here, is a
transfer too: it counts clips where others count bytes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Literal

from core.data import registry
from core.data.fetch.download import Cancelled
from core.errors import GlassboxError

RATE_WINDOW_SECONDS = 5.0

Status = Literal["running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class State:
    """A moment of a transfer. `message` is one sentence or more for people; after a failure, what to do."""

    done_bytes: int
    total_bytes: int
    bytes_per_second: float  # over the last seconds; 0 before the first bytes and when nothing arrives
    seconds_left: float | None  # None while that cannot be said
    status: Status
    message: str


class Transfer:
    """One attempt to get one data set, in a daemon thread that starts at once."""

    def __init__(self, name: str) -> None:
        self.source = registry.find(name)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._arrivals: deque[tuple[float, int]] = deque()  # (monotonic seconds, bytes done), the last seconds only
        self._done_bytes = 0
        self._total_bytes = self.source.origin.num_bytes
        self._status: Status = "running"
        self._message = ""
        self._thread = threading.Thread(target=self._run, name=f"transfer-{name}", daemon=True)
        self._thread.start()

    def state(self) -> State:
        """What there is to show now; never waits."""
        with self._lock:
            rate = self._rate()
            left = self._total_bytes - self._done_bytes
            running = self._status == "running"
            return State(
                done_bytes=self._done_bytes,
                total_bytes=self._total_bytes,
                bytes_per_second=rate,
                seconds_left=left / rate if running and rate else None,
                status=self._status,
                message=self._now() if running else self._message,
            )

    def cancel(self) -> None:
        """Ask the transfer to end at its next chunk; what has arrived is kept. Does nothing when it has ended."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> State:
        """Wait until it has ended, or for so many seconds."""
        self._thread.join(timeout)
        return self.state()

    def _run(self) -> None:
        label = self.source.label
        try:
            self.source.origin.fetch(self._arrived, self._stop.is_set)
        except Cancelled:
            self._end(
                "cancelled", f"Cancelled. What has arrived of {label} is kept; the next download goes on from there."
            )
        except GlassboxError as error:
            self._end("failed", str(error))
        except Exception:  # an error in a thread would be seen by nobody, and the page would show "running" for ever
            logging.getLogger(__name__).exception("The download of %s failed", self.source.name)
            self._end("failed", f"The download of {label} failed for an unexpected reason; the server's log has it.")
        else:
            self._end("done", f"{label} is on this machine.")

    def _end(self, status: Status, message: str) -> None:
        with self._lock:
            self._status, self._message = status, message

    def _arrived(self, done_bytes: int, total_bytes: int) -> None:
        with self._lock:
            self._total_bytes = total_bytes
            if done_bytes < self._done_bytes:  # a server that cannot resume starts again at 0
                self._arrivals.clear()
            self._done_bytes = done_bytes
            now = time.monotonic()
            self._arrivals.append((now, done_bytes))
            while self._arrivals[0][0] < now - RATE_WINDOW_SECONDS:
                self._arrivals.popleft()

    def _now(self) -> str:
        done, total, label = self._done_bytes, self._total_bytes, self.source.label
        if self.source.origin.num_bytes:
            so_far, doing = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB", "Downloading"
        else:
            so_far, doing = f"{done:,} of {total:,} clips", "Making"
        return f"{'Stopping' if self._stop.is_set() else doing} {label}: {so_far}."

    def _rate(self) -> float:
        """Bytes per second from the oldest arrival that is remembered until now, so that a stalled line falls to 0."""
        if not self._arrivals:
            return 0.0
        now = time.monotonic()
        since, before = self._arrivals[0]
        if now - self._arrivals[-1][0] > RATE_WINDOW_SECONDS or now == since:
            return 0.0
        return (self._done_bytes - before) / (now - since)


_transfers: dict[str, Transfer] = {}  # the latest of each data set, by name
_transfers_lock = threading.Lock()


def start(name: str) -> Transfer:
    """Start to get a data set, or return the transfer of it that is running already.

    Args:
        name: one of `registry.names()`.

    Raises:
        NotFoundError: there is no such data set.
    """
    with _transfers_lock:
        latest = _transfers.get(name)
        if latest is None or latest.state().status != "running":
            latest = _transfers[name] = Transfer(name)
        return latest


def latest(name: str) -> Transfer | None:
    """The transfer of a data set that was started last in this process, running or ended; None if there was none."""
    with _transfers_lock:
        return _transfers.get(name)
