"""Starts workers when runs wait, keeps one warm, notices which have died. It never trains, and never ends a training.

The run store decides who may start what: several supervisors on one store do no harm, and a new one finds the workers
of a dead one by their leases.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import core
from core import settings
from core.data import speech_own
from core.errors import StorageError
from core.runs.store import RunStore

TICK_SECONDS = 0.3
PURGE_SECONDS = 3600.0
BACK_OFF_SECONDS = 5.0  # after a worker that could not even claim
CALM_SECONDS = 20.0  # of a run in which no other worker warms up: its imports would slow the first steps


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    claimed: bool = False


def default_max_running() -> int:
    """Long runs at once on this machine: one for each graphics card; without one, two from 8 processor cores on.

    Imports PyTorch: call it after the warm-up.
    """
    import torch

    return torch.cuda.device_count() or (2 if (os.cpu_count() or 1) >= 8 else 1)


class Supervisor:
    """Looks after the workers of one store.

    Args:
        max_running: long runs at once, beside one brief one; `default_max_running()` when not given.
        keep_warm: have a worker ready, with everything imported.
    """

    def __init__(self, store: RunStore, *, max_running: int | None = None, keep_warm: bool = True) -> None:
        self.store = store
        self.max_running = default_max_running() if max_running is None else max_running
        self.keep_warm = keep_warm
        self._children: list[_Child] = []
        self._spare: _Child | None = None
        self._not_before = 0.0
        self._warm_from = 0.0

    def run_forever(self, stop: threading.Event) -> None:
        """Tick until `stop` is set, then `close`; a store that cannot be used for a moment is tried again."""
        purge_at = 0.0
        while not stop.wait(TICK_SECONDS):
            try:
                self.tick()
                if time.monotonic() >= purge_at:
                    self.store.purge()
                    speech_own.purge()
                    purge_at = time.monotonic() + PURGE_SECONDS
            except StorageError as error:
                print(error, file=sys.stderr)
                stop.wait(BACK_OFF_SECONDS)
        self.close()

    def tick(self) -> None:
        """Bury the dead, then start as many workers as runs can start; raises `StorageError`."""
        self._reap()
        self.store.expire()
        busy = self.store.busy_workers()
        for child in self._children:
            child.claimed = child.claimed or child.name in busy
        if time.monotonic() < self._not_before:
            return
        on_their_way = sum(not child.claimed for child in self._children)
        for _ in range(self.store.num_startable(max_running=self.max_running) - on_their_way):
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

    def _reap(self) -> None:
        for child in [child for child in self._children if child.process.poll() is not None]:
            self.store.bury(child.name)
            self._children.remove(child)
            if child.process.returncode != 0 and not child.claimed:
                self._not_before = time.monotonic() + BACK_OFF_SECONDS
        if self._spare is not None and self._spare.process.poll() is not None:
            self._spare.process.communicate()
            self._spare = None
            self._not_before = time.monotonic() + BACK_OFF_SECONDS

    def _awakened(self) -> _Child | None:
        spare, self._spare = self._spare, None
        if spare is not None and spare.process.stdin is not None:
            with suppress(BrokenPipeError):  # it has just died: the next tick notices and starts another
                spare.process.stdin.write(b"claim\n")
                spare.process.stdin.close()
        return spare

    def _spawn(self, *options: str) -> _Child:
        name = secrets.token_hex(8)
        command = [sys.executable, "-m", "core.service.worker", "--store", str(self.store.path), "--name", name]
        command += ["--max-running", str(self.max_running), "--lease-seconds", str(self.store.lease_seconds), *options]
        with (self.store.path.parent / "workers.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if "--warm" in options else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                start_new_session=True,
            )
        return _Child(name, process)


def _environment() -> dict[str, str]:
    """The environment with the places that a worker must find from whatever folder it is started in.

    OpenMP's threads must sleep while they wait for each other: by default they spin, and beside one busy process two
    spinning threads on two cores were measured to train 60 times slower than one (216 against 15,142 examples/s).
    """
    root = str(Path(core.__file__).parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    places = {"GLASSBOX_HOME": str(settings.home()), "GLASSBOX_DATA": str(settings.data_folder())}
    return {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, **places, "PYTHONPATH": path}
