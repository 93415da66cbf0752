"""What the page says before Start that a run will take, beside what its steps and evaluations really take."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from typing import Any

import torch

from benchmarks import machine
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Cost, Dataset, Placement, Split, Training
from core.demos.voice.features import NUM_FRAMES
from core.errors import GlassboxError
from core.knobs import Config
from core.training.engine import EVALUATIONS, Loop
from core.training.estimate import Speed, estimate, machine_speed

TITLE = "Estimates before Start"
METHOD = (
    "What is said beside Start, over what the run really takes: 1 is right, 0.5 is half of the truth. The truth is "
    "the mean of some steps and the time of an evaluation, times how many of them the run has. Both in processor time "
    "with one thread, and so are the speeds of the machine, measured before, between and after: others that use the "
    "machine hardly count. Pictures and sounds are noise of the right shape, texts and points the real ones. Every "
    "preset of every demo, and configs beside them, some of which were looked at only after the estimate had been made."
)
REPEATS = 3
LEAST_STEPS, LEAST_SECONDS = 8, 0.3  # of what is measured; a gradient penalty has its turn once in eight steps
NUM_PICTURES, NUM_EVALUATED = 2_000, 500
FEWEST, MOST = 0.5, 2.0  # times the truth
_BARE = {"front_end": False, "bidirectional": False, "pooling": "last"}
BESIDE: dict[str, dict[str, dict[str, Any]]] = {
    "digits": {
        "plain": {"network": "plain"},
        "averaged": {"averaging": 0.99},
        "adversarial": {"adversarial": 0.1},
        "strongly augmented": {"augmentation": "strong"},
    },
    "voice": {
        "LSTM": {"recurrent": "lstm"},
        "three layers of LSTM": {"recurrent": "lstm", "layers": 3},
        "wide GRU": {"hidden_size": 256, **_BARE},
        "two plain layers": {"recurrent": "rnn", "layers": 2},
        "answer layer alone": {"start": "release", "learns": "answer"},
    },
    "sentiment": {
        "wide LSTM": {"network": "lstm", "width": 256},
        "three narrow layers of LSTM": {"network": "lstm", "width": 32, "layers": 3},
        "last layer of MiniLM": {"network": "minilm", "tuning": "last", "last_layers": 1, "batch_size": 32},
    },
    "generator": {
        f"{steps} steps of D, {loss}": {"discriminator_steps": steps, "loss": loss}
        for steps, loss in (
            *((5, loss) for loss in ("relativistic", "non_saturating", "least_squares", "wasserstein")),
            (2, "relativistic"),
            (1, "wasserstein"),
        )
    },
    "plane": {"5 steps of D": {"discriminator_steps": 5}},
}
# Not looked at while the estimate was made.
HELD_BACK: dict[str, dict[str, dict[str, Any]]] = {
    "digits": {
        "wide on clothes": {"width": 64, "depth": 2, "batch_size": 128, "data": "fashion"},
        "five plain layers": {"network": "plain", "hidden_layers": 5, "hidden_size": 512, "activation": "gelu"},
        "three convolutions a block": {"convolutions": 3, "kernel": 5, "width": 8},
    },
    "voice": {
        "two layers of GRU": {"layers": 2, "hidden_size": 96, "front_end": False},
        "LSTM over 64 bands": {"recurrent": "lstm", "hidden_size": 192, "front_end": False, "num_mels": 64},
    },
    "sentiment": {
        "LSTM over reviews": {"network": "lstm", "layers": 3, "data": "imdb", "length": 64, "epochs": 2},
        "six narrow layers": {"layers": 6, "heads": 8, "width": 64, "feed_forward": 128},
        "LoRA of rank 32": {"network": "minilm", "tuning": "lora", "rank": 32, "batch_size": 16},
    },
    "generator": {
        "wide and moved": {"width": 48, "loss": "least_squares", "batch_size": 128, "augmentation": "shift_cut"},
        "3 steps of D with a penalty each": {"discriminator_steps": 3, "loss": "wasserstein", "penalty_every": 1},
    },
    "plane": {"3 steps of D, wide": {"width": 128, "latent": 16, "discriminator_steps": 3, "loss": "wasserstein"}},
}


@dataclass(frozen=True)
class EstimatedRun:
    """Seconds of one run."""

    said: float
    real: float


def measure(options: Options) -> Findings:
    """The ratio for every config, in turns."""
    machine.limit(1)
    found: dict[str, list[EstimatedRun]] = {}
    left_out: list[str] = []
    for _ in range(options.repeats or REPEATS):
        for name, task, config in _configs():
            if name not in left_out:
                try:
                    both = measured(task, config)
                except GlassboxError:  # no data, or no points of one's own
                    left_out.append(name)
                else:
                    found.setdefault(name, []).append(both)
    ratios = {name: [one.said / one.real for one in several] for name, several in found.items()}
    medians = [statistics.median(several) for several in ratios.values()]
    return Findings(
        [
            Figure("Least of all medians", [min(medians)], aim=f"at least {FEWEST:g}", digits=2),
            Figure("Greatest of all medians", [max(medians)], aim=f"at most {MOST:g}", digits=2),
            *(Figure(_label(name, found[name]), values, digits=2) for name, values in ratios.items()),
        ],
        [],
        [f"Left out, because its data is not here: {name}." for name in left_out],
    )


def _label(name: str, several: list[EstimatedRun]) -> str:
    said, real = (statistics.median(values) for values in zip(*((one.said, one.real) for one in several), strict=True))
    return f"{name}: {said:.3g} s said, {real:.3g} s real"


def _configs() -> Iterator[tuple[str, Training, Config]]:
    """Every config with its name."""
    for name in demos.names():
        task, title = demos.task(name), demos.find(name).title
        if not isinstance(task, Training) or task.cost is None:
            continue
        for preset in task.presets:
            yield f"{title}, “{preset.label}”", task, task.Config(**preset.values)
        for kind, known in (("", BESIDE), (" (held back)", HELD_BACK)):
            for beside, values in known.get(name, {}).items():
                yield f"{title}, {beside}{kind}", task, task.Config(**values)


def measured(task: Training, config: Config) -> EstimatedRun:
    """What is said of a run, and what it takes."""
    assert task.cost is not None
    cost = task.cost(config)
    dataset = _dataset(task, config, cost)
    learner = task.learner(config, Placement(threads=1, channels_last=True))
    loop = Loop(task, config, dataset, learner, (10_000,))
    loop.advance()
    learner.evaluate(dataset.validation)  # what is real is looked at once
    before = _speed()
    step = _mean_seconds(loop.advance, least=LEAST_STEPS)
    between = _speed()
    evaluation = _mean_seconds(lambda: learner.evaluate(dataset.validation), least=1) / len(dataset.validation)
    speeds = (before, between, _speed())
    speed = Speed(*(statistics.fmean(values) for values in zip(*map(astuple, speeds), strict=True)))
    per_epoch = max(1, cost.num_train // task.batch_size(config))
    num_evaluations = 1 + config.epochs * min(per_epoch, -(-EVALUATIONS // config.epochs))
    evaluated = num_evaluations * cost.num_validation + cost.num_test
    return EstimatedRun(
        said=estimate(task, config, speed=speed).seconds,
        real=config.epochs * per_epoch * step + evaluated * evaluation,
    )


def _speed() -> Speed:
    """Of the moment, as it is for the steps: on average, not at best."""
    return machine_speed(clock=time.process_time, summary=statistics.fmean)


def _mean_seconds(work: Callable[[], object], *, least: int) -> float:
    count, start = 0, time.process_time()
    while count < least or time.process_time() - start < LEAST_SECONDS:
        work()
        count += 1
    return (time.process_time() - start) / count


def _dataset(task: Training, config: Any, cost: Cost) -> Dataset:
    """As much of what a config learns from as is measured with; raises `DataUnavailableError`."""
    if task.name in ("digits", "generator"):
        made = torch.randint(0, 255, (NUM_PICTURES, 28, 28), dtype=torch.uint8)
    elif task.name == "voice":
        made = torch.randn(NUM_PICTURES, NUM_FRAMES, config.num_mels).half()
    else:
        return _shortened(task.load(config))
    labels = torch.arange(len(made)) % 10
    learned = min(cost.num_train, len(made))
    return _shortened(
        Dataset(Split(made[:learned], labels[:learned], ""), Split(made, labels, ""), Split(made, labels, ""))
    )


def _shortened(dataset: Dataset) -> Dataset:
    validation = dataset.validation
    some = Split(validation.inputs[:NUM_EVALUATED], validation.targets[:NUM_EVALUATED], validation.name)
    return Dataset(dataset.train, some, dataset.test)
