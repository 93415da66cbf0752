"""Workers and supervisors as real processes: kill, stop, resume, extend, zombies, full disks, two supervisors."""

import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from core import demos
from core.contract import Ended, Evaluated, Event, Placement, Previewed, Stepped, Training
from core.errors import GlassboxError, InvalidSettingError
from core.knobs import Config
from core.runs import checkpoints
from core.runs.records import Run, pin_name
from core.runs.store import RunStore, open_store
from core.service import supervisor
from core.service.launch import start
from core.service.logs import log_of
from core.service.reporter import Pace
from core.service.supervisor import Supervisor, default_max_running
from core.service.worker import NICENESS
from core.training.engine import train
from tests.core.same import assert_same

PATIENCE = 150.0  # for a condition on a busy machine


class Passing:
    """Time that passes, and faster where a test does not want to wait: leases keep the length that they really have,
    for on a busy machine a living worker may be silent for longer than a short one."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.skipped


class Stage:
    """A store with a supervisor that ticks while a test waits."""

    def __init__(self, store: RunStore, passing: Passing, *, max_running: int = 1, keep_warm: bool = False) -> None:
        self.store, self.passing = store, passing
        self.task = demos.task("toy")
        self.supervisor = Supervisor(store, max_running=max_running, keep_warm=keep_warm)

    def start(self, *, owner: str = "ada", **knobs: Any) -> str:
        return start(self.store.book, self.task, self.config(**knobs), owner=owner).id

    def config(self, **knobs: Any) -> Config:
        return replace(self.task.Config(), **{"epochs": 2, **knobs})

    def wait(self, condition: Callable[[], Any], *, tick: bool = True) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.store.book.find()
            if tick:
                self.supervisor.tick()
            time.sleep(0.03)

    def let_leases_end(self) -> None:
        """Have the supervisor see the leases as they are now, and then nothing of them for longer than they last."""
        self.supervisor.tick()
        self.passing.skipped += self.store.claims.lease_seconds + 1

    def over(self, run_id: str) -> Run:
        self.wait(lambda: self.store.book.get(run_id).is_over)
        return self.store.book.get(run_id)

    def reached(self, run_id: str, step: int) -> Callable[[], bool]:
        """Whether a checkpoint at or after this step is committed."""
        return lambda: any(checkpoint.step >= step for checkpoint in self.store.book.checkpoints(run_id))

    def measured(self, run_id: str) -> list[Event]:
        return [event for _, event in self.store.book.events(run_id, kinds=[Stepped, Evaluated])]

    def pids(self) -> list[int]:
        return [child.process.pid for child in self.supervisor._children]

    def pid(self, run_id: str) -> int:
        """Process of the run's newest attempt, from its log."""
        return int(re.findall(r"process (\d+)", log_of(self.supervisor.logs, run_id).read_text())[-1])

    def close(self) -> None:
        self.supervisor.close()
        for child in self.supervisor._children:
            child.process.kill()
            child.process.wait()


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passing: Passing) -> RunStore:
    monkeypatch.setenv("GLASSBOX_DEMOS", "tests.core.toy_demos")
    return open_store(tmp_path / "store" / "glassbox.sqlite", elapsed=passing)


@pytest.fixture
def stages(store: RunStore, passing: Passing) -> Iterator[Callable[..., Stage]]:
    """Makes stages on one store; their workers end with the test."""
    made: list[Stage] = []

    def make(**options: Any) -> Stage:
        made.append(Stage(store, passing, **options))
        return made[-1]

    yield make
    for stage in made:
        stage.close()


@pytest.fixture
def stage(stages: Callable[..., Stage]) -> Stage:
    return stages()


def uninterrupted(task: Training, config: Config, phases: tuple[int, ...]) -> tuple[list[Event], Any, Ended]:
    """Measured events, last state and end of a training in this process."""
    learner = task.learner(config, Placement())
    events = list(train(task, config, task.load(config), learner=learner, phases=phases))
    assert isinstance(events[-1], Ended)
    measured: list[Event] = [event for event in events if isinstance(event, Stepped | Evaluated)]
    return measured, learner.state_dict(), events[-1]


