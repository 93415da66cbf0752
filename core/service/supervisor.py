"""Starts workers when runs wait, keeps one warm, notices which have died. It never trains, and never ends a training.

The run store decides who may start what: several supervisors on one store do no harm, and a new one finds the workers
of a dead one by their leases. Whatever goes wrong is tried again, ever more seldom, and told as `trouble`.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import core
from core import settings
from core.data.sound import own_words
from core.errors import GlassboxError
from core.runs.store import RunStore
from core.service.logs import WORKERS, Seldom, open_log, remove_log

TICK_SECONDS = 0.3
PURGE_SECONDS = 3600.0
BACK_OFF_SECONDS = 2.0  # after something failed; doubled each time that it fails again
MAX_BACK_OFF_SECONDS = 30.0
PROVEN_SECONDS = 30.0  # a worker that has lived so long was started well
CALM_SECONDS = 20.0  # of a run in which no other worker warms up: its imports would slow the first steps
WORDS = {
    errno.EMFILE: "the server has too many files open",
    errno.ENFILE: "this machine has too many files open",
    errno.ENOMEM: "this machine's memory is used up",
    errno.EAGAIN: "this machine allows no further process",
    errno.ENOSPC: "the disk is full",
    errno.ENOENT: "there is no such file",
    errno.EISDIR: "this is a folder, and a file is needed",
    errno.EACCES: "this may not be written or started",
}

CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSYS}

_log = logging.getLogger(__name__)
_log.addFilter(Seldom())


def _memory_kills() -> int:
    """Processes that the kernel has ended since its start because memory was used up; 0 where it does not tell."""
    with suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            name, count = line.split()
            if name == "oom_kill":
                return int(count)
    return 0


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    claimed: bool = False
    since: float = field(default_factory=time.monotonic)
    memory_kills: int = field(default_factory=_memory_kills)


@dataclass(frozen=True)
class Trouble:
    """Why no worker can be started."""

    reason: str  # a clause without a full stop
    again_at: float  # on the clock of `time.monotonic`

    def __str__(self) -> str:
        seconds = max(round(self.again_at - time.monotonic()), 1)
        return (
            f"Training cannot start on this server at the moment: {self.reason}. It is tried again in {seconds} s; "
            "what waits keeps its place."
        )


def seconds_off(failures: int) -> float:
    """For how long nothing is started after so many failures in a row before this one."""
    return min(BACK_OFF_SECONDS * 2**failures, MAX_BACK_OFF_SECONDS)


def default_max_running() -> int:
    """Long runs at once on this machine: one for each graphics card; without one, two from 8 processor cores on.

    Imports PyTorch: call it after the warm-up.
    """
    import torch

    return torch.cuda.device_count() or (2 if (os.cpu_count() or 1) >= 8 else 1)


class Supervisor:
    """Looks after the workers of one store.

    Args:
        max_running: long runs at once, beside one short one; `default_max_running()` when not given.
        keep_warm: have a worker ready, with everything imported.
        logs: folder of what its workers print; `settings.logs()` when not given.
    """

    def __init__(
        self, store: RunStore, *, max_running: int | None = None, keep_warm: bool = True, logs: Path | None = None
    ) -> None:
        self.store = store
        self.logs = settings.logs() if logs is None else logs
        self.max_running = default_max_running() if max_running is None else max_running
        self.keep_warm = keep_warm
        self.trouble: Trouble | None = None
        self._children: list[_Child] = []
        self._spare: _Child | None = None
        self._failures = 0  # in a row
        self._warm_from = 0.0

    def run_forever(self, stop: threading.Event) -> None:
        """Tick until `stop` is set, then `close`. Nothing that goes wrong ends it: it becomes `trouble`."""
        purge_at, stumbled = 0.0, False
        while not stop.wait(TICK_SECONDS):
            try:
                self.tick()
                if time.monotonic() >= purge_at:
                    for run_id in self.store.purge():
                        remove_log(self.logs, run_id)
                    own_words.purge()
                    purge_at = time.monotonic() + PURGE_SECONDS
                if stumbled:
                    stumbled = False
                    self._recover()
            except Exception as error:
                stumbled = True
                self._hold_off(_why(error), error)
                stop.wait(self._seconds_to_wait())
        self.close()

    def tick(self) -> None:
        """Bury the dead, then start as many workers as runs can start; raises `StorageError`."""
        self._reap()
        self.store.claims.expire()
        busy = self.store.claims.busy_workers()
        for child in self._children:
            child.claimed = child.claimed or child.name in busy
        if self._seconds_to_wait() > 0:
            return
        if any(child.claimed or time.monotonic() - child.since > PROVEN_SECONDS for child in self._living()):
            self._recover()
        try:
            self._start_workers()
        except OSError as error:
            self._hold_off(_why(error), error)

    def _living(self) -> list[_Child]:
        return [*self._children, *([self._spare] if self._spare else [])]

    def _start_workers(self) -> None:
        on_their_way = sum(not child.claimed for child in self._children)
        for _ in range(self.store.claims.num_startable(max_running=self.max_running) - on_their_way):
            self._children.append(self._awakened() or self._spawn())
            self._warm_from = time.monotonic() + CALM_SECONDS
        is_calm = not self._children or time.monotonic() >= self._warm_from
        if self.keep_warm and self._spare is None and is_calm:
            self._spare = self._spawn("--warm")

    def close(self) -> None:
        """End the warm worker. Workers that train go on; the next supervisor finds them."""
        if self._spare is not None:
            spare, self._spare = self._spare.process, None
            spare.kill()
            spare.communicate()

    def _hold_off(self, reason: str, error: Exception | None = None) -> None:
        """Start nothing for a while, the longer the more often something has failed, and say why."""
        self.trouble = Trouble(reason, time.monotonic() + seconds_off(self._failures))
        self._failures += 1
        expected = error is None or isinstance(error, GlassboxError | OSError)
        _log.error("No worker can be started: %s.", reason, exc_info=None if expected else error)

    def _recover(self) -> None:
        if self.trouble is not None:
            _log.warning("Workers can be started again.")
        self._failures, self.trouble = 0, None

    def _seconds_to_wait(self) -> float:
        return max(self.trouble.again_at - time.monotonic(), 0.0) if self.trouble else 0.0

    def _reap(self) -> None:
        for child in [child for child in self._children if child.process.poll() is not None]:
            self.store.claims.bury(child.name, crashed=_has_crashed(child))
            self._children.remove(child)
            if child.process.returncode != 0 and not child.claimed:
                self._hold_off(self._ended_early())
        if self._spare is not None and self._spare.process.poll() is not None:
            self._spare.process.communicate()
            self._spare = None
            self._hold_off(self._ended_early())

    def _ended_early(self) -> str:
        return f"a worker ended before it took a run, and {self._log_path} may say why"

    @property
    def _log_path(self) -> Path:
        return self.logs / WORKERS

    def _awakened(self) -> _Child | None:
        spare, self._spare = self._spare, None
        if spare is not None and spare.process.stdin is not None:
            with suppress(BrokenPipeError):  # it has just died: the next tick notices and starts another
                spare.process.stdin.write(b"claim\n")
                spare.process.stdin.close()
        return spare

    def _spawn(self, *options: str) -> _Child:
        name = secrets.token_hex(8)
        command = [sys.executable, "-m", "core.service.worker", "--store", self.store.address, "--name", name]
        command += ["--max-running", str(self.max_running), "--lease-seconds", str(self.store.claims.lease_seconds)]
        command += ["--logs", str(self.logs), *options]
        with open_log(self._log_path) as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if "--warm" in options else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                start_new_session=True,
            )
        return _Child(name, process)


def _has_crashed(child: _Child) -> bool:
    """Whether a dead worker ended by what it did itself, as far as this can be seen.

    Whoever ends a process from outside uses SIGKILL, SIGTERM and the like. The kernel's choice when memory is used up
    is a SIGKILL too, and told apart by its count of them.
    """
    code = child.process.returncode
    return code > 0 or -code in CRASHES or (code == -signal.SIGKILL and _memory_kills() > child.memory_kills)


def _why(error: Exception) -> str:
    """What went wrong, as a clause for people."""
    if isinstance(error, GlassboxError):
        return str(error).rstrip(".")
    if isinstance(error, OSError):
        said = WORDS.get(error.errno or 0, (error.strerror or str(error)).lower())
        return f"{error.filename}: {said}" if error.filename else said
    return f"an unexpected error ({type(error).__name__}), which the server's log tells"


def _environment() -> dict[str, str]:
    """The environment with the places that a worker must find from whatever folder it is started in.

    OpenMP's threads must sleep while they wait for each other: by default they spin, and beside one busy process two
    spinning threads on two cores were measured to train 60 times slower than one (216 against 15,142 examples/s).
    """
    root = str(Path(core.__file__).parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    places = {"GLASSBOX_HOME": str(settings.home()), "GLASSBOX_DATA": str(settings.data_folder())}
    return {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, **places, "PYTHONPATH": path}
