"""Workers and supervisors as real processes: kill, stop, resume, extend, zombies, full disks, two supervisors."""

import os
import resource
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import torch

from core.contract import Ended, Previewed
from core.runs import checkpoints
from core.runs.records import pin_name
from core.service.logs import log_of
from core.service.reporter import Pace
from tests.support.stage import (
    PATIENCE,
    Stage,
    assert_equals_the_uninterrupted,
    assert_steps_back,
)


def test_a_worker_killed_in_the_middle_is_replaced_and_nothing_shows_in_the_result(stage: Stage) -> None:
    run_id = stage.start(delay=25)
    stage.wait(stage.reached(run_id, 8))
    (pid,) = stage.pids()
    assert_steps_back(pid)
    os.kill(pid, signal.SIGKILL)
    stage.wait(lambda: stage.store.book.get(run_id).attempt == 2)
    assert stage.over(run_id).attempt == 2
    assert_equals_the_uninterrupted(stage, run_id)


def test_five_kills_in_a_row_before_anything_was_saved_do_not_fail_a_run(stage: Stage) -> None:
    run_id = stage.start()
    for attempt in range(1, 6):
        stage.wait(lambda number=attempt: stage.store.book.get(run_id).attempt == number)  # type: ignore[misc]
        for pid in stage.pids():
            os.kill(pid, signal.SIGKILL)
    assert stage.over(run_id).state == "completed"
    assert_equals_the_uninterrupted(stage, run_id)


def test_a_run_that_crashes_its_worker_again_and_again_fails(stage: Stage) -> None:
    run_id = stage.start(delay=1000, epochs=5)
    crashes = 0
    while not stage.store.book.get(run_id).is_over:
        stage.wait(lambda: stage.store.book.get(run_id).is_over or stage.store.book.get(run_id).status == "training")
        stage.wait(lambda: stage.store.book.checkpoints(run_id))
        for pid in stage.pids():
            os.kill(pid, signal.SIGSEGV)
            crashes += 1
        stage.wait(lambda: stage.store.book.get(run_id).state != "running")
    assert "crashed its worker 3 times in a row" in stage.store.book.get(run_id).reason
    assert crashes <= 4, "one before the first checkpoint, and three without another"


