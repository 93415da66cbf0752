"""A run store with a supervisor that works while a test waits, and what a run that nothing disturbed gives."""

import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from core import demos
from core.contract import Ended, Evaluated, Event, Placement, Stepped, Training
from core.knobs import Config
from core.runs import checkpoints
from core.runs.records import Run
from core.runs.store import RunStore
from core.service.launch import start
from core.service.logs import log_of
from core.service.supervisor import Supervisor
from core.service.worker import NICENESS
from core.training.engine import train
from tests.support.same import assert_same

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
