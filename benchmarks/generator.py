"""Generator: the time a run needs until its digits can be read, whether it ever collapses, and how fast it draws.

The peer is the DCGAN of pytorch/examples, made conditional (`reference_dcgan.py`).
"""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks import machine, reference_dcgan
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Dataset, Placement, Split
from core.demos.generator import measures
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.judge import Judge, judge
from core.demos.generator.latents import NUM_CLASSES
from core.demos.generator.learner import JUDGED_SEED, NUM_JUDGED
from core.demos.generator.painter import Painter, release_painter
from core.training import engine, placement

AGREEMENT, DIVERSITY = 90.0, 80.0  # %
SEEDS, PEER_SEEDS, GRIDS, SYNTHETIC = 10, 3, 100, 10_000
PER_CLASS = 200  # pictures of each class behind the figures at the end of a run
LOOK_EVERY = 18  # steps
MOST_EPOCHS = 20  # of ours, where the goal is not met at the end of the preset
PEER_SECONDS = 150.0  # of training steps, after which the peer is given up
TITLE = "Generator"
METHOD = (
    "Runs of the default preset (“Quick”, 5,000 MNIST digits of which 3,500 are learned from). The goal is met when a "
    f"frozen classifier sees the asked class in {AGREEMENT:.0f} % of {NUM_JUDGED} generated pictures, which must also "
    f"differ from each other at least {DIVERSITY:.0f} % as much as real ones of their class, because averages of a "
    f"class are recognised early too; looked at every {LOOK_EVERY} steps. At the end of the preset {PER_CLASS} "
    "pictures of each class are judged. The peer is the DCGAN of pytorch/examples, written anew for 28×28 pixels and "
    "told the class by an embedding beside the latent numbers and a plane beside the picture; it learns from the same "
    f"pictures, is judged the same way, and is given up after {PEER_SECONDS:.0f} s of training steps. Times are those "
    "of the training steps alone. Drawing: the release model of digits in batches of 64. Processor time is what is "
    "used of the cores, and hardly depends on others that use the machine."
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
    """Trainings with seeds from 0 on, the peer's with the first of them, then drawing."""
    where = Placement(device=placement.device_for("auto"), threads=options.threads, channels_last=True)
    machine.limit(options.threads)
    seeds = list(range(options.repeats or SEEDS))
    runs = [run(GeneratorConfig(seed=seed), where) for seed in seeds]
    peers = [peer(seed, where) for seed in seeds[:PEER_SEEDS]]
    machine.limit(1)
    painter = release_painter("mnist")
    grids = [_processor_seconds(lambda seed=seed: painter.synthetic(64, seed=seed)) for seed in range(GRIDS)]
    made = [SYNTHETIC / _processor_seconds(lambda: _draw(painter)) for _ in range(3)]
    return Findings(
        [
            *_of_runs([one.reached for one in runs]),
            Figure("Agreement at the end of the preset", [_mean(one.by_class) for one in runs], "%", "at least 90 %"),
            Figure("The same, of the class with the least", [min(one.by_class) for one in runs], "%"),
            Figure("Diversity at the end, of that of real pictures", [one.diversity for one in runs], "%"),
            *_of_peer(peers, [one.reached for one in runs]),
            Figure(
                "A grid of 64, processor time, median",
                [1000 * statistics.median(grids)],
                "ms",
                "at most 60 ms on one core, better 6",
            ),
            Figure("Synthetic pictures a second of processor time", made, "", digits=0),
        ],
        seeds,
        [*_remarks(runs, peers), f"Training with threads: {options.threads}, drawing with one. {GRIDS} grids."],
    )


def _of_runs(reached: list[Reached]) -> list[Figure]:
    return [
        Figure(f"Until {AGREEMENT:.0f} % agreement", [one.seconds for one in reached], "s", "at most 25 s, better 8"),
        Figure("The same, processor time", [one.processor_seconds for one in reached], "s"),
        Figure(
            f"The same, in steps of {GeneratorConfig().batch_size} pictures",
            [one.steps for one in reached],
            digits=0,
        ),
    ]


def _of_peer(peers: list[Reached], ours: list[Reached]) -> list[Figure]:
    ratios = [theirs.processor_seconds / own.processor_seconds for theirs, own in zip(peers, ours, strict=False)]
    return [
        Figure("DCGAN of pytorch/examples, until the same or given up", [one.seconds for one in peers], "s"),
        Figure("The same, processor time", [one.processor_seconds for one in peers], "s"),
        Figure(f"The same, in steps of {reference_dcgan.BATCH} pictures", [one.steps for one in peers], digits=0),
        Figure("Its agreement then", [one.figures["agreement"] for one in peers], "%"),
        Figure("Its processor time over ours", ratios, "times"),
    ]


def _remarks(runs: list[Run], peers: list[Reached]) -> list[str]:
    collapsed = sum(min(one.by_class) < 50 for one in runs)
    given_up = sum(not one.is_there for one in peers)
    return [
        f"{collapsed or 'None'} of {len(runs)} runs collapsed (a class of which the classifier sees less than half as "
        "such).",
        f"{given_up or 'None'} of {len(peers)} trainings of the peer had to be given up"
        f"{'; where one was, the ratio is a lower bound' if given_up else ''}.",
    ]


def run(config: GeneratorConfig, where: Placement) -> Run:
    """Train to the end of the preset, and on where the goal is not met by then."""
    task = demos.task("generator")
    dataset = engine.on_device(task.load(config), where.device)
    loop = engine.Loop(task, config, dataset, task.learner(config, where), (MOST_EPOCHS,))
    clock, end = Clock(), config.epochs * loop.total // MOST_EPOCHS
    reached: Reached | None = None
    by_class: tuple[float, ...] = ()
    while reached is None or not by_class:
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
    vectors = torch.randn(len(labels), learner.config.latent, generator=torch.Generator().manual_seed(JUDGED_SEED + 1))
    right = learner.judge.look(learner.drawn(vectors, labels))[1].argmax(1) == labels
    return tuple((100 * right.view(NUM_CLASSES, PER_CLASS).float().mean(1)).tolist())


def peer(seed: int, where: Placement) -> Reached:
    """Train the peer until the goal is met or its time is over."""
    config = GeneratorConfig(seed=seed)
    dataset = engine.on_device(demos.task("generator").load(config), where.device)
    judged = judge(config.data)
    assert judged is not None
    judged.to(where.device)
    dcgan, clock, step = reference_dcgan.Dcgan(seed=seed, device=where.device), Clock(), 0
    while True:
        clock.time(lambda: _peer_steps(dcgan, dataset))
        step += LOOK_EVERY
        figures = _peer_figures(dcgan, judged, dataset.validation)
        found = Reached(step, clock.seconds, clock.processor_seconds, figures)
        if found.is_there or clock.seconds > PEER_SECONDS:
            return found


def _peer_steps(dcgan: reference_dcgan.Dcgan, dataset: Dataset) -> None:
    """A few steps on examples drawn at random, which costs less than the loader of the example."""
    inputs, targets = dataset.train.inputs, dataset.train.targets
    for _ in range(LOOK_EVERY):
        index = torch.randperm(len(inputs), device=inputs.device)[: reference_dcgan.BATCH]
        dcgan.step(inputs[index].unsqueeze(1).float() / 127.5 - 1, targets[index])


def _peer_figures(dcgan: reference_dcgan.Dcgan, judged: Judge, split: Split) -> dict[str, float]:
    labels = torch.arange(NUM_JUDGED, device=split.inputs.device) % NUM_CLASSES
    noise = torch.Generator().manual_seed(JUDGED_SEED)
    vectors = torch.randn(NUM_JUDGED, reference_dcgan.LATENT, generator=noise).to(labels.device)
    features, probabilities = judged.look(dcgan.drawn(vectors, labels))
    real = judged.look(split.inputs[:NUM_JUDGED].unsqueeze(1).float() / 255)[0]
    spread = measures.spread(features, labels) / measures.spread(real, split.targets[:NUM_JUDGED])
    return {"agreement": measures.agreement(probabilities, labels), "diversity": 100 * spread}


def _mean(values: tuple[float, ...]) -> float:
    return sum(values) / len(values)


def _draw(painter: Painter) -> None:
    painter.synthetic(SYNTHETIC, seed=0)


def _processor_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
