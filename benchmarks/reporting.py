"""What live reporting costs: the same training with a reporter that tells the run store everything, and without."""

import statistics
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from benchmarks import machine
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Checkpointed, Dataset, Placement
from core.data.pictures import sources
from core.demos.digits.config import DigitsConfig
from core.knobs import to_json
from core.runs.store import open_store
from core.service.reporter import Reporter
from core.training import engine

TITLE = "Cost of live reporting"
METHOD = (
    "The same training (the default network on 3,500 digits, 6 epochs) by the bare engine, whose events nobody reads, "
    "and through the reporter and the run store as a worker does it: metrics written each second, a pinned drawing "
    "answered each second, the lease kept, a checkpoint saved after each epoch. In turns, each second pair the other "
    "way round. Processor time counts all threads and is hardly disturbed by other processes; seconds are what a "
    "person waits."
)
EPOCHS, REPEATS, LEASE_SECONDS = 6, 5, 20.0

Spent = tuple[float, float, float]  # seconds, processor seconds, seconds inside checkpoints


def measure(options: Options) -> Findings:
    """Extra seconds and extra processor time in percent, pair by pair."""
    machine.limit(options.threads)
    where = Placement(threads=options.threads, channels_last=True)
    dataset = demos.training("digits").load(DigitsConfig())
    _train(dataset, where, seed=0, told=False)  # warms up
    pairs: list[tuple[Spent, Spent]] = []
    seeds = range(options.repeats or REPEATS)
    for seed in seeds:
        order = (False, True) if seed % 2 == 0 else (True, False)
        spent = {told: _train(dataset, where, seed=seed, told=told) for told in order}
        pairs.append((spent[False], spent[True]))
    extra = [100 * (told[0] / bare[0] - 1) for bare, told in pairs]
    processor = [100 * (told[1] / bare[1] - 1) for bare, told in pairs]
    unsaved = [100 * ((told[0] - told[2]) / bare[0] - 1) for bare, told in pairs]
    return Findings(
        [
            Figure("Extra processor time", processor, "%", "at most 2 %", 2),
            Figure("Extra seconds", extra, "%", "at most 2 %", 2),
            Figure("Extra seconds without saving checkpoints", unsaved, "%", digits=2),
            Figure("Bare training", [bare[0] for bare, _ in pairs], "s", digits=2),
            Figure("Saving checkpoints", [told[2] for _, told in pairs], "s", digits=2),
        ],
        list(seeds),
        [
            f"Median seconds of a pair: {statistics.median(b[0] for b, _ in pairs):.2f} bare, "
            f"{statistics.median(t[0] for _, t in pairs):.2f} told."
        ],
    )


def _train(dataset: Dataset, where: Placement, *, seed: int, told: bool) -> Spent:
    task, config = demos.training("digits"), DigitsConfig(epochs=EPOCHS, seed=seed)
    learner = task.learner(config, where)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "glassbox.sqlite", lease_seconds=LEASE_SECONDS)
        run = store.book.create(task.name, to_json(config), phases=(EPOCHS,), owner="benchmark", title="benchmark")
        lease = store.claims.claim("benchmark", max_running=1)
        assert lease is not None
        store.book.set_pin(run.id, "benchmark", sources.held_out_digits()[0][0].astype(int).tolist())
        with Reporter(store, lease) if told else nullcontext() as reporter:
            if reporter is not None:
                num_steps = engine.steps_per_epoch(task, config, dataset) * EPOCHS
                reporter.plan(total_steps=num_steps, batch_size=config.batch_size)
            start, processor, saving = time.perf_counter(), time.process_time(), 0.0
            pins = reporter.pins if reporter is not None else dict
            for event in engine.train(task, config, dataset, learner=learner, pins=pins):
                if reporter is not None:
                    before = time.perf_counter()
                    reporter.record(event)
                    saving += time.perf_counter() - before if isinstance(event, Checkpointed) else 0.0
            if reporter is not None:
                reporter.flush()
            return time.perf_counter() - start, time.process_time() - processor, saving
