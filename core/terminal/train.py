"""`train`: a run in the run store, trained by a worker process, watched from here until it is over."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from core import demos
from core.contract import Evaluated, Task
from core.runs.records import Run
from core.runs.store import RunStore, open_store
from core.service import launch
from core.service.supervisor import Supervisor, default_max_running
from core.terminal import output
from core.terminal.interrupt import STATUS, Interrupt, interruptible
from core.terminal.runs import described

OWNER = "terminal"
TICK_SECONDS = 0.2
STATUS_OF = {"completed": 0, "stopped": STATUS, "failed": 1}


def start(demo: str, *, preset: str | None, knobs: dict[str, Any], title: str | None) -> int:
    """Start a run and stay until it is over; returns 0 if it completed, 130 if it was stopped, 1 if it failed.

    Args:
        preset: name of a preset of the demo that the knobs start from.
        knobs: values by name that differ from it, already checked one by one.

    Raises:
        InvalidSettingError: the values do not fit the data.
        DataUnavailableError: the data is not on this machine.
        StorageError: the run store cannot be written.
    """
    task = demos.task(demo)
    presets = {one.name: one.values for one in task.presets}
    config = task.Config(**{**(presets[preset] if preset else {}), **knobs})
    with interruptible() as interrupt:
        store = open_store()
        run = launch.start(store.book, task, config, owner=OWNER, title=title)
        return _stay(store, run, interrupt)


def resume(run_id: str, *, extend: int | None) -> int:
    """Go on with a stopped or failed run, or watch one that is running; returns as `start`.

    Args:
        extend: so many more epochs or fits for a completed or stopped run.

    Raises:
        NotFoundError: there is no such run, or its demo is gone.
        DataUnavailableError: what it learns from is not on this machine.
        InvalidSettingError: it is completed and nothing was said about more epochs or fits.
        StorageError: the run store cannot be written.
    """
    with interruptible() as interrupt:
        store = open_store()
        run = launch.resume(store.book, run_id) if extend is None else launch.extend(store.book, run_id, extend)
        return _stay(store, run, interrupt)


def _stay(store: RunStore, run: Run, interrupt: Interrupt) -> int:
    output.say(f"Run {run.id}: {run.title}. Ctrl-C saves and stops.")
    line = output.ProgressLine()
    try:
        run = _watched(store, run, interrupt, line)
    except KeyboardInterrupt:
        line.say(f"Run {run.id} saves and stops by itself.")
        run = store.book.get(run.id)
    finally:
        line.clear()
    output.answer(described(run))
    for notice in run.notices:
        output.say(notice)
    if run.state != "completed":
        output.say(f"Run {run.id} is {run.state}. {run.reason}".rstrip())
        output.say(f"Resume it: python -m core train --resume {run.id}")
    return STATUS_OF.get(run.state, STATUS)


def _watched(store: RunStore, run: Run, interrupt: Interrupt, line: output.ProgressLine) -> Run:
    """Keep a worker at work and show how far it is, until the run is over; Ctrl-C asks the run to stop."""
    task = demos.task(run.task)
    supervisor = Supervisor(store, max_running=default_max_running(), keep_warm=False)
    seen = max((cursor for cursor, _ in store.book.events(run.id)), default=0)
    asked = False
    while True:
        supervisor.tick()
        if interrupt.requested and not asked:
            asked = True
            store.book.request_stop(run.id)
            line.say("Stopping: the run is being saved …")
        run = store.book.get(run.id)
        for cursor, event in store.book.events(run.id, after=seen, kinds=[Evaluated]):
            seen = cursor
            assert isinstance(event, Evaluated)
            line.say(measured(task, event))
        if run.is_over:
            return run
        _show(store, run, line)
        time.sleep(TICK_SECONDS)


def _show(store: RunStore, run: Run, line: output.ProgressLine) -> None:
    progress = run.progress
    if run.state == "queued":
        place = store.book.places(max_running=default_max_running()).get(run.id)
        line.show(0, "waiting" if place is None or place.position == 1 else f"place {place.position} in the queue")
    elif progress is None or run.status != "training":
        line.show(0, run.status)
    else:
        total = sum(run.phases)
        words = [f"{demos.task(run.task).counted_in} {min(int(progress.epoch) + 1, total)}/{total}"]
        if progress.examples_per_second:
            words.append(f"{progress.examples_per_second:,.0f} examples/s")
        if progress.seconds_left is not None:
            words.append(f"{timedelta(seconds=round(progress.seconds_left))} left")
        line.show(progress.step / progress.total_steps, " · ".join(words))


def measured(task: Task, event: Evaluated) -> str:
    """One line of what was measured: "epoch 2, validation: Loss 0.404, Accuracy 89.4 %"."""
    figures = [
        f"{metric.label} {event.metrics[metric.name]:.4g}{' ' + metric.unit if metric.unit else ''}"
        for metric in task.metrics
        if metric.name in event.metrics
    ]
    return f"{task.counted_in} {event.epoch:.3g}, {task.measured_on}: {', '.join(figures)}"
