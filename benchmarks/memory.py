"""Memory of the web process while thousands of visitors come, draw once and leave."""

import asyncio
import time

import numpy as np

from benchmarks import studio
from benchmarks.results import Figure, Findings, Options
from benchmarks.visitor import Visitor
from core.data.pictures import strokes
from core.data.pictures.drawing import Strokes

NUM_SESSIONS, REPORT_EVERY, TOGETHER, KEPT_SECONDS = 3000, 250, 5, 120
TITLE = f"Memory over {NUM_SESSIONS:,} sessions"
METHOD = (
    f"One server, websocket clients that speak Streamlit's protocol (no browser), {TOGETHER} at a time. Each opens "
    "Digits, sends one drawing, waits for the bars and leaves. The server keeps what a visitor did for "
    f"{KEPT_SECONDS} s after the connection ended, so memory first grows to what the sessions of that time need; then "
    "it must stay."
)


def measure(options: Options) -> Findings:
    """MB of the web process at the start, again and again, and when the last were forgotten."""
    seeds = range(options.repeats or 1)
    lives = []
    for seed in seeds:
        with studio.running() as server:
            lives.append(asyncio.run(_life(server, seed=seed)))
    labels = ["Server's memory after the first session"]
    labels += [f"after {done:,} sessions" for done in range(REPORT_EVERY, NUM_SESSIONS + 1, REPORT_EVERY)]
    labels += [f"{KEPT_SECONDS + 30} s after the last"]
    figures = [
        Figure(label, list(values), "MB", digits=0)
        for label, values in zip(labels, zip(*(memory for memory, _ in lives), strict=True), strict=True)
    ]
    figures.append(Figure("Seconds for all sessions", [seconds for _, seconds in lives], "s", digits=0))
    return Findings(figures, list(seeds))


async def _life(server: studio.Studio, *, seed: int) -> tuple[list[float], float]:
    """The server's memory in MB at each report, and how long all sessions took."""
    rng = np.random.default_rng(seed)
    drawings = [strokes.sample(number % 10, rng=rng) for number in range(NUM_SESSIONS + 1)]
    await _visit(server, drawings.pop())
    memory, start = [server.memory()], time.perf_counter()
    for first in range(0, NUM_SESSIONS, TOGETHER):
        await asyncio.gather(*(_visit(server, drawing) for drawing in drawings[first : first + TOGETHER]))
        if (first + TOGETHER) % REPORT_EVERY == 0:
            memory.append(server.memory())
    seconds = time.perf_counter() - start
    await asyncio.sleep(KEPT_SECONDS + 30)  # Streamlit looks for old sessions when it has a moment
    return [*memory, server.memory()], seconds


async def _visit(server: studio.Studio, drawing: Strokes) -> None:
    visitor = Visitor(server.address)
    await visitor.open()
    await visitor.draw(drawing)
    await visitor.close()
