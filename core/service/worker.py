"""`python -m core.service.worker`: one process for one attempt at one run, from the claim to the end.

It shares nothing with whoever started it but the run store, and outlives it. Which worker is started when is
`core.service.supervisor`'s business.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import os
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import demos, settings
from core.contract import Dataset, Ended, Event, Fits, Placement, Task, Training
from core.errors import GlassboxError, InvalidSettingError, LeaseLostError, StorageError
from core.knobs import Config, from_json
from core.runs.protocols import LEASE_SECONDS
from core.runs.records import Lease, Run
from core.runs.store import RunStore, open_store
from core.runs.trouble import storage_error
from core.service import logs
from core.service.reporter import Reporter

NICENESS = 5  # the pages stay quick beside a training
LAST_WORDS_SECONDS = 10.0
PAUSED_LONG = "It was paused for long, so the machine was given to others. Resume it, then pause it again."

# PyTorch is imported inside functions: a cold worker claims first, so that its start is seen as a phase of the run.


def main(arguments: Sequence[str] | None = None) -> int:
    """Claim the next run and work on it; returns 0 also when there was none."""
    options = _options(arguments)
    _step_back()
    if options.warm:
        _warm_up()
        if not sys.stdin.readline():
            return 0  # whoever kept this worker warm is gone
    store = open_store(options.store, lease_seconds=options.lease_seconds)
    lease = store.claims.claim(options.name, max_running=options.max_running)
    if lease is not None:
        work(store, lease, log=logs.log_of(options.logs, lease.run_id))
    return 0


def _step_back() -> None:
    """Let other processes come first, those of other terminal sessions too.

    Linux with autogroups shares the processor between sessions first, and a worker is a session of its own: its
    niceness alone would hold only against itself.
    """
    os.nice(NICENESS)
    with contextlib.suppress(OSError):  # another system, or a kernel without autogroups
        Path("/proc/self/autogroup").write_text(str(NICENESS))


def work(store: RunStore, lease: Lease, *, log: Path) -> None:
    """Carry one attempt through and write down how it ended; errors become the run's reason.

    Args:
        log: file that everything printed goes to.
    """
    try:
        with Reporter(store, lease) as reporter:
            signal.signal(signal.SIGTERM, lambda *_: setattr(reporter, "terminated", True))
            _log_to(log, lease)
            ended = _carry_out(store, lease, reporter)
        _finish(store, lease, reporter, ended)
    except LeaseLostError as error:
        _print(str(error))
    except GlassboxError as error:
        _print(traceback.format_exc())
        _fail(store, lease, str(error))
    except Exception as error:
        _print(traceback.format_exc())
        _fail(store, lease, _unexpected(error, log))


def _finish(store: RunStore, lease: Lease, reporter: Reporter, ended: Ended) -> None:
    if ended.reason == "stopped" and not (reporter.stop_requested or reporter.is_abandoned) and reporter.terminated:
        store.claims.give_back(lease, reason="The machine was shut down; the run goes on by itself from here.")
        return
    reporter.record(ended)
    reporter.flush()
    if ended.reason == "stopped":
        store.claims.stop(lease, reason=PAUSED_LONG if reporter.is_abandoned else "")
    elif ended.reason == "diverged":
        store.claims.finish(lease, "failed", reason=ended.message)
    else:
        store.claims.finish(lease, "completed", metrics=ended.metrics)


def _carry_out(store: RunStore, lease: Lease, reporter: Reporter) -> Ended:
    """Go on with the run from its last good checkpoint, and report what happens until its end."""
    from core.runs import checkpoints

    run = store.book.get(lease.run_id)
    task = demos.task(run.task)
    config, notices = from_json(task.Config, run.config)
    restored = checkpoints.restore(store.book, store.files, run.id)
    store.claims.rewind(lease, restored.checkpoint if restored else None)
    checkpoints.sweep(store, run.id)
    for notice in [*notices, *(restored.notices if restored else ())]:
        store.claims.notify(lease, notice)

    reporter.status("loading data")
    dataset = task.load(config)
    for notice in dataset.notices:
        if notice not in run.notices:  # of an earlier attempt
            store.claims.notify(lease, notice)
    attempt = _Attempt(store, lease, reporter, run, config, dataset, resume=restored.state if restored else None)
    for event in attempt.fit_all(task) if isinstance(task, Fits) else attempt.train(demos.training(run.task)):
        if isinstance(event, Ended):
            return event
        reporter.record(event)
    raise AssertionError("the last event is Ended")


@dataclass(frozen=True)
class _Attempt:
    """What an attempt goes on from, and what happens in it."""

    store: RunStore
    lease: Lease
    reporter: Reporter
    run: Run
    config: Config
    dataset: Dataset
    resume: Mapping[str, Any] | None

    def train(self, task: Training) -> Iterator[Event]:
        """Steps of a training, on the fastest placement."""
        from core.runs import checkpoints
        from core.training import engine, placement

        known = _usable(self.run.placement, self.run) if self.run.placement else task.placement
        if known is None:
            self.reporter.status("measuring")
        where = known or placement.measure(task, self.config, self.dataset)
        self._begin(task, where)
        dataset = engine.on_device(self.dataset, where.device)
        num_steps = engine.steps_per_epoch(task, self.config, dataset) * sum(self.run.phases)
        self.reporter.plan(total_steps=num_steps, batch_size=min(task.batch_size(self.config), len(dataset.train)))
        return engine.train(
            task,
            self.config,
            dataset,
            learner=task.learner(self.config, where),
            phases=self.run.phases,
            resume=self.resume,
            recall=lambda step: checkpoints.at_step(self.store.book, self.store.files, self.run.id, step),
            pins=self.reporter.pins,
            should_stop=self.reporter.should_stop,
            ask=self.reporter.ask,
        )

    def fit_all(self, task: Fits) -> Iterator[Event]:
        """Fits of a job, one after the other."""
        from core.training import fits

        self._begin(task, task.placement)
        self.reporter.plan(total_steps=sum(self.run.phases), batch_size=None)
        return fits.fit_all(
            task,
            self.config,
            self.dataset,
            fitter=task.fitter(self.config, self.dataset),
            phases=self.run.phases,
            resume=self.resume,
            should_stop=self.reporter.should_stop,
        )

    def _begin(self, task: Task, where: Placement) -> None:
        """Take the place that the arithmetic is done in, and say so."""
        from core.training import placement

        placement.apply(where)
        num_parameters = task.num_parameters(self.config) if task.num_parameters else None
        self.store.claims.describe(self.lease, placement=where, num_parameters=num_parameters)
        _choose_card(where, self.lease)
        self.reporter.status("training")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core.service.worker", description="Work on the next queued run.")
    parser.add_argument("--store", help="address of the run store; the default is the one of GLASSBOX_HOME")
    parser.add_argument("--name", default=secrets.token_hex(8), help="a name that no other worker ever had")
    parser.add_argument("--max-running", type=int, default=1, help="runs that may be running at once")
    parser.add_argument("--lease-seconds", type=float, default=LEASE_SECONDS, help="silence that counts as death")
    parser.add_argument("--logs", type=Path, default=settings.logs(), help="folder of logs")
    parser.add_argument("--warm", action="store_true", help="import everything, then wait for a line on standard input")
    return parser.parse_args(arguments)


def _warm_up() -> None:
    """Import all that a training needs; the first optimizer of a process alone imports for two seconds."""
    import torch

    import core.runs.checkpoints
    import core.training.engine
    import core.training.placement  # noqa: F401

    demos.names()
    network = torch.nn.Linear(1, 1)
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.zeros(1, 1)).sum().backward()
    optimizer.step()


def _usable(placement: Placement, run: Run) -> Placement:
    import torch

    if placement.device == "cuda" and not torch.cuda.is_available():
        raise InvalidSettingError(
            f"Run {run.id} was trained on a graphics card and this machine has none now. Clone it to train on the CPU."
        )
    return placement


def _choose_card(placement: Placement, lease: Lease) -> None:
    import torch

    if placement.device == "cuda":
        torch.cuda.set_device(lease.slot % torch.cuda.device_count())


def _fail(store: RunStore, lease: Lease, reason: str) -> None:
    """Write down the failure, also where that does not go through at once."""
    give_up = time.monotonic() + min(LAST_WORDS_SECONDS, store.claims.lease_seconds / 2)
    while True:
        try:
            store.claims.finish(lease, "failed", reason=reason)
            return
        except LeaseLostError as error:
            _print(str(error))
            return
        except StorageError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.5)


def _unexpected(error: Exception, log: Path) -> str:
    if "out of memory" in str(error).lower() or isinstance(error, MemoryError):
        return "Memory ran out. Try a smaller batch or a smaller network, or wait until other runs have ended."
    return f"An unexpected error ended the run ({type(error).__name__}); {log} says where."


def _log_to(path: Path, lease: Lease) -> None:
    """From now on everything printed, and the stack of a crash, goes to the run's own log."""
    try:
        logs.redirect(path)
    except OSError as error:
        raise storage_error(error, path) from error
    logs.keep_small(path)
    faulthandler.enable()
    _print(
        f"attempt {lease.attempt} at run {lease.run_id}, process {os.getpid()}, {time.strftime('%Y-%m-%d %H:%M:%S')}"
    )


def _print(text: str) -> None:
    with contextlib.suppress(OSError):  # a full disk must not hide what is being reported
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
