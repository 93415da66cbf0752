"""Milliseconds from a recording of three seconds to its answer by the release model of Voice, and the real-time factor.

    python -m benchmarks.voice [--repeats 200]

Decoding an uploaded file and drawing the page are not in these figures.
"""

import argparse
import json
import os
import platform
import time

import numpy as np
import torch

from core.data import audio
from core.demos.voice.hearing import read_model

SECONDS = 3


def answering(*, repeats: int) -> dict[str, object]:
    """Time from 48,000 samples, noise with a louder burst, to the answer: windows, features, probabilities."""
    random = np.random.default_rng(0)
    samples = random.normal(0, 0.002, SECONDS * audio.RATE).astype(np.float32)
    samples[20_000:28_000] += random.normal(0, 0.1, 8_000).astype(np.float32)
    reader = read_model()
    reader.hear(samples)
    milliseconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        reader.hear(samples)
        milliseconds.append(1000 * (time.perf_counter() - start))
    median, slow = np.percentile(milliseconds, [50, 95])
    return {
        "p50_ms": round(float(median), 2),
        "p95_ms": round(float(slow), 2),
        "real_time_factor": round(float(median) / (1000 * SECONDS), 5),
    }


def main() -> None:
    """Measure with one thread and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    print(json.dumps({"machine": machine, "repeats": repeats, "answering": answering(repeats=repeats)}))


if __name__ == "__main__":
    main()
