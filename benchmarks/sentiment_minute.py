"""Sentiment: what a minute of training gives, beside the same network on padded texts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch

from benchmarks import machine, sentiment_peer
from benchmarks.results import Figure, Findings, Options
from benchmarks.sentiment import LABELS
from core.contract import Batch, Dataset, Placement, Progress
from core.demos.sentiment import TASK
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import TextLearner, make_learner
from core.training.supervised import SupervisedLearner

TITLE = "Sentiment: a minute of training"
METHOD = (
    "SST-2's training phrases in a random order until the clock says 60 s, the learning rate following the clock; then "
    "the last weights answer the 872 dev sentences, on which nothing was chosen. Peers: the same first weights, batches"
    " and learning rate in `nn.TransformerEncoder` (from scratch) and `BertModel` of transformers (MiniLM), every text "
    "padded to 128 pieces as run_glue does."
)
REPEATS = 3
SECONDS, PADDED = 60.0, 128
MINUTE = {
    "small": SentimentConfig(data="sst2", batch_size=32, dropout=0.1),
    "encoder": SentimentConfig(
        data="sst2", network="minilm", learning_rate=2e-4, batch_size=16, dropout=0.1, word_dropout=0.0,
        weight_decay=0.01, label_smoothing=0.05, layer_decay=0.9,
    ),
}  # fmt: skip
MINUTE_AIM = {"small": "better 80 %", "encoder": "better 88 %"}


def measure(options: Options) -> Findings:
    """Trainings of every network and its peer; SST-2 has to be in the data folder."""
    seeds = list(range(options.repeats or REPEATS))
    machine.limit(options.threads)
    return Findings(_trainings(options.threads, seeds), seeds, [f"{options.threads} threads."])


def _trainings(threads: int, seeds: Sequence[int]) -> list[Figure]:
    """Each network and its peer in turns, so that a change of the machine's load meets both."""
    where = Placement(threads=threads)
    figures: list[Figure] = []
    for name, config in MINUTE.items():
        dataset = TASK.load(config)
        makers: dict[str, Callable[[SentimentConfig], SupervisedLearner]] = {
            LABELS[name]: partial(make_learner, placement=where),
            f"{LABELS[name]}, padded to {PADDED}": partial(_padded, where=where),
        }
        found: dict[str, list[tuple[float, float]]] = {label: [] for label in makers}
        for seed in seeds:
            for label, make in makers.items():
                found[label].append(trained(make(replace(config, seed=seed)), dataset, config.batch_size, seed=seed))
        for label, results in found.items():
            aim = MINUTE_AIM[name] if label in LABELS.values() else ""
            accuracies, speeds = zip(*results, strict=True)
            figures += [
                Figure(f"SST-2 dev after {SECONDS:.0f} s, {label}", accuracies, "%", aim, 2),
                Figure(f"Training, {label}", speeds, "texts/s", digits=0),
            ]
    return figures


def _padded(config: SentimentConfig, where: Placement) -> SupervisedLearner:
    learner: TextLearner = make_learner(config, where)
    return sentiment_peer.padded(learner, config, where, length=PADDED)


def trained(
    learner: SupervisedLearner, dataset: Dataset, batch_size: int, *, seed: int, seconds: float = SECONDS
) -> tuple[float, float]:
    """Accuracy in percent on the test split after so many seconds, and texts a second while training."""
    order = torch.randperm(len(dataset.train), generator=torch.Generator().manual_seed(seed))
    ticks, done = 1_000_000, 0
    torch.manual_seed(seed)
    start = time.perf_counter()
    while (now := time.perf_counter() - start) < seconds:
        index = order[torch.arange(done, done + batch_size) % len(order)]
        batch = Batch(dataset.train.inputs[index], dataset.train.targets[index], torch.zeros(batch_size, 0))
        learner.step(batch, Progress(step=int(ticks * now / seconds), steps_per_epoch=ticks, phases=(1,)))
        done += batch_size
    return learner.evaluate(dataset.test)["accuracy"], done / (time.perf_counter() - start)
