"""Server time of one prediction: what the Digits page does between a stroke's arrival and the figure's departure."""

import time

import numpy as np

from benchmarks.canvas import canvas_json
from benchmarks.results import Figure, Findings, Options, percentile
from core.data.pictures import drawing, strokes
from core.data.pictures.pen_strokes import strokes_from_canvas
from core.demos.digits.reader import DigitReader, read_model
from core.plots import pictures
from core.plots.probabilities import probabilities_sentence, probability_bars

TITLE = "Server time of one prediction"
METHOD = (
    "One thread, the functions that the page calls: the canvas's data to strokes, checks, preparation, the release "
    "model, the bars with their sentence, as JSON that leaves for the browser. Drawings of every style in turn. The "
    "five small pictures of what the network sees are measured on their own, because they follow under the answer."
)
NUM_DRAWINGS, REPEATS, WARM_UP = 200, 5, 20
CLASSES = tuple("0123456789")


def answer(reader: DigitReader, json_data: dict[str, object]) -> drawing.Prepared:
    """From the canvas's data to the figure as JSON; returns the preparation, whose pictures come next."""
    given = strokes_from_canvas(json_data, (strokes.CANVAS, strokes.CANVAS))
    reading = reader.read(given, switches=drawing.Switches())
    assert reading.probabilities is not None
    assert reading.prepared is not None
    probability_bars(CLASSES, reading.probabilities, dark=False).to_json()
    probabilities_sentence(CLASSES, reading.probabilities)
    return reading.prepared


def measure(options: Options) -> Findings:
    """p50 and p95 of a few hundred drawings, several times."""
    import torch

    torch.set_num_threads(1)  # as the web process does
    reader = read_model()
    seeds = range(options.repeats or REPEATS)
    answers, busy, seen = [], [], []
    for seed in seeds:
        drawn = _drawn(seed)
        for json_data in drawn[:WARM_UP]:
            answer(reader, json_data)
        answer_ms, busy_ms, pictures_ms = [], [], []
        for json_data in drawn:
            start, processor = time.perf_counter(), time.thread_time()
            prepared = answer(reader, json_data)
            answered = time.perf_counter()
            busy_ms.append(1000 * (time.thread_time() - processor))
            for step in prepared.steps:
                pictures.picture(step.image, dark=False)
            answer_ms.append(1000 * (answered - start))
            pictures_ms.append(1000 * (time.perf_counter() - answered))
        answers.append(answer_ms)
        busy.append(busy_ms)
        seen.append(pictures_ms)
    return Findings(
        [
            Figure("Stroke data to figure, p50", [percentile(ms, 50) for ms in answers], "ms", "at most 10 ms", 2),
            Figure("Stroke data to figure, p95", [percentile(ms, 95) for ms in answers], "ms", digits=2),
            Figure("Processor time of it, p50", [percentile(ms, 50) for ms in busy], "ms", digits=2),
            Figure("The five pictures, p50", [percentile(ms, 50) for ms in seen], "ms", digits=2),
        ],
        list(seeds),
        [f"Each value is a percentile of {NUM_DRAWINGS} drawings."],
    )


def _drawn(seed: int) -> list[dict[str, object]]:
    rng = np.random.default_rng(seed)
    written = [(digit, style) for digit in range(10) for style in strokes.styles(digit)]
    chosen = [written[i % len(written)] for i in range(NUM_DRAWINGS)]
    return [canvas_json(strokes.sample(digit, rng=rng, style=style)) for digit, style in chosen]
