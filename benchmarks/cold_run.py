"""A run from the click on Start to its end, with no worker waiting."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from core import demos
from core.knobs import Config
from core.runs.store import open_store
from core.service import launch
from core.service.supervisor import Supervisor

TICK_SECONDS = 0.05
PATIENCE_SECONDS = 1800.0


def measure(demo: str, chosen: Config) -> tuple[float, Mapping[str, float]]:
    """Seconds from the click to the completed run, and its test metrics; the worker's process starts after the click.

    The worker chooses its threads itself, among the cores that this process is kept on.

    Raises:
        RuntimeError: the run did not complete.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "glassbox.sqlite")
        supervisor = Supervisor(store, max_running=1, keep_warm=False, logs=Path(folder) / "logs")
        start = time.perf_counter()
        run = launch.start(store.book, demos.task(demo), chosen, owner="benchmark")
        while not store.book.get(run.id).is_over and time.perf_counter() - start < PATIENCE_SECONDS:
            supervisor.tick()
            time.sleep(TICK_SECONDS)
        seconds, ended = time.perf_counter() - start, store.book.get(run.id)
        supervisor.close()
    if ended.state != "completed" or ended.metrics is None:
        raise RuntimeError(f"The run is {ended.state}: {ended.reason or 'no reason given'}")
    return seconds, ended.metrics
