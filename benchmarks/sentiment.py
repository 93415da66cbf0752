"""Sentiment: how long an answer takes, how many rows a second, a cold start, and what a minute of training gives."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from benchmarks import machine, sentiment_peer
from benchmarks.results import Figure, Findings, Options, percentile
from core.contract import Batch, Dataset, Placement, Progress
from core.data import table, text
from core.demos.sentiment import TASK
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import TextLearner, make_learner
from core.demos.sentiment.reader import TextReader, read_model
from core.demos.sentiment.release import FOLDERS
from core.errors import DataUnavailableError
from core.training.supervised import SupervisedLearner

TITLE = "Sentiment: speed, and a minute of training"
METHOD = (
    "Answers: one thread; sentences of the Rotten Tomatoes test part one by one, from the text to its probabilities "
    "with all checks; rows: a CSV of IMDb's test reviews, from its bytes to the probabilities of each row, read as far "
    "as the model reads. Cold start: a new process until the first answer, in which transformers is not imported. A "
    "minute of training: SST-2's training phrases in a random order until the clock says 60 s, the learning rate "
    "following the clock; then the last weights answer the 872 dev sentences, on which nothing was chosen. Peers: the "
    "same first weights, batches and learning rate in `nn.TransformerEncoder` (from scratch) and `BertModel` of "
    "transformers (MiniLM), every text padded to 128 pieces as run_glue does."
)
REPEATS = 3
NUM_SENTENCES, WARM_UP, NUM_ROWS = 200, 20, 500
SECONDS, PADDED = 60.0, 128
SPEED_AIM = {"small": "at most 5 ms", "encoder": "at most 15 ms, better 3"}
LABELS = {"small": "from scratch", "encoder": "MiniLM"}
MINUTE = {
    "small": SentimentConfig(data="sst2", batch_size=32, dropout=0.1),
    "encoder": SentimentConfig(
        data="sst2", network="minilm", learning_rate=2e-4, batch_size=16, dropout=0.1, word_dropout=0.0,
        weight_decay=0.01, label_smoothing=0.05, layer_decay=0.9,
    ),
}  # fmt: skip
MINUTE_AIM = {"small": "better 80 %", "encoder": "better 88 %"}
COLD = """
import sys, torch
torch.set_num_threads(1)
from core.demos.sentiment.reader import read_model
from core.demos.sentiment.release import FOLDERS
print(read_model(FOLDERS[sys.argv[1]]).read("A wonderful film.").probabilities)
sys.exit("transformers was imported" if "transformers" in sys.modules else 0)
"""


def measure(options: Options) -> Findings:
    """Speeds of the release models that are here, then trainings where SST-2 is here."""
    seeds = list(range(options.repeats or REPEATS))
    machine.limit(options.threads)
    figures, remarks = _trainings(options.threads, seeds)
    torch.set_num_threads(1)  # as the web process does
    return Findings([*_speeds(seeds), *figures], seeds, remarks)


def _speeds(seeds: Sequence[int]) -> list[Figure]:
    figures = []
    for name, folder in FOLDERS.items():
        reader = read_model(folder)
        answers = [milliseconds(reader, seed=seed) for seed in seeds]
        label = f"One sentence, {LABELS[name]}"
        figures += [
            Figure(f"{label}, p50", [percentile(one, 50) for one in answers], "ms", SPEED_AIM[name], 2),
            Figure(f"{label}, p95", [percentile(one, 95) for one in answers], "ms", digits=2),
            Figure(f"Rows of a CSV, {LABELS[name]}", [rows_a_second(reader) for _ in seeds], "rows/s", digits=0),
            Figure(f"Cold start to the first answer, {LABELS[name]}", [_cold(name) for _ in seeds], "s"),
        ]
    return figures


def milliseconds(reader: TextReader, *, seed: int) -> list[float]:
    """What each of some sentences takes."""
    texts = text.load("rotten_tomatoes").test.texts
    chosen = np.random.default_rng(seed).choice(len(texts), NUM_SENTENCES + WARM_UP, replace=False)
    taken = []
    for index in chosen:
        start = time.perf_counter()
        reader.read(texts[index])
        taken.append(1000 * (time.perf_counter() - start))
    return taken[WARM_UP:]


def rows_a_second(reader: TextReader) -> float:
    """Rows of a CSV of whole reviews that are read and answered in a second."""
    reviews = text.load("imdb").test.texts[:NUM_ROWS]
    content = "text\n" + "".join('"' + review.replace('"', '""') + '"\n' for review in reviews)
    start = time.perf_counter()
    found = table.read_csv(content.encode(), name="reviews.csv")
    reader.probabilities(table.column_texts(found, "text"))
    return NUM_ROWS / (time.perf_counter() - start)


def _cold(name: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", COLD, name], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _trainings(threads: int, seeds: Sequence[int]) -> tuple[list[Figure], list[str]]:
    """Each network and its peer in turns, so that a change of the machine's load meets both."""
    where = Placement(threads=threads)
    figures: list[Figure] = []
    for name, config in MINUTE.items():
        try:
            dataset = TASK.load(config)
        except DataUnavailableError as error:
            return figures, [f"No minute of training was measured: {error}"]
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
    return figures, [f"{threads} threads in training."]


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
