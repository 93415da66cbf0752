"""Generator: the time a run needs until its digits can be read, whether it ever collapses, and how fast it draws.

A peer stands beside it in `generator_peer.py`.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks import machine
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Placement
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.latents import NUM_CLASSES
from core.demos.generator.learner import MEASURED_SEED, NUM_MEASURED
from core.demos.generator.painter import Painter, release_painter
from core.training import engine, placement

AGREEMENT, DIVERSITY = 90.0, 80.0  # %
SEEDS, GRIDS, SYNTHETIC = 10, 100, 10_000
PER_CLASS = 200  # pictures of each class behind the figures at the end of a run
LOOK_EVERY = 18  # steps
MOST_EPOCHS = 20  # of ours, where the goal is not met at the end of the preset
TITLE = "Generator"
GOAL = (
    f"The goal is met when a frozen classifier sees the asked class in {AGREEMENT:.0f} % of {NUM_MEASURED} generated "
    f"pictures, which must also differ from each other at least {DIVERSITY:.0f} % as much as real ones of their class, "
    f"because averages of a class are recognised early too; looked at every {LOOK_EVERY} steps. Times are those of the "
    "training steps alone. Processor time is what is used of the cores, and hardly depends on others that use the "
    "machine."
)
METHOD = (
    "Runs of the default preset (“Quick”, 5,000 MNIST digits of which 3,500 are learned from). "
    f"{GOAL} At the end of the preset {PER_CLASS} pictures of each class are judged. Drawing: the release model of "
    "digits in batches of 64."
)


@dataclass
class Clock:
    """Time spent in training steps so far."""

    seconds: float = 0.0
    processor_seconds: float = 0.0

    def time(self, work: Callable[[], object]) -> None:
        """Do some work and count it."""
        start, used = time.perf_counter(), time.process_time()
        work()
        self.seconds += time.perf_counter() - start
        self.processor_seconds += time.process_time() - used


@dataclass(frozen=True)
class Reached:
    """How far a training came."""

    steps: int
    seconds: float
    processor_seconds: float
    figures: Mapping[str, float]  # agreement and diversity, percent

    @property
    def is_there(self) -> bool:
        return self.figures["agreement"] >= AGREEMENT and self.figures["diversity"] >= DIVERSITY


@dataclass(frozen=True)
class Run:
    """One run of the preset."""

    reached: Reached
    by_class: tuple[float, ...]  # agreement at the end of the preset, percent
    diversity: float  # at the same time, percent


def measure(options: Options) -> Findings:
    """Trainings with seeds from 0 on, then drawing."""
    where = Placement(device=placement.device_for("auto"), threads=options.threads, channels_last=True)
    machine.limit(options.threads)
    seeds = list(range(options.repeats or SEEDS))
    runs = [run(GeneratorConfig(seed=seed), where) for seed in seeds]
    machine.limit(1)
    painter = release_painter()
    grids = [_processor_seconds(lambda seed=seed: painter.synthetic(64, seed=seed)) for seed in range(GRIDS)]
    made = [SYNTHETIC / _processor_seconds(lambda: _draw(painter)) for _ in range(3)]
    return Findings(
        [
            *of_runs([one.reached for one in runs]),
            Figure("Agreement at the end of the preset", [_mean(one.by_class) for one in runs], "%", "at least 90 %"),
            Figure("The same, of the class with the least", [min(one.by_class) for one in runs], "%"),
            Figure("Diversity at the end, of that of real pictures", [one.diversity for one in runs], "%"),
            Figure(
                "A grid of 64, processor time, median",
                [1000 * statistics.median(grids)],
                "ms",
                "at most 60 ms on one core, better 6",
            ),
            Figure("Synthetic pictures a second of processor time", made, "", digits=0),
        ],
        seeds,
        [_collapsed(runs), f"Training with threads: {options.threads}, drawing with one. {GRIDS} grids."],
    )


def of_runs(reached: list[Reached]) -> list[Figure]:
    """What it took until the goal."""
    return [
        Figure(f"Until {AGREEMENT:.0f} % agreement", [one.seconds for one in reached], "s", "at most 25 s, better 8"),
        Figure("The same, processor time", [one.processor_seconds for one in reached], "s"),
        Figure(
            f"The same, in steps of {GeneratorConfig().batch_size} pictures",
            [one.steps for one in reached],
            digits=0,
        ),
    ]


def _collapsed(runs: list[Run]) -> str:
    count = sum(min(one.by_class) < 50 for one in runs)
    return (
        f"{count or 'None'} of {len(runs)} runs collapsed: less than half of the pictures of a class are seen as such."
    )


def run(config: GeneratorConfig, where: Placement, *, to_end: bool = True) -> Run:
    """Train to the end of the preset, and on where the goal is not met by then; or only until the goal."""
    task = demos.training("generator")
    dataset = engine.on_device(task.load(config), where.device)
    loop = engine.Loop(task, config, dataset, task.learner(config, where), (MOST_EPOCHS,))
    clock, end = Clock(), config.epochs * loop.total // MOST_EPOCHS
    reached: Reached | None = None
    by_class: tuple[float, ...] = ()
    diversity = 0.0
    while reached is None or (to_end and not by_class):
        steps = min(LOOK_EVERY, loop.total - loop.step, end - loop.step if loop.step < end else LOOK_EVERY)
        clock.time(lambda steps=steps: [loop.advance() for _ in range(steps)])
        figures = loop.learner.evaluate(dataset.validation)
        now = Reached(loop.step, clock.seconds, clock.processor_seconds, figures)
        if reached is None and (now.is_there or loop.step == loop.total):
            reached = now
        if loop.step == end:
            by_class, diversity = _by_class(loop.learner, where), figures["diversity"]
    return Run(reached, by_class, diversity)


def _by_class(learner: Any, where: Placement) -> tuple[float, ...]:
    labels = torch.arange(NUM_CLASSES, device=where.device).repeat_interleave(PER_CLASS)
    vectors = torch.randn(
        len(labels), learner.config.latent, generator=torch.Generator().manual_seed(MEASURED_SEED + 1)
    )
    right = learner.classifier.look(learner.drawn(vectors, labels))[1].argmax(1) == labels
    return tuple((100 * right.view(NUM_CLASSES, PER_CLASS).float().mean(1)).tolist())


def _mean(values: tuple[float, ...]) -> float:
    return sum(values) / len(values)


def _draw(painter: Painter) -> None:
    painter.synthetic(SYNTHETIC, seed=0)


def _processor_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
