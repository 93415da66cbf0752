"""Many people who draw at once on one server."""

import asyncio
import random
from dataclasses import dataclass, replace

import numpy as np

from benchmarks import studio
from benchmarks.results import Figure, Findings, Options, percentile
from benchmarks.visitor import Visitor
from core.data.pictures import strokes
from core.data.pictures.pen_strokes import Strokes

TITLE = "30 sessions drawing at once"
METHOD = (
    "One server, 30 websocket clients that speak Streamlit's protocol (no browser) on the same machine. After all have "
    "opened Digits, each sends a stroke every 2 seconds, at a moment of its own, and waits until the new bars have "
    "arrived. The clients' own work is in the figures; what a browser does after that is not."
)
NUM_SESSIONS, NUM_STROKES, PAUSE_SECONDS, REPEATS = 30, 10, 2.0, 1


@dataclass(frozen=True)
class Seen:
    """One lesson: everybody's seconds, and what the server needed."""

    opened: list[float]
    answered: list[float]
    memory_before: float  # MB
    memory_after: float
    processor_seconds: float  # of the server while all drew


def measure(options: Options) -> Findings:
    """Percentiles over all strokes of all sessions, with the server's memory."""
    seeds = range(options.repeats or REPEATS)
    lessons = []
    for seed in seeds:
        with studio.running() as server:
            lessons.append(asyncio.run(_lesson(server, seed=seed)))
    milliseconds = [[1000 * seconds for seconds in lesson.answered] for lesson in lessons]
    return Findings(
        [
            Figure("Stroke to new bars, p50", [percentile(ms, 50) for ms in milliseconds], "ms", digits=0),
            Figure("Stroke to new bars, p95", [percentile(ms, 95) for ms in milliseconds], "ms", digits=0),
            Figure(
                "Opening Digits, one after the other, p50", [percentile(o.opened, 50) for o in lessons], "s", digits=2
            ),
            Figure("Server's memory before", [lesson.memory_before for lesson in lessons], "MB", digits=0),
            Figure("Server's memory with 30 sessions", [lesson.memory_after for lesson in lessons], "MB", digits=0),
            Figure(
                "Server's processor time for each stroke",
                [1000 * lesson.processor_seconds / len(lesson.answered) for lesson in lessons],
                "ms",
                digits=0,
            ),
        ],
        list(seeds),
        [f"Percentiles of {NUM_SESSIONS} × {NUM_STROKES} strokes a repeat."],
    )


async def _lesson(server: studio.Studio, *, seed: int) -> Seen:
    before = server.memory()
    visitors = [Visitor(server.address) for _ in range(NUM_SESSIONS)]
    opened = [await visitor.open() for visitor in visitors]
    processor = server.processor_seconds()
    drawn = await asyncio.gather(*(_draw(v, seed=seed * NUM_SESSIONS + i) for i, v in enumerate(visitors)))
    processor, after = server.processor_seconds() - processor, server.memory()
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    return Seen(opened, [seconds for each in drawn for seconds in each], before, after, processor)


async def _draw(visitor: Visitor, *, seed: int) -> list[float]:
    rng, chance = np.random.default_rng(seed), random.Random(seed)
    await asyncio.sleep(chance.uniform(0, PAUSE_SECONDS))
    seconds: list[float] = []
    while len(seconds) < NUM_STROKES:
        for given in _strokes(strokes.sample(chance.randrange(10), rng=rng)):
            seconds.append(await visitor.draw(given))
            await asyncio.sleep(max(0.0, PAUSE_SECONDS - seconds[-1]))
    return seconds[:NUM_STROKES]


def _strokes(digit: Strokes) -> list[Strokes]:
    """The drawing after each of its strokes."""
    return [replace(digit, paths=digit.paths[: number + 1]) for number in range(len(digit.paths))]
