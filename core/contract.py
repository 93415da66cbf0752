"""The words that every room shares: Dataset, Metric, Learner, Training, Fits, and the events of a run.

There is no engine here, no network, no storage, and nothing that needs PyTorch at run time. Knobs and Config are in
`core.knobs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from core.knobs import Config, to_json

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Split:
    """Examples and their targets, both with the example as first dimension."""

    inputs: torch.Tensor  # (N, ...)
    targets: torch.Tensor  # (N, ...)
    name: str  # completes "97.8 % of …": "1,000 held-out MNIST images"

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Dataset:
    """What a run learns from, is selected by, and is reported on."""

    train: Split
    validation: Split
    test: Split
    notices: tuple[str, ...] = ()  # what a person should know of it: what was left out


@dataclass(frozen=True)
class Metric:
    """A number that a learner reports under `name`, for its training batches and for a split."""

    name: str
    label: str
    unit: str = ""
    goal: Literal["min", "max"] = "min"
    more: bool = False  # its curve is behind "More curves"


CLASSIFICATION = (Metric("loss", "Loss"), Metric("accuracy", "Accuracy", "%", "max"))
MAJORITY = Metric("majority", "Always saying the most frequent class", "%", "max")  # what an accuracy is compared with
NO_SKILL = 0.1  # of the majority's errors avoided: who avoids fewer has learned next to nothing


def skill(accuracy: float, majority: float) -> float:
    """Which share of the errors of always saying the most frequent class an accuracy avoids, both in percent.

    0: none; 1: all; negative: it is worse. 1 too where there are no errors to avoid.
    """
    return (accuracy - majority) / (100 - majority) if majority < 100 else 1.0


@dataclass(frozen=True)
class Placement:
    """Where and how the arithmetic of a run is done. Chosen once per run and kept when it is resumed."""

    device: str = "cpu"  # "cpu" or "cuda"
    threads: int = 1
    precision: Literal["float32", "bfloat16"] = "float32"
    channels_last: bool = False


@dataclass(frozen=True)
class Batch:
    """The examples of one step. `chance` is a function of (seed, epoch, example) alone, so resuming is exact."""

    inputs: torch.Tensor  # (B, ...)
    targets: torch.Tensor  # (B, ...)
    chance: torch.Tensor  # (B, Training.num_chances) float32 uniform in [0, 1): what augmentation may use


class Learner(Protocol):
    """Owns every network, loss and optimizer of a run.

    Random numbers inside `step` (dropout, noise) come from PyTorch's global generator, which the engine seeds from
    (seed, step) before each step. `evaluate` and `preview` use none.
    """

    def step(self, batch: Batch, progress: Progress) -> Mapping[str, torch.Tensor]:
        """Update everything that is owned; returns 0-d float32 tensors by metric name, not yet read."""
        ...

    def evaluate(self, split: Split) -> Mapping[str, float]:
        """Metrics of a whole split, with dropout off and without gradients."""
        ...

    def preview(self, example: Any) -> Any:
        """The newest weights on one example; JSON-ready: probabilities, or a picture as a PNG in base64."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Nested dictionary of tensors, numbers and strings: all that `load_state_dict` needs to go on exactly."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True)
class Progress:
    """Position of a step in its plan: `phases` are the planned numbers of epochs, one more for each extension."""

    step: int  # steps done before this one, over the whole run
    steps_per_epoch: int
    phases: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.phases) * self.steps_per_epoch

    @property
    def phase_fraction(self) -> float:
        """Position inside the current phase, in [0, 1): what a learning-rate schedule depends on."""
        start = 0
        for epochs in self.phases:
            length = epochs * self.steps_per_epoch
            if self.step < start + length:
                return (self.step - start) / length
            start += length
        return 1.0


