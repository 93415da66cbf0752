"""Generator: the time a run needs until its digits can be read, and how fast the release model draws."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import machine
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Placement
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.learner import NUM_JUDGED
from core.demos.generator.painter import Painter, release_painter
from core.training import engine, placement

AGREEMENT, DIVERSITY = 90.0, 80.0  # %
TITLE = "Generator"
METHOD = (
    f"A run of the preset “quick” (5,000 MNIST digits), trained on until a frozen classifier sees the asked class in "
    f"{AGREEMENT:.0f} % of {NUM_JUDGED} generated pictures, which must also differ from each other at least "
    f"{DIVERSITY:.0f} % as much as real ones of their class, because averages of a class are recognised early too; "
    "looked at every 18 steps. The time is that of the training steps alone. Drawing: the release model of digits in "
    "batches of 64. Processor time is what is used of the cores, and hardly depends on others that use the machine."
)
REPEATS, GRIDS, SYNTHETIC = 3, 100, 10_000
MOST_EPOCHS, LOOK_EVERY = 20, 18


@dataclass(frozen=True)
class Reached:
    """How long a training took until its goal."""

    steps: int
    seconds: float
    processor_seconds: float


def measure(options: Options) -> Findings:
    """Trainings with seeds from 0 on, then drawing."""
    machine.limit(options.threads)
    seeds = list(range(options.repeats or REPEATS))
    reached = [until_readable(GeneratorConfig(seed=seed), threads=options.threads) for seed in seeds]
    machine.limit(1)
    painter = release_painter("mnist")
    grids = [_processor_seconds(lambda seed=seed: painter.synthetic(64, seed=seed)) for seed in range(GRIDS)]
    made = [SYNTHETIC / _processor_seconds(lambda: _draw(painter)) for _ in seeds]
    return Findings(
        [
            Figure(
                f"Until {AGREEMENT:.0f} % agreement", [one.seconds for one in reached], "s", "at most 25 s, better 8"
            ),
            Figure("The same, processor time", [one.processor_seconds for one in reached], "s"),
            Figure("The same, in steps of 64 pictures", [one.steps for one in reached], "", digits=0),
            Figure(
                "A grid of 64, processor time, median",
                [1000 * statistics.median(grids)],
                "ms",
                "at most 60 ms on one core, better 6",
            ),
            Figure("Synthetic pictures a second of processor time", made, "", digits=0),
        ],
        seeds,
        [f"Training with {options.threads} threads, drawing with one. The median of {GRIDS} grids."],
    )


def until_readable(config: GeneratorConfig, *, threads: int) -> Reached:
    """Train until the goal is met; raises `RuntimeError` where it is not in 20 epochs."""
    task = demos.task("generator")
    where = Placement(device=placement.device_for("auto"), threads=threads, channels_last=True)
    dataset = engine.on_device(task.load(config), where.device)
    loop = engine.Loop(task, config, dataset, task.learner(config, where), (MOST_EPOCHS,))
    seconds = processor_seconds = 0.0
    while loop.step < loop.total:
        start, used = time.perf_counter(), time.process_time()
        for _ in range(LOOK_EVERY):
            loop.advance()
        seconds += time.perf_counter() - start
        processor_seconds += time.process_time() - used
        figures = loop.learner.evaluate(dataset.validation)
        if figures["agreement"] >= AGREEMENT and figures["diversity"] >= DIVERSITY:
            return Reached(loop.step, seconds, processor_seconds)
    raise RuntimeError(f"{AGREEMENT:.0f} % agreement was not reached in {MOST_EPOCHS} epochs.")


def _draw(painter: Painter) -> None:
    painter.synthetic(SYNTHETIC, seed=0)


def _processor_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
