"""Seconds from Start to the first training metric in the run store, with a cold and with a warm worker."""

import tempfile
import time
from pathlib import Path

from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Stepped
from core.demos.digits.config import DigitsConfig
from core.runs.store import RunStore, open_store
from core.service import launch
from core.service.supervisor import Supervisor

TITLE = "From Start to the first metric"
METHOD = (
    "Seconds from creating a run to its first training metric in the run store. Cold: no process waits, everything is "
    "imported. Warm: the spare worker that the studio keeps takes the run. Page and browser are not in these figures."
)
REPEATS = 3
TICK_SECONDS = 0.05
WARM_UP_SECONDS = 15.0  # until a spare has surely imported everything


def first_metric(store: RunStore, supervisor: Supervisor, *, seed: int) -> float:
    """Seconds until the first metric of a new run; the run is stopped afterwards."""
    start = time.perf_counter()
    run = launch.start(store.book, demos.training("digits"), DigitsConfig(seed=seed), owner="benchmark")
    while not store.book.events(run.id, kinds=[Stepped]):
        supervisor.tick()
        time.sleep(TICK_SECONDS)
    seconds = time.perf_counter() - start
    store.book.request_stop(run.id)
    while not store.book.get(run.id).is_over:
        supervisor.tick()
        time.sleep(TICK_SECONDS)
    return seconds


def measure(options: Options) -> Findings:
    """Cold and warm starts; the repeats are the seeds."""
    repeats = options.repeats or REPEATS
    demos.training("digits").load(DigitsConfig())  # the page has read the data before anybody presses Start
    return Findings(
        [
            Figure("Cold worker", _first_metrics(warm=False, repeats=repeats), "s", digits=2),
            Figure("Warm worker", _first_metrics(warm=True, repeats=repeats), "s", digits=2),
        ],
        list(range(repeats)),
    )


def _first_metrics(*, warm: bool, repeats: int) -> list[float]:
    """Seconds of each repeat, every one with a supervisor of its own."""
    seconds = []
    for seed in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            store = open_store(Path(folder) / "glassbox.sqlite")
            supervisor = Supervisor(store, max_running=1, keep_warm=warm, logs=Path(folder) / "logs")
            limit = time.monotonic() + (WARM_UP_SECONDS if warm else 0)
            while time.monotonic() < limit:
                supervisor.tick()
                time.sleep(TICK_SECONDS)
            seconds.append(first_metric(store, supervisor, seed=seed))
            supervisor.close()
            time.sleep(1)
    return seconds