@dataclass(frozen=True)
class Preset:
    """A named config with a sentence that says what it is for."""

    name: str
    label: str
    sentence: str
    values: Mapping[str, Any]
    open: tuple[str, ...] = ()  # knobs that a person fills in; whatever they are, it is still this preset


@dataclass(frozen=True)
class NetworkCost:
    """What one example costs in a network."""

    flops: int  # forward, a multiplication and an addition count as two
    activations: int  # numbers that all layers pass on
    num_layers: int
    answering: int  # FLOPs that take as long as its answer
    learning: int  # FLOPs that take as long as its pass forward and back in training


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a config computes and keeps, as its demo knows it."""

    network: NetworkCost
    num_train: int  # examples
    num_validation: int
    num_test: int
    evaluation: NetworkCost | None = None  # of an evaluated example; None: as in the network
    evaluation_batch: int = 500  # examples that are evaluated together
    answering_networks: int = 1  # that an evaluation asks: 2 where averaged weights answer beside the trained ones
    example_bytes: int  # a stored example with its target
    passes: int = 1  # forward and backward, of each example in a step: adversarial examples take one more
    preparation_flops: int = 0  # FLOPs that take as long as preparing a training example (random warps)
    optimizer_copies: int = 0  # numbers kept for each weight beside its gradient: 2 for Adam, 1 for momentum


BOTH = "all"  # part of a command: ordinary steps of the plan, in which everything is updated


@dataclass(frozen=True)
class Command:
    """What a person who has paused a run wants done next."""

    number: int  # grows by one with each of a run, so that none is done twice
    part: str  # a key of `ByHand.parts`, or `BOTH`; empty: nothing, only pause
    steps: int


@dataclass(frozen=True)
class ByHand:
    """How a person trains one network of a demo at a time."""

    parts: Mapping[str, str]  # network → its label: "generator" → "G"
    step: Callable[[Any, str, Batch, Progress], None]  # learner, part …: one update of this part alone
    look: Callable[[Any, Split, Mapping[str, Any]], Mapping[str, Any]]  # learner, validation, pins → what is compared


def _nothing_watched(config: Any) -> Mapping[str, Any]:
    return {}


def _nothing_lacks(config: Any) -> None:
    pass


@dataclass(frozen=True)
class Fitted:
    """One fit, done. It is used in the process that did it and never saved."""

    seconds: float  # that it took
    told: Mapping[str, float]  # what is known of it without any example: {"bytes": 25_000.0}
    evaluate: Callable[[Split], Mapping[str, float]]  # metrics of a whole split


class Fitter(Protocol):
    """Does the fits of a job, on one thread of the processor."""

    def guess(self, split: Split) -> Mapping[str, float]:
        """Metrics of guessing: what a fit has to be better than."""
        ...

    def fit(self, index: int) -> Fitted:
        """Do a fit, from 0 on: a function of config, data and index alone, so that it can be done again."""
        ...


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a run does, as a record of functions: what `Training` and `Fits` have in common.

    Its functions may import PyTorch when they are called; reading a record must not.
    """

    counted_in: ClassVar[str] = "epoch"  # what each of `Config.epochs` is

    name: str  # in addresses, folders and the run store: "digits"
    Config: type[Config]
    presets: Sequence[Preset]
    metrics: Sequence[Metric]
    select: str | None  # metric of the validation split that picks the best checkpoint; None: the last is the best
    load: Callable[[Any], Dataset]  # config → data, normalised; may take long; raises DataUnavailableError
    check: Callable[[Any], None] = _nothing_lacks  # raises before a run what `load` would; reads no examples
    settle: Callable[[Any], Any] = lambda config: config  # what is left to the moment of the start, written down
    keeps_last: Callable[[Any], bool] = lambda config: False  # True: `select` does not measure what this config learns
    num_parameters: Callable[[Any], int] | None = None  # None: not a network
    placement: Placement | None = None  # None: the fastest one is measured before the first step
    short: bool = False  # True: its runs take seconds, so they need not wait for the end of long ones
    measured_on: Literal["validation", "test"] = "validation"  # what `Evaluated` is of; "test": nothing is selected


