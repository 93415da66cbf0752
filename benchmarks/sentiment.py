"""Sentiment: how long an answer takes, how many rows a second, and a cold start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

import numpy as np
import torch

from benchmarks.results import Figure, Findings, Options, percentile
from core.data.tables.table import column_texts
from core.data.text import reviews, table
from core.demos.sentiment.config import RELEASES
from core.demos.sentiment.reader import TextReader, read_model

TITLE = "Sentiment: speed"
METHOD = (
    "Answers: one thread; sentences of the Rotten Tomatoes test part one by one, from the text to its probabilities "
    "with all checks; rows: a CSV of IMDb's test reviews, from its bytes to the probabilities of each row, read as far "
    "as the model reads. Cold start: a new process until the first answer, in which transformers is not imported."
)
REPEATS = 3
NUM_SENTENCES, WARM_UP, NUM_ROWS = 200, 20, 500
SPEED_AIM = {"small": "at most 5 ms", "encoder": "at most 15 ms, better 3"}
LABELS = {"small": "from scratch", "encoder": "MiniLM"}
COLD = """
import sys, torch
torch.set_num_threads(1)
from core.demos.sentiment.reader import read_model
from core.demos.sentiment.config import RELEASES
print(read_model(RELEASES[sys.argv[1]]).read("A wonderful film.").probabilities)
sys.exit("transformers was imported" if "transformers" in sys.modules else 0)
"""


def measure(options: Options) -> Findings:
    """Speeds of the release models that are here."""
    seeds = list(range(options.repeats or REPEATS))
    torch.set_num_threads(1)  # as the web process does
    return Findings(_speeds(seeds), seeds)


def _speeds(seeds: Sequence[int]) -> list[Figure]:
    figures = []
    for name, model in RELEASES.items():
        reader = read_model(model)
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
    texts = reviews.load("rotten_tomatoes").test.texts
    chosen = np.random.default_rng(seed).choice(len(texts), NUM_SENTENCES + WARM_UP, replace=False)
    taken = []
    for index in chosen:
        start = time.perf_counter()
        reader.read(texts[index])
        taken.append(1000 * (time.perf_counter() - start))
    return taken[WARM_UP:]


def rows_a_second(reader: TextReader) -> float:
    """Rows of a CSV of whole reviews that are read and answered in a second."""
    texts = reviews.load("imdb").test.texts[:NUM_ROWS]
    content = "text\n" + "".join('"' + text.replace('"', '""') + '"\n' for text in texts)
    start = time.perf_counter()
    found = table.read_csv(content.encode(), name="reviews.csv")
    reader.probabilities(column_texts(found, "text"))
    return NUM_ROWS / (time.perf_counter() - start)


def _cold(name: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", COLD, name], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