def freeze(pid: int, database: Path) -> None:
    """Stop a process at a moment when it holds no lock, for a stopped one would keep it."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.05)  # it stops a little later
        with closing(sqlite3.connect(database, timeout=0.5)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
                time.sleep(0.05)


def test_a_zombie_that_wakes_up_after_its_lease_writes_nothing(stages: Callable[..., Stage]) -> None:
    stage = stages()
    run_id = stage.start(delay=25)
    stage.wait(stage.reached(run_id, 4))
    (pid,) = stage.pids()
    freeze(pid, Path(stage.store.address))
    stage.let_leases_end()
    stage.wait(lambda: stage.store.book.get(run_id).attempt == 2)
    os.kill(pid, signal.SIGCONT)
    zombie = next(child.process for child in stage.supervisor._children if child.process.pid == pid)
    assert zombie.wait(timeout=PATIENCE) == 0
    stage.over(run_id)
    assert "no longer owns" in log_of(stage.supervisor.logs, run_id).read_text()
    assert stage.store.book.get(run_id).attempt == 2
    assert_equals_the_uninterrupted(stage, run_id)


def test_stop_resume_and_extend_are_exact_and_pins_are_answered(stage: Stage) -> None:
    run_id = stage.start(delay=25)
    stage.store.book.set_pin(run_id, "mine", [0.5, -1.0])
    stage.wait(stage.reached(run_id, 4))
    assert stage.store.book.get(run_id).status == "training"
    stage.store.book.request_stop(run_id)
    stage.store.book.request_stop(run_id)
    stopped = stage.over(run_id)
    assert stopped.state == "stopped"
    assert stopped.progress is not None
    saved = stage.store.book.checkpoints(run_id)[0]
    assert 4 <= saved.step == stopped.progress.step < 40
    ((_, preview), *_) = stage.store.book.events(run_id, kinds=[Previewed])
    assert isinstance(preview, Previewed)
    assert sum(preview.answers[pin_name("mine", [0.5, -1.0])]) == pytest.approx(1)

    stage.store.book.resume(run_id)
    assert stage.over(run_id).placement == stopped.placement
    assert_equals_the_uninterrupted(stage, run_id)

    stage.store.book.extend(run_id, 1)
    stage.over(run_id)
    assert stage.store.book.get(run_id).phases == (2, 1)
    assert stage.store.book.checkpoints(run_id)[0].step == 60
    assert_equals_the_uninterrupted(stage, run_id)


def test_a_resume_while_the_run_is_being_stopped_takes_the_stop_back(stage: Stage) -> None:
    run_id = stage.start(delay=25)
    stage.wait(stage.reached(run_id, 2))
    stage.store.book.request_stop(run_id)
    time.sleep(0.3)  # the worker may hear it, or not
    stage.store.book.resume(run_id)
    assert stage.over(run_id).state == "completed"
    assert_equals_the_uninterrupted(stage, run_id)


def test_a_stop_is_heard_while_a_worker_starts_and_leaves_nothing_behind(stage: Stage) -> None:
    run_id = stage.start()
    stage.wait(lambda: stage.store.book.get(run_id).state == "running")
    (pid,) = stage.pids()
    assert stage.store.book.request_stop(run_id).state == "stopped"
    stage.wait(lambda: not stage.pids())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    stage.store.book.resume(run_id)
    assert stage.over(run_id).state == "completed"
    assert_equals_the_uninterrupted(stage, run_id)


def test_a_stop_does_not_wait_for_a_step_that_takes_long_when_all_before_it_is_saved(stage: Stage) -> None:
    run_id = stage.start(delay=25, trouble="long", trouble_step=4)
    stage.wait(stage.reached(run_id, 4))
    stage.store.book.request_stop(run_id)
    assert stage.over(run_id).state == "stopped", "the step takes 600 s, and nobody here waits for so long"
    assert stage.store.book.checkpoints(run_id)[0].step == 4


def test_the_end_of_the_machine_gives_the_run_back_with_its_place_saved(stage: Stage) -> None:
    run_id = stage.start(delay=50)
    stage.wait(stage.reached(run_id, 2))
    (pid,) = stage.pids()
    os.kill(pid, signal.SIGTERM)
    stage.wait(lambda: stage.store.book.get(run_id).state == "queued", tick=False)
    waiting = stage.store.book.get(run_id)
    assert "shut down" in waiting.reason
    assert stage.store.book.checkpoints(run_id)[0].step >= 2
    assert stage.store.book.events(run_id, kinds=[Ended]) == []


def test_failures_become_reasons_and_keep_what_was_saved(stages: Callable[..., Stage]) -> None:
    stage = stages(max_running=3)
    crashing = stage.start(trouble="error")
    diverging = stage.start(owner="bob", trouble="nan", epochs=20)
    starved = stage.start(owner="eve", delay=40, width=40_000)
    stage.wait(stage.reached(starved, 1))
    # From now on no checkpoint fits into a file, but the run store does.
    resource.prlimit(stage.pid(starved), resource.RLIMIT_FSIZE, (900_000, 900_000))

    crashed = stage.over(crashing)
    assert crashed.state == "failed"
    assert "An unexpected error" in crashed.reason
    assert "ordered by the test" in log_of(stage.supervisor.logs, crashing).read_text()

    diverged = stage.over(diverging)
    assert diverged.state == "failed"
    assert "learning rate" in diverged.reason

    full = stage.over(starved)
    assert full.state == "failed"
    assert "larger than this system lets a file be" in full.reason
    restored = checkpoints.restore(stage.store.book, stage.store.files, starved)
    assert restored is not None
    assert restored.checkpoint.step >= 1
    assert all(torch.isfinite(value).all() for value in restored.state["learner"]["network"].values())


def test_speed_and_time_left_are_those_of_the_last_seconds() -> None:
    pace = Pace(total_steps=1000, batch_size=10)
    assert pace.at(1, 0.1, 100.0).seconds_left is None
    assert pace.at(101, 1.1, 110.0).examples_per_second == pytest.approx(100)
    pace.at(301, 3.1, 120.0)
    standing = pace.at(501, 5.1, 130.0)
    assert standing.examples_per_second == pytest.approx(200)
    assert standing.seconds_left == pytest.approx(499 / 20)