def assert_equals_the_uninterrupted(stage: Stage, run_id: str) -> None:
    run = stage.store.book.get(run_id)
    config = stage.task.Config(**{**run.config, "delay": 0})
    measured, learner, _ = uninterrupted(stage.task, config, run.phases)
    restored = checkpoints.restore(stage.store.book, stage.store.files, run_id)
    assert restored is not None
    assert_same(restored.state["learner"], learner)
    assert stage.measured(run_id) == measured
    assert run.state == "completed"
    best = checkpoints.restore(stage.store.book, stage.store.files, run_id, prefer="best")
    assert best is not None
    answering = stage.task.learner(config, Placement())
    answering.load_state_dict(best.state["learner"])
    assert run.metrics == answering.evaluate(stage.task.load(config).test)


def assert_steps_back(pid: int) -> None:
    """The pages of another session come before a worker, also where the kernel shares by session."""
    assert os.getpriority(os.PRIO_PROCESS, pid) >= NICENESS
    group = Path(f"/proc/{pid}/autogroup")
    if group.exists():
        assert group.read_text().split()[-1] == str(NICENESS)


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


def test_a_start_that_cannot_work_is_refused_at_once(stage: Stage) -> None:
    with pytest.raises(InvalidSettingError, match="cannot start a run of Toy"):
        start(stage.store.book, stage.task, Config(), owner="ada")
    assert stage.store.book.find() == []


@pytest.mark.parametrize(
    ("demo", "settings", "said"),
    [
        ("digits", {"data": "mnist"}, "MNIST is not on this machine"),
        ("digits", {"share": 0.1}, "Raise the share"),
        ("generator", {"data": "mnist"}, "MNIST is not on this machine"),
        ("voice", {"data": "speech_commands"}, "Speech Commands v0.02 is not on this machine"),
        ("voice", {"data": "own_words"}, "no word of your own"),
        ("voice", {"data": "own_words", "words": "yes,maja"}, "“maja” has too few recordings"),
        ("sentiment", {"data": "sst2"}, "SST-2 is not on this machine"),
        ("sentiment", {"data": "own"}, "none was given"),
        ("sentiment", {"start": "release"}, "learned from most of these"),
        ("sentiment", {"share": 0.1}, "Raise the share"),
        ("classical", {"data": "mnist"}, "MNIST is not on this machine"),
        ("classical_voice", {"data": "mini_speech_commands"}, "Mini Speech Commands is not on this machine"),
        ("classical_sentiment", {"data": "sst2"}, "SST-2 is not on this machine"),
    ],
)
def test_what_is_missing_is_said_before_the_start_and_by_loading_in_the_same_words(
    demo: str, settings: dict[str, Any], said: str, store: RunStore
) -> None:
    task = demos.task(demo)
    config = task.Config(**settings)
    with pytest.raises(GlassboxError, match=said) as refused:
        start(store.book, task, config, owner="ada")
    with pytest.raises(GlassboxError) as loading:
        task.load(config)
    assert str(refused.value) == str(loading.value)
    assert store.book.find() == []


def test_an_unknown_demo_and_outdated_knobs_are_said_in_the_run(stages: Callable[..., Stage]) -> None:
    stage = stages(max_running=2)
    gone = stage.store.book.create("gone", {}, phases=(1,), owner="ada")
    old = stage.store.book.create("toy", {"epochs": 1, "colour": "red"}, phases=(1,), owner="bob")
    assert "no demo “gone”" in stage.over(gone.id).reason
    (notice,) = stage.over(old.id).notices
    assert "“colour” is not a setting" in notice
    assert stage.store.book.get(old.id).state == "completed"


def test_speed_and_time_left_are_those_of_the_last_seconds() -> None:
    pace = Pace(total_steps=1000, batch_size=10)
    assert pace.at(1, 0.1, 100.0).seconds_left is None
    assert pace.at(101, 1.1, 110.0).examples_per_second == pytest.approx(100)
    pace.at(301, 3.1, 120.0)
    standing = pace.at(501, 5.1, 130.0)
    assert standing.examples_per_second == pytest.approx(200)
    assert standing.seconds_left == pytest.approx(499 / 20)


def test_a_supervisor_ends_when_it_is_told_to(store: RunStore) -> None:
    stop = threading.Event()
    supervisor = Supervisor(store, max_running=1)
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
