"""Supervisors that end, that are two, and that keep a worker warm. Real processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from core.runs.store import RunStore
from core.service import supervisor
from core.service.supervisor import Supervisor, default_max_running
from tests.support.stage import (
    PATIENCE,
    Stage,
    assert_equals_the_uninterrupted,
)

SUPERVISE = """
import sys, threading
from core.runs.store import open_store
from core.service.supervisor import Supervisor
store = open_store(sys.argv[1])
Supervisor(store, max_running=1, keep_warm=False).run_forever(threading.Event())
"""


def test_training_outlives_its_supervisor_and_the_next_one_takes_over(stage: Stage) -> None:
    first = subprocess.Popen([sys.executable, "-c", SUPERVISE, stage.store.address])
    run_id = stage.start(delay=60)
    stage.wait(stage.reached(run_id, 2), tick=False)
    first.kill()
    first.wait()
    seen = stage.store.book.checkpoints(run_id)[0].step
    stage.wait(stage.reached(run_id, seen + 4))
    assert stage.store.book.get(run_id).attempt == 1
    assert stage.pids() == [], "the run has a worker already"
    os.kill(stage.pid(run_id), signal.SIGKILL)
    stage.let_leases_end()
    stage.wait(lambda: stage.store.book.get(run_id).attempt == 2)  # found by its lease alone
    assert stage.over(run_id).state == "completed"
    assert_equals_the_uninterrupted(stage, run_id)


def test_two_supervisors_start_one_run_once(stage: Stage, stages: Callable[..., Stage]) -> None:
    other = stages()
    run_id = stage.start()
    stage.supervisor.tick()
    other.supervisor.tick()
    assert len(stage.pids() + other.pids()) == 2, "both hurry to start it"
    assert stage.over(run_id).state == "completed"
    for child in stage.supervisor._children + other.supervisor._children:
        assert child.process.wait(timeout=PATIENCE) == 0
    assert stage.store.book.get(run_id).attempt == 1


def test_a_warm_worker_takes_the_next_run_and_goes_with_its_supervisor(stages: Callable[..., Stage]) -> None:
    stage = stages(keep_warm=True)
    stage.supervisor.tick()
    spare, left_alone = stage.supervisor._spare, stage.supervisor._spawn("--warm")
    assert spare is not None
    assert left_alone.process.stdin is not None
    left_alone.process.stdin.close()  # as when its supervisor's process has died
    run_id = stage.start()
    stage.supervisor.tick()
    assert stage.pids() == [spare.process.pid]
    assert stage.over(run_id).state == "completed"
    assert left_alone.process.wait(timeout=PATIENCE) == 0


def test_the_next_worker_warms_up_when_a_run_is_over_and_not_during_its_first_steps(
    stages: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "CALM_SECONDS", 10 * PATIENCE)
    stage = stages(keep_warm=True)
    run_id = stage.start(delay=20)
    stage.wait(stage.reached(run_id, 1))
    assert stage.supervisor._spare is None
    stage.store.book.request_stop(run_id)
    stage.wait(lambda: stage.supervisor._spare is not None)
    assert stage.store.book.get(run_id).is_over


def test_a_supervisor_ends_when_it_is_told_to(toy_store: RunStore) -> None:
    stop = threading.Event()
    supervisor = Supervisor(toy_store, max_running=1)
    thread = threading.Thread(target=supervisor.run_forever, args=(stop,))
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while supervisor._spare is None and time.monotonic() < deadline:
        time.sleep(0.02)
    spare = supervisor._spare
    assert spare is not None
    stop.set()
    thread.join()
    with pytest.raises(ProcessLookupError), suppress(PermissionError):
        os.kill(spare.process.pid, 0)
    assert default_max_running() >= 1
