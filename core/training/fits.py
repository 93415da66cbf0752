"""A job of several fits: a generator of a run's events, beside that of a training. It stores nothing, draws nothing.

A fit is not taken apart: it has no steps, no epochs and no loss, and what it leaves behind is not saved. So the state
of a job is the number of fits done, and a resumed job is the uninterrupted one, because each fit is a function of the
config, the data and its place in the plan alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from core.contract import (
    Checkpointed,
    Dataset,
    Ended,
    Evaluated,
    Event,
    Fits,
    Fitted,
    Fitter,
    Split,
    Stepped,
    best_so_far,
    selecting,
)
from core.knobs import Config


@dataclass
class Position:
    """Where a job stands: all that is needed to go on."""

    done: int = 0  # fits
    best: int = 0  # the fit that is reported on at the end, from 1 on; 0: none yet
    best_value: float | None = None  # of the metric that chooses; None where nothing does
    seconds: float = 0.0  # spent in all fits so far
    is_counted: bool = False  # whether the next fit was done once before, and its seconds are among them


def position(state: Mapping[str, Any]) -> Position:
    """The position in a checkpoint, also in one of before fits were jobs.

    Then they were the steps of a training, and its engine could save a fit that was not measured yet.
    """
    if "engine" not in state:
        return Position(**state["fits"])
    saved = state["engine"]
    owed = bool(saved.get("owes_evaluation", False)) and saved["step"] > 0
    return Position(
        done=saved["step"] - owed,
        best=saved["best_step"],
        best_value=saved["best_value"] if saved["best_step"] else None,  # of guessing, which was among the choices
        seconds=saved.get("trained_seconds", 0.0),
        is_counted=owed,
    )


def fit_all(
    task: Fits,
    config: Config,
    dataset: Dataset,
    *,
    fitter: Fitter,
    phases: tuple[int, ...] | None = None,
    resume: Mapping[str, Any] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Do one fit after the other and tell what each reaches.

    Args:
        task: what is fitted, and on which split it is measured.
        config: its knobs.
        dataset: on the processor.
        fitter: made by `task.fitter`.
        phases: planned fits, one number more for each extension; the config's epochs by default.
        resume: `Checkpointed.state` to go on from, of a job with the same config.
        should_stop: asked after every fit.

    Yields:
        `Evaluated` of guessing and a checkpoint before the first fit; after each one `Stepped` with what is told of it,
        `Evaluated` and a checkpoint; and one `Ended` at last, with the test metrics of the best fit.
    """
    job = _Job(task, config, dataset, fitter, Position() if resume is None else position(resume))
    if resume is None:
        yield job.measured(fitter.guess)
        yield job.checkpoint()
    total = sum(phases or (config.epochs,))
    while job.at.done < total:
        yield from job.next()
        stopping = should_stop() and job.at.done < total
        yield job.checkpoint()
        if stopping:
            yield job.ended("stopped", {})
            return
    yield job.ended("completed", job.tested())


class _Job:
    """Position and bookkeeping of one job."""

    def __init__(self, task: Fits, config: Config, dataset: Dataset, fitter: Fitter, at: Position) -> None:
        self.task, self.dataset, self.fitter, self.at = task, dataset, fitter, at
        self.split = getattr(dataset, task.measured_on)
        self.select = selecting(task, config)
        self.kept: tuple[int, Fitted] | None = None  # the best fit, if this process did it, by its number
        self.metrics: Mapping[str, float] = {}  # of the newest fit
        self.improved = False

    def next(self) -> Iterator[Event]:
        """Do the next fit, and tell what is known of it and what it reaches."""
        fitted = self.fitter.fit(self.at.done)
        self.at.done += 1
        self.at.seconds += 0.0 if self.at.is_counted else fitted.seconds
        self.at.is_counted = False
        if fitted.told:
            yield Stepped(self.at.done, self.at.done, fitted.told)
        yield self.measured(fitted.evaluate)
        self._choose(fitted)

    def measured(self, evaluate: Callable[[Split], Mapping[str, float]]) -> Evaluated:
        start = time.perf_counter()
        self.metrics = dict(evaluate(self.split))
        seconds = time.perf_counter() - start
        return Evaluated(
            self.at.done,
            self.at.done,
            self.metrics,
            trained_seconds=self.at.seconds,
            answer_seconds=seconds / len(self.split),
        )

    def _choose(self, fitted: Fitted) -> None:
        """Whether the newest fit is the one to report on so far: the best, or where nothing chooses the last."""
        value = None if self.select is None else self.metrics[self.select.name]
        earlier = [] if self.at.best_value is None else [self.at.best_value]
        self.improved = self.select is None or value is None or best_so_far(self.select, value, earlier)
        if self.improved:
            self.at.best, self.at.best_value = self.at.done, value
            self.kept = self.at.done, fitted

    def checkpoint(self) -> Checkpointed:
        state = {"fits": asdict(self.at)}
        return Checkpointed(self.at.done, self.at.done, state, self.metrics, best=self.improved)

    def tested(self) -> Mapping[str, float]:
        """Test metrics of the best fit, done once more if that was in another process."""
        if self.kept is None or self.kept[0] != self.at.best:
            self.kept = self.at.best, self.fitter.fit(self.at.best - 1)
        return dict(self.kept[1].evaluate(self.dataset.test))

    def ended(self, reason: Literal["completed", "stopped"], metrics: Mapping[str, float]) -> Ended:
        return Ended(self.at.done, self.at.done, reason, f"{reason.capitalize()}.", metrics)
