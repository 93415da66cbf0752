"""Memory of the web process while thousands of visitors come, draw once and leave."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks import studio
from benchmarks.results import Figure, Findings, Options
from benchmarks.visitor import Visitor
from core.data.pictures import strokes
from core.data.pictures.pen_strokes import Strokes

WARM_UP, MEASURED, EACH, TOGETHER = 1250, 1000, 250, 5  # sessions
SETTINGS: dict[str, tuple[str, ...]] = {
    "On a timer (as it ships)": (),
    "After each click (Streamlit's default)": ("--runner.postScriptGC", "true"),
}
TITLE = f"Memory over {WARM_UP + MEASURED:,} sessions"
METHOD = (
    f"One server, websocket clients that speak Streamlit's protocol (no browser), {TOGETHER} at a time. Each opens "
    f"Digits, sends one drawing, waits for the bars and leaves. The first {WARM_UP:,} sessions warm up: Streamlit "
    "keeps those that left last, 128 at most, for 120 s, and memory grows to what they and the largest moment need. "
    f"Then it must stay: memory is read after every {TOGETHER} sessions, and of each {EACH} sessions the highest "
    "counts. Twice: with garbage collected on a timer, as the studio ships, and after each click, as Streamlit does by "
    "itself."
)


@dataclass(frozen=True)
class Life:
    """One server from its start to its last session."""

    before: float  # MB, before anybody came
    highest: list[float]  # MB, of each `EACH` sessions
    processor_seconds: float  # of all sessions together

    @property
    def growth(self) -> float:
        """Percent from the end of the warm-up to the end."""
        return 100 * (self.highest[-1] / self.highest[WARM_UP // EACH - 1] - 1)


def measure(options: Options) -> Findings:
    """MB of the web process and its processor time under both settings, in turns."""
    seeds = range(options.repeats or 1)
    lives: dict[str, list[Life]] = {setting: [] for setting in SETTINGS}
    for seed in seeds:
        for setting, given in SETTINGS.items():
            with studio.running(options=given) as server:
                lives[setting].append(asyncio.run(_life(server, seed=seed)))
    return Findings([figure for setting in SETTINGS for figure in _figures(setting, lives[setting])], list(seeds))


def _figures(setting: str, lives: Sequence[Life]) -> list[Figure]:
    warm = WARM_UP // EACH
    num_sessions = WARM_UP + MEASURED
    figures = [
        Figure(f"{setting}: before the first session", [life.before for life in lives], "MB", digits=0),
        Figure(
            f"… highest of the {WARM_UP:,} that warm up", [max(life.highest[:warm]) for life in lives], "MB", digits=0
        ),
    ]
    for number in range(warm - 1, num_sessions // EACH):
        label = f"… highest of sessions {number * EACH + 1:,} to {(number + 1) * EACH:,}"
        figures.append(Figure(label, [life.highest[number] for life in lives], "MB", digits=0))
    cost = [1000 * life.processor_seconds / num_sessions for life in lives]
    return [
        *figures,
        Figure(f"… growth over {MEASURED:,} sessions", [life.growth for life in lives], "%", "less than 1 %", 2),
        Figure("… the server's processor time for each session", cost, "ms", digits=0),
    ]


async def _life(server: studio.Studio, *, seed: int) -> Life:
    rng = np.random.default_rng(seed)
    drawings = [strokes.sample(number % 10, rng=rng) for number in range(WARM_UP + MEASURED)]
    before, start = server.memory(), server.processor_seconds()
    highest: list[float] = []
    for first in range(0, len(drawings), TOGETHER):
        await asyncio.gather(*(_visit(server, drawing) for drawing in drawings[first : first + TOGETHER]))
        if first % EACH == 0:
            highest.append(0.0)
        highest[-1] = max(highest[-1], server.memory())
    return Life(before, highest, server.processor_seconds() - start)


async def _visit(server: studio.Studio, drawing: Strokes) -> None:
    visitor = Visitor(server.address)
    await visitor.open()
    await visitor.draw(drawing)
    await visitor.close()
