"""Generator beside the DCGAN of pytorch/examples, made conditional (`reference_dcgan.py`), in one run."""

import torch

from benchmarks import machine, reference_dcgan
from benchmarks.generator import AGREEMENT, GOAL, LOOK_EVERY, Clock, Reached, of_runs, run
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Dataset, Placement, Split
from core.demos.generator import measures
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.frozen_classifier import FrozenClassifier, find_classifier
from core.demos.generator.latents import NUM_CLASSES
from core.demos.generator.learner import MEASURED_SEED, NUM_MEASURED
from core.training import engine, placement

SEEDS = 3
MOST_SECONDS = 90.0  # of processor time, after which the peer is given up
TITLE = "Generator beside DCGAN"
METHOD = (
    "Runs of the default preset, and the DCGAN of pytorch/examples, written anew for 28×28 pixels and told the class "
    "by an embedding beside the latent numbers and a plane beside the picture; it learns from the same 3,500 digits "
    f"and is judged the same way. {GOAL} The peer is given up after {MOST_SECONDS:.0f} s of processor time."
)


def measure(options: Options) -> Findings:
    """Ours and the peer in turn, with the same seeds."""
    where = Placement(device=placement.device_for("auto"), threads=options.threads, channels_last=True)
    machine.limit(options.threads)
    seeds = list(range(options.repeats or SEEDS))
    pairs = [(run(GeneratorConfig(seed=seed), where, to_end=False).reached, peer(seed, where)) for seed in seeds]
    ours, peers = [own for own, _ in pairs], [theirs for _, theirs in pairs]
    given_up = sum(not one.is_there for one in peers)
    return Findings(
        [
            *of_runs(ours),
            Figure("DCGAN of pytorch/examples, until the same or given up", [one.seconds for one in peers], "s"),
            Figure("The same, processor time", [one.processor_seconds for one in peers], "s"),
            Figure(f"The same, in steps of {reference_dcgan.BATCH} pictures", [one.steps for one in peers], digits=0),
            Figure("Its agreement then", [one.figures["agreement"] for one in peers], "%"),
            Figure("Its diversity then, of that of real pictures", [one.figures["diversity"] for one in peers], "%"),
            Figure(
                "Its processor time over ours",
                [theirs.processor_seconds / own.processor_seconds for own, theirs in pairs],
                "times",
            ),
        ],
        seeds,
        [
            f"{given_up or 'None'} of {len(peers)} trainings of the peer had to be given up below {AGREEMENT:.0f} %"
            f"{'; where one was, the ratio is a lower bound' if given_up else ''}.",
            f"Threads: {options.threads}.",
        ],
    )


def peer(seed: int, where: Placement) -> Reached:
    """Train the peer until the goal is met or its time is over."""
    config = GeneratorConfig(seed=seed)
    dataset = engine.on_device(demos.training("generator").load(config), where.device)
    classifier = find_classifier(config.data)
    assert classifier is not None
    classifier.to(where.device)
    dcgan, clock, step = reference_dcgan.Dcgan(seed=seed, device=where.device), Clock(), 0
    while True:
        clock.time(lambda: _peer_steps(dcgan, dataset))
        step += LOOK_EVERY
        figures = _peer_figures(dcgan, classifier, dataset.validation)
        found = Reached(step, clock.seconds, clock.processor_seconds, figures)
        if found.is_there or clock.processor_seconds > MOST_SECONDS:
            return found


def _peer_steps(dcgan: reference_dcgan.Dcgan, dataset: Dataset) -> None:
    """A few steps on examples drawn at random, which costs less than the loader of the example."""
    inputs, targets = dataset.train.inputs, dataset.train.targets
    for _ in range(LOOK_EVERY):
        index = torch.randperm(len(inputs), device=inputs.device)[: reference_dcgan.BATCH]
        dcgan.step(inputs[index].unsqueeze(1).float() / 127.5 - 1, targets[index])


def _peer_figures(dcgan: reference_dcgan.Dcgan, classifier: FrozenClassifier, split: Split) -> dict[str, float]:
    labels = torch.arange(NUM_MEASURED, device=split.inputs.device) % NUM_CLASSES
    noise = torch.Generator().manual_seed(MEASURED_SEED)
    vectors = torch.randn(NUM_MEASURED, reference_dcgan.LATENT, generator=noise).to(labels.device)
    features, probabilities = classifier.look(dcgan.drawn(vectors, labels))
    real = classifier.look(split.inputs[:NUM_MEASURED].unsqueeze(1).float() / 255)[0]
    spread = measures.spread(features, labels) / measures.spread(real, split.targets[:NUM_MEASURED])
    return {"agreement": measures.agreement(probabilities, labels), "diversity": 100 * spread}
