"""What passes between a training loop and the run store: events out, stop requests and pins in, the lease kept alive.

A thread does the talking, so that the loop never waits for the disk except to save. It ends the process by itself where
nothing would be lost: when the run belongs to another, and when a stop goes unheard while the loop has no step to save,
because loading, fitting and the like cannot be interrupted. No training happens here.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from core.contract import Checkpointed, Command, Event, Stepped
from core.errors import LeaseLostError, StorageError
from core.runs.protocols import RENEWED
from core.runs.records import Lease, Standing
from core.runs.store import RunStore

POLL_SECONDS = 0.5
COMMIT_SECONDS = 1.0
UNHEARD_SECONDS = 1.0  # after which a stop does not wait for a loop that has nothing to save
PAUSE_SECONDS = 600.0  # without a command, then the run is stopped
AWAITED_PAUSE_SECONDS = 30.0  # the same while somebody else's run waits
COMMAND_POLL_SECONDS = 0.1
SPEED_SECONDS = 15.0  # the examples per second are those of this long


class Pace:
    """Speed and time left, from the times at which steps were reported."""

    def __init__(self, *, total_steps: int, batch_size: int | None) -> None:
        self.total_steps = total_steps
        self.batch_size = batch_size
        self._seen: deque[tuple[float, int]] = deque()

    def at(self, step: int, epoch: float, now: float) -> Standing:
        """How far the run is at `step`; speed and time left are None until two steps apart were seen.

        Where no number of examples is the same in all steps, there is no speed either.
        """
        self._seen.append((now, step))
        while now - self._seen[0][0] > SPEED_SECONDS and len(self._seen) > 2:
            self._seen.popleft()
        seconds, steps = now - self._seen[0][0], step - self._seen[0][1]
        known = seconds > 0 and steps > 0
        return Standing(
            step=step,
            total_steps=self.total_steps,
            epoch=epoch,
            examples_per_second=steps * self.batch_size / seconds if known and self.batch_size else None,
            seconds_left=(self.total_steps - step) * seconds / steps if known else None,
        )


class Reporter:
    """Speaks for one attempt. A context: leaving it ends the thread; it does not write what is still buffered.

    Once the lease is lost, every method that writes raises `LeaseLostError`.
    """

    def __init__(self, store: RunStore, lease: Lease) -> None:
        self.stop_requested = False  # by a person
        self.terminated = False  # by the machine; set from a signal handler
        self.is_abandoned = False  # paused for so long that the worker is needed elsewhere
        self._store, self._lease = store, lease
        self._pace: Pace | None = None
        self._standing: Standing | None = None
        self._buffer: list[Event] = []
        self._pins: dict[str, Any] = {}
        self._pins_version = 0
        self._command: Command | None = None
        self._is_awaited = False
        self._committed_at = time.monotonic()
        self._urgent = True  # until the first training metrics are written
        self._failure: Exception | None = None
        self._has_unsaved = False  # steps, since the last checkpoint
        self._asked_at: float | None = None  # when this process heard that it is to stop
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="reporter", daemon=True)

    def __enter__(self) -> Reporter:
        self._listen_once()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()

    def status(self, text: str) -> None:
        """Say what the worker is doing."""
        self._check()
        self._store.claims.renew(self._lease, status=text)

    def plan(self, *, total_steps: int, batch_size: int | None) -> None:
        """Say how long the run is; from now on progress is reported with the events."""
        self._pace = Pace(total_steps=total_steps, batch_size=batch_size)

    def record(self, event: Event) -> None:
        """Take an event: metrics are written within about a second, a checkpoint is on disk on return.

        Raises:
            LeaseLostError: another attempt owns the run.
            StorageError: a checkpoint could not be saved.
        """
        self._check()
        if isinstance(event, Checkpointed):
            from core.runs import checkpoints  # with PyTorch, whose import this reporter must keep the lease over

            self.flush()
            checkpoints.write(self._store, self._lease, event)
            self._has_unsaved = False
            return
        with self._lock:
            self._buffer.append(event)
            if self._pace is not None:
                self._standing = self._pace.at(event.step, event.epoch, time.monotonic())
        if self._urgent:
            self.flush()
            self._urgent = not isinstance(event, Stepped)

    def flush(self) -> None:
        """Write what is buffered; raises `LeaseLostError` and `StorageError`."""
        with self._lock:
            if self._buffer:
                self._store.claims.append_events(self._lease, self._buffer, progress=self._standing)
                self._buffer.clear()
                self._committed_at = time.monotonic()

    def should_stop(self) -> bool:
        """Whether the loop should save and stop; it asks after each step, which is then to be saved."""
        self._has_unsaved = True
        return self._is_to_stop()

    def _is_to_stop(self) -> bool:
        return self.stop_requested or self.terminated or self.is_abandoned or self._failure is not None

    def ask(self, last_command: int) -> Command | None:
        """The next command of a paused run, waited for; None if it is not paused, or should stop."""
        since = time.monotonic()
        while self._command is not None and not self._is_to_stop():
            if self._command.number > last_command:
                return self._command
            time.sleep(COMMAND_POLL_SECONDS)
            limit = AWAITED_PAUSE_SECONDS if self._is_awaited else PAUSE_SECONDS
            self.is_abandoned = time.monotonic() - since > limit
        return None

    def pins(self) -> Mapping[str, Any]:
        return self._pins

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _listen(self) -> None:
        renew_seconds = self._store.claims.lease_seconds / RENEWED
        while not self._closing.wait(min(POLL_SECONDS, renew_seconds)):
            try:
                self._listen_once()
                self._leave_unheard()
                silent = time.monotonic() - self._committed_at
                if silent >= COMMIT_SECONDS:
                    self.flush()
                if silent >= renew_seconds or self.stop_requested:  # whoever asked knows at once that this one lives
                    self._store.claims.renew(self._lease, progress=self._standing)
                    self._committed_at = time.monotonic()
            except StorageError:
                continue  # the disk may be busy for a moment; if it is not, the next checkpoint fails with the reason
            except LeaseLostError as error:
                _leave(str(error))
            except Exception as error:
                self._failure = error
                return

    def _leave_unheard(self) -> None:
        """End the process where a stop was asked for and the loop neither answers nor has anything to save."""
        unheard = self._asked_at is not None and time.monotonic() - self._asked_at >= UNHEARD_SECONDS
        if unheard and not self._has_unsaved:
            self.flush()
            self._store.claims.stop(self._lease)
            _leave("Stopped from the last checkpoint: nothing had been done since.")

    def _listen_once(self) -> None:
        signals = self._store.claims.signals(self._lease)
        self.stop_requested = signals.stop_requested
        if not signals.stop_requested:
            self._asked_at = None
        elif self._asked_at is None:
            self._asked_at = time.monotonic()
        self._command, self._is_awaited = signals.command, signals.is_awaited
        if signals.pins_version != self._pins_version:
            self._pins = self._store.book.pins(self._lease.run_id)
            self._pins_version = signals.pins_version


def _leave(last_words: str) -> None:
    """End this process at once, whatever its other threads are doing."""
    os.write(2, f"{last_words}\n".encode())
    sys.stdout.flush()
    os._exit(0)