@dataclass(frozen=True, kw_only=True)
class Training(Task):
    """One learner is trained step by step, with `core.training.engine`."""

    learner: Callable[[Any, Placement], Learner]
    num_chances: int = 0  # uniform numbers per example and epoch that `Batch.chance` carries
    batch_size: Callable[[Any], int] = lambda config: config.batch_size  # config → examples a step
    cost: Callable[[Any], Cost] | None = None  # for the estimate before Start, without loading data; None: no form
    watched: Callable[[Any], Mapping[str, Any]] = _nothing_watched  # config → examples that every run previews, by key
    by_hand: ByHand | None = None  # None: it cannot be stepped by hand


@dataclass(frozen=True, kw_only=True)
class Fits(Task):
    """Several fits are done one after the other, with `core.training.fits`. Each epoch of the config is one fit."""

    counted_in: ClassVar[str] = "fit"

    fitter: Callable[[Any, Dataset], Fitter]
    placement: Placement = Placement()


@dataclass(frozen=True)
class Stepped:
    """Training metrics, averaged over the steps since the last such event. `step` counts finished steps."""

    step: int
    epoch: float
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Evaluated:
    """Metrics of the validation split after `step` steps or fits, and what the clock said.

    Where `Task.measured_on` says so, they are of the test split.

    Two runs that are the same in everything else differ in their times, which therefore do not count when events are
    compared. They are None in runs of before times were taken.
    """

    step: int
    epoch: float
    metrics: Mapping[str, float]
    trained_seconds: float | None = field(default=None, compare=False)  # spent in all steps or fits up to here
    answer_seconds: float | None = field(default=None, compare=False)  # for each example of this evaluation


@dataclass(frozen=True)
class Previewed:
    """Answers of the newest weights to the pinned examples by pin key, and to those of `Training.watched`."""

    step: int
    epoch: float
    answers: Mapping[str, Any]


@dataclass(frozen=True)
class Commanded:
    """A command of a paused run was carried out: what `ByHand.look` saw before and after it, JSON-ready."""

    step: int
    epoch: float
    command: Mapping[str, Any]  # the fields of `Command`
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Checkpointed:
    """All that is needed to go on from `step`; what it is written to is the receiver's business."""

    step: int
    epoch: float
    state: Mapping[str, Any]
    metrics: Mapping[str, float]  # of the validation split at this step; empty in the middle of an epoch
    best: bool  # the best validation so far by `Task.select`


@dataclass(frozen=True)
class Ended:
    """The last event. `metrics` are of the test split with the best weights; empty unless the run completed."""

    step: int
    epoch: float
    reason: Literal["completed", "stopped", "diverged"]
    message: str
    metrics: Mapping[str, float]


Event = Stepped | Evaluated | Previewed | Commanded | Checkpointed | Ended


def preset_of(task: Task, config: Config) -> Preset | None:
    """The preset that a config is, if it is one; the seed and what a preset leaves open do not count."""
    values, defaults = to_json(config), to_json(task.Config())

    def is_it(preset: Preset) -> bool:
        given = {name: values[name] for name in (*preset.open, "seed")}
        return {**defaults, **preset.values, **given} == values

    return next((preset for preset in task.presets if is_it(preset)), None)


def selecting(task: Task, config: Config) -> Metric | None:
    """The metric of the validation split that picks the best checkpoint of a run; None: the last is the best."""
    if task.keeps_last(config):
        return None
    return next((metric for metric in task.metrics if metric.name == task.select), None)


def best_so_far(metric: Metric, value: float, earlier: Iterable[float]) -> bool:
    """Whether `value` is strictly better than all earlier values of the metric."""
    sign = 1.0 if metric.goal == "max" else -1.0
    return all(sign * value > sign * other for other in earlier)
