"""How long the run behind place More data of page Foundations takes, and what it finds."""

import tempfile
import time
from pathlib import Path

from benchmarks import machine
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Evaluated
from core.experiments.more_data.config import NUM_SEEDS, measuring
from core.experiments.more_data.curves import measured
from core.runs.store import open_store
from core.service import launch
from core.service.supervisor import Supervisor

TITLE = "More data"
METHOD = (
    "The run that “Measure” starts in place More data of page Foundations, on 5,000 MNIST digits: the default network "
    "of Digits beside logistic regression, an SVM and a random forest, on pixels and on gradient histograms, from 10 "
    "to all 3,500 training examples, each with three seeds. From Start, with no worker waiting, to the completed run "
    "in the run store. Everything is fitted on one thread; accuracies are of the 1,000 test images, which choose "
    "nothing."
)
TICK_SECONDS = 0.2
LABELS = ("Network", "SVM on pixels", "SVM on gradient histograms")
SIZES = (10, 100, 3_500)


def measure(options: Options) -> Findings:
    """One run or several; the accuracies are those of the last, one value for each seed."""
    machine.limit(options.threads)
    waits: list[float] = []
    fitting: list[float] = []
    for _ in range(options.repeats or 1):
        whole, inside, accuracies = _run()
        waits.append(whole)
        fitting.append(inside)
    shown = [(label, examples) for examples in SIZES for label in LABELS]
    return Findings(
        [
            Figure(f"Start to completed, {measuring('mnist5k').epochs} fits", waits, "s"),
            Figure("Of this, fitting", fitting, "s"),
            *(Figure(f"{label}, {examples:,} examples", accuracies[label, examples], "%") for label, examples in shown),
        ],
        list(range(NUM_SEEDS)),
        [f"{options.threads} cores."],
    )


def _run() -> tuple[float, float, dict[tuple[str, int], list[float]]]:
    """Seconds in all and of fitting; accuracies of each seed by method and number of examples."""
    config = measuring("mnist5k")
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "glassbox.sqlite")
        supervisor = Supervisor(store, max_running=1, keep_warm=False, logs=Path(folder) / "logs")
        start = time.perf_counter()
        run_id = launch.start(store.book, demos.task("more_data"), config, owner="benchmark").id
        while not store.book.get(run_id).is_over:
            supervisor.tick()
            time.sleep(TICK_SECONDS)
        seconds = time.perf_counter() - start
        supervisor.close()
        run = store.book.get(run_id)
        if run.state != "completed":
            raise RuntimeError(f"The run is {run.state}: {run.reason}")
        found = measured(config, [event for _, event in store.book.events(run_id, kinds=[Evaluated])])
    accuracies: dict[tuple[str, int], list[float]] = {}
    for one in found:
        accuracies.setdefault((one.fit.label, one.fit.examples), []).append(one.accuracy)
    return seconds, sum(one.seconds for one in found), accuracies
