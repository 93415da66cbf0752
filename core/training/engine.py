"""The only training loop: a generator of events. It stores nothing, draws nothing and knows no demo.

Everything random is a function of the seed and the position: the order of an epoch of (seed, epoch), augmentation of
(seed, epoch, example), dropout and noise of (seed, step). So the position is the random state, and a resumed run is
the uninterrupted one.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from core.contract import (
    BOTH,
    Batch,
    Checkpointed,
    Command,
    Commanded,
    Dataset,
    Ended,
    Evaluated,
    Event,
    Learner,
    Previewed,
    Progress,
    Split,
    Stepped,
    Training,
    best_so_far,
    selecting,
)
from core.knobs import Config

PREVIEW_SECONDS = 1.0
CHECKPOINT_SECONDS = 10.0
SLOW_SECONDS = 1.0  # an evaluation that takes longer is begun with everything saved
REPORTS = 400  # about so many points of the training curve over the first plan
EVALUATIONS = 10  # at least so many points of the validation curve over the first plan

FRESH: Mapping[str, Any] = {
    "step": 0,
    "best_step": 0,
    "best_value": None,
    "meter": None,
    "trained_seconds": 0.0,
    "obeyed": 0,
    "owes_evaluation": False,
}

Pins = Callable[[], Mapping[str, Any]]
Recall = Callable[[int], Mapping[str, Any]]
Ask = Callable[[int], Command | None]


def on_device(dataset: Dataset, device: str) -> Dataset:
    """The data set with all tensors on a device: small sets live there for the whole run."""

    def moved(split: Split) -> Split:
        return Split(inputs=split.inputs.to(device), targets=split.targets.to(device), name=split.name)

    return Dataset(train=moved(dataset.train), validation=moved(dataset.validation), test=moved(dataset.test))


def steps_per_epoch(task: Training, config: Config, dataset: Dataset) -> int:
    """Full batches in an epoch; at least one. What is left over takes its turn in another epoch's order."""
    return max(1, len(dataset.train) // task.batch_size(config))


def _seed(*parts: int) -> int:
    """A 63-bit seed out of several numbers; the mixing of splitmix64 (Steele, Lea and Flood 2014)."""
    value = 0
    for part in parts:
        value = (value + part + 0x9E3779B97F4A7C15) & (2**64 - 1)
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
        value ^= value >> 31
    return value >> 1


class _Epoch:
    """Order and chances of one epoch's examples."""

    def __init__(self, *, seed: int, epoch: int, num_examples: int, num_chances: int, device: torch.device) -> None:
        generator = torch.Generator().manual_seed(_seed(seed, 1, epoch))
        self.order = torch.randperm(num_examples, generator=generator).to(device)
        self.chance = torch.rand(num_examples, num_chances, generator=generator).to(device)

    def batch(self, split: Split, start: int, size: int) -> Batch:
        index = self.order[start : start + size]
        return Batch(inputs=split.inputs[index], targets=split.targets[index], chance=self.chance[index])


class _Meter:
    """Means of metrics over the steps that told them, as 0-d tensors that are read only when asked for."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        self.sums: dict[str, torch.Tensor] = dict(state["sums"]) if state else {}
        counts = state["count"] if state else {}
        if isinstance(counts, int):  # saved when every metric was told by every step
            counts = dict.fromkeys(self.sums, counts)
        self.counts: dict[str, int] = dict(counts)

    def add(self, metrics: Mapping[str, torch.Tensor]) -> None:
        for name, value in metrics.items():
            self.sums[name] = self.sums[name].to(value.device) + value if name in self.sums else value
            self.counts[name] = self.counts.get(name, 0) + 1

    def take(self) -> dict[str, float]:
        means = {name: float(value) / self.counts[name] for name, value in self.sums.items()}
        self.__init__()  # type: ignore[misc]
        return means

    def state(self) -> dict[str, Any]:
        return {"sums": dict(self.sums), "count": dict(self.counts)}


def _all_finite(state: Any) -> bool:
    if isinstance(state, torch.Tensor):
        return not state.is_floating_point() or bool(state.isfinite().all())
    if isinstance(state, Mapping):
        return all(_all_finite(value) for value in state.values())
    return True


def _reports_at(step: int, every: int) -> bool:
    """Steps 1, 2, 4, 8 … at first, so that the curve starts at once; then every `every` steps."""
    return step % every == 0 or (step < every and step & (step - 1) == 0)


def train(
    task: Training,
    config: Config,
    dataset: Dataset,
    *,
    learner: Learner,
    phases: tuple[int, ...] | None = None,
    resume: Mapping[str, Any] | None = None,
    recall: Recall | None = None,
    pins: Pins = dict,
    should_stop: Callable[[], bool] = lambda: False,
    ask: Ask = lambda last_command: None,
) -> Iterator[Event]:
    """Train a learner and tell what happens.

    Args:
        task: the demo.
        config: its knobs.
        dataset: on the learner's device.
        learner: made by `task.learner`; it is changed in place.
        phases: planned epochs, one number more for each extension; the config's epochs by default.
        resume: `Checkpointed.state` to go on from, of a run with the same config and the same first phases.
        recall: gives back the state that was checkpointed at a step, to report on the best weights at the end; without
            it the last weights are reported on.
        pins: the examples to be answered about once a second, by key; those of `task.watched` are answered after 1, 2,
            4, 8 … steps and with every evaluation.
        should_stop: asked after every step.
        ask: called before every step with the number of the last command; while the run is paused it waits for the next
            one and gives it back, otherwise None. Each is followed by a checkpoint.

    Yields:
        `Stepped`, `Evaluated`, `Previewed`, `Checkpointed`, and one `Ended` at last. The first checkpoint is the state
        before the first step. What is not finite is neither told nor checkpointed: the run ends as diverged.
    """
    loop = Loop(task, config, dataset, learner, phases or (config.epochs,), resume)
    try:
        if resume is None or loop.owes_evaluation:
            yield from loop.evaluated()
            yield from loop.previewed({**loop.watched, **pins()})
            yield loop.checkpoint()
        else:
            yield from loop.previewed(pins())  # the watched ones of this step were answered before it was saved
        stopped = yield from _trained(loop, pins=pins, should_stop=should_stop, ask=ask)
        yield loop.stopped() if stopped else loop.completed(recall)
    except _NotFiniteError as error:
        yield loop.diverged(str(error))


def _trained(loop: "Loop", *, pins: Pins, should_stop: Callable[[], bool], ask: Ask) -> Generator[Event, None, bool]:
    """Steps and commands until the plan is fulfilled; True: it was stopped before."""
    previewed_at = checkpointed_at = time.monotonic()
    paused = False
    while loop.step < loop.total:
        if (command := ask(loop.last_command)) is not None:
            paused = True
            yield from loop.carry_out(command, pins(), should_stop)
            yield loop.checkpoint()
            continue
        if paused and should_stop():
            return True
        paused = False
        loop.advance()
        stopping = should_stop() and loop.step < loop.total
        yield from loop.reported()
        if loop.evaluates() and loop.evaluation_seconds > SLOW_SECONDS:
            loop.owes_evaluation = True
            yield loop.checkpoint()  # a long evaluation neither delays a stop nor puts steps at risk
            if stopping:
                return True
        yield from loop.evaluated_in_time()
        now = time.monotonic()
        watched = loop.watched if loop.watches() else {}
        if now - previewed_at >= PREVIEW_SECONDS or loop.step == loop.total:
            yield from loop.previewed({**watched, **pins()})
            previewed_at = now
        else:
            yield from loop.previewed(watched)
        if stopping or loop.evaluates() or now - checkpointed_at >= CHECKPOINT_SECONDS:
            yield loop.checkpoint()
            checkpointed_at = now
        if stopping:
            return True
    return False


class _NotFiniteError(Exception):
    """A metric or a weight is no longer a finite number; its text says which."""


class Loop:
    """Position and bookkeeping of one training."""

    def __init__(
        self,
        task: Training,
        config: Config,
        dataset: Dataset,
        learner: Learner,
        phases: tuple[int, ...],
        resume: Mapping[str, Any] | None = None,
    ) -> None:
        self.task, self.config, self.dataset, self.learner, self.phases = task, config, dataset, learner, phases
        self.per_epoch = steps_per_epoch(task, config, dataset)
        self.total = sum(phases) * self.per_epoch
        self.report_every = max(1, phases[0] * self.per_epoch // REPORTS)
        num_evaluations = max(1, -(-EVALUATIONS // phases[0]))  # an epoch
        self.evaluation_steps = {-(-self.per_epoch * i // num_evaluations) for i in range(1, num_evaluations + 1)}
        self.select = selecting(task, config)
        self.order: tuple[int, _Epoch] | None = None
        saved: Mapping[str, Any] = resume["engine"] if resume else FRESH
        self.step: int = saved["step"]
        self.best_step: int = saved["best_step"]
        self.best_value: float | None = saved["best_value"]
        self.trained_seconds: float = saved.get("trained_seconds", 0.0)  # checkpoints of older versions lack it
        self.last_command: int = saved.get("obeyed", 0)  # number of the last command
        self.owes_evaluation: bool = saved.get("owes_evaluation", False)  # of the step that was saved before it
        self.evaluation_seconds = math.inf  # of the last one; as long as nobody knows, it may be slow
        self.validation: Mapping[str, float] = {}
        self.improved = False
        self.meter = _Meter(saved["meter"])
        self.watched = task.watched(config)
        if resume:
            learner.load_state_dict(resume["learner"])

    @property
    def epoch(self) -> float:
        return self.step / self.per_epoch

    @contextmanager
    def _counted(self) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.trained_seconds += time.perf_counter() - start

    def advance(self) -> None:
        """Do the next step: its batch, its seed and the learner's update follow from the position alone."""
        with self._counted():
            self._step()
        self.step += 1
        self.validation, self.improved = {}, False

    def carry_out(self, command: Command, pins: Mapping[str, Any], should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Carry out a command of a paused run, or the steps of it before a stop.

        A step of one part alone does not move on in the plan.
        """
        by_hand = self.task.by_hand
        self.last_command = command.number
        if by_hand is None or not command.part:
            return
        before = by_hand.look(self.learner, self.dataset.validation, pins)
        for count in range(command.steps):
            if command.part != BOTH:
                ahead = self.step + command.number + count  # another batch for each, and a penalty its turn
                torch.manual_seed(_seed(self.config.seed, 3, ahead))
                by_hand.step(self.learner, command.part, self._batch(ahead), self._progress(ahead))
            elif self.step < self.total:
                self.advance()
                yield from self.reported()
                yield from self.evaluated_in_time()
            if should_stop():
                command = dataclasses.replace(command, steps=count + 1)
                break
        after = by_hand.look(self.learner, self.dataset.validation, pins)
        yield Commanded(self.step, self.epoch, dataclasses.asdict(command), before, after)

    def _step(self) -> None:
        batch = self._batch(self.step)
        torch.manual_seed(_seed(self.config.seed, 2, self.step))
        self.meter.add(self.learner.step(batch, self._progress(self.step)))

    def _progress(self, step: int) -> Progress:
        return Progress(step=step, steps_per_epoch=self.per_epoch, phases=self.phases)

    def _batch(self, step: int) -> Batch:
        """The batch of a step; like its order, it follows from the position alone."""
        epoch, position = divmod(step, self.per_epoch)
        train = self.dataset.train
        if self.order is None or self.order[0] != epoch:
            order = _Epoch(
                seed=self.config.seed,
                epoch=epoch,
                num_examples=len(train),
                num_chances=self.task.num_chances,
                device=train.inputs.device,
            )
            self.order = (epoch, order)
        size = self.task.batch_size(self.config)
        return self.order[1].batch(train, position * size, size)

    def reported(self) -> Iterator[Event]:
        """The metrics since the last report, if it is time for one; raises `_NotFiniteError`."""
        if _reports_at(self.step, self.report_every):
            metrics = self.meter.take()
            self._require_finite(metrics, "in training")
            yield Stepped(step=self.step, epoch=self.epoch, metrics=metrics)

    def evaluates(self) -> bool:
        position = (self.step - 1) % self.per_epoch + 1
        return position in self.evaluation_steps

    def watches(self) -> bool:
        """Whether it is time for the demo's own examples: after 1, 2, 4, 8 … steps, and with every evaluation."""
        return self.step & (self.step - 1) == 0 or self.evaluates()

    def evaluated_in_time(self) -> Iterator[Event]:
        if self.evaluates():
            yield from self.evaluated()

    def evaluated(self) -> Iterator[Event]:
        """Answer the validation split, keep what is best so far, and say so; raises `_NotFiniteError`."""
        self._finite_state()  # what is measured of other weights may be an error, or look like a figure
        if self.dataset.train.inputs.is_cuda:
            with self._counted():  # the card may still be at work on the last steps
                torch.cuda.synchronize()
        start = time.perf_counter()
        self.validation = dict(self.learner.evaluate(self.dataset.validation))
        self.owes_evaluation, self.evaluation_seconds = False, time.perf_counter() - start
        answer_seconds = self.evaluation_seconds / len(self.dataset.validation)
        self._require_finite(self.validation, "in validation")
        if self.select is None:
            self.improved = True
        else:
            value = self.validation[self.select.name]
            self.improved = best_so_far(self.select, value, [] if self.best_value is None else [self.best_value])
            if self.improved:
                self.best_value = value
        if self.improved:
            self.best_step = self.step
        yield Evaluated(
            step=self.step,
            epoch=self.epoch,
            metrics=self.validation,
            trained_seconds=self.trained_seconds,
            answer_seconds=answer_seconds,
        )

    def previewed(self, pins: Mapping[str, Any]) -> Iterator[Event]:
        if pins:
            self._finite_state()
            answers = {key: self.learner.preview(example) for key, example in pins.items()}
            yield Previewed(step=self.step, epoch=self.epoch, answers=answers)

    def checkpoint(self) -> Checkpointed:
        """Everything to go on with; raises `_NotFiniteError`."""
        learner = self._finite_state()
        engine = {
            "step": self.step,
            "best_step": self.best_step,
            "best_value": self.best_value,
            "meter": self.meter.state(),
            "trained_seconds": self.trained_seconds,
            "obeyed": self.last_command,
            "owes_evaluation": self.owes_evaluation,
        }
        state = {"engine": engine, "learner": learner}
        return Checkpointed(step=self.step, epoch=self.epoch, state=state, metrics=self.validation, best=self.improved)

    def _finite_state(self) -> dict[str, Any]:
        state = self.learner.state_dict()
        if not _all_finite(state):
            raise _NotFiniteError("the weights are no longer finite numbers")
        return state

    def _require_finite(self, metrics: Mapping[str, float], where: str) -> None:
        labels = {metric.name: metric.label for metric in self.task.metrics}
        for name, value in metrics.items():
            if not math.isfinite(value):
                raise _NotFiniteError(f"“{labels.get(name, name)}” {where} is no longer a finite number")

    def diverged(self, what: str) -> Ended:
        message = (
            f"Training diverged: after step {self.step:,} {what}. "
            "The last good state is kept. Try a learning rate ten times smaller."
        )
        return Ended(step=self.step, epoch=self.epoch, reason="diverged", message=message, metrics={})

    def stopped(self) -> Ended:
        return Ended(step=self.step, epoch=self.epoch, reason="stopped", message="Stopped.", metrics={})

    def completed(self, recall: Recall | None) -> Ended:
        if recall is not None and self.best_step != self.step:
            self.learner.load_state_dict(recall(self.best_step)["learner"])
        metrics = dict(self.learner.evaluate(self.dataset.test))
        self._require_finite(metrics, "in the test")
        return Ended(step=self.step, epoch=self.epoch, reason="completed", message="Completed.", metrics=metrics)
