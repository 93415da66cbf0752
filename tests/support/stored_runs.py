"""Runs for the tests of pages, written through the real run store as a worker would write them."""

from collections.abc import Sequence
from typing import Any

from core import demos
from core.contract import Checkpointed, Evaluated, Event, Stepped, selecting
from core.knobs import from_json, to_json
from core.runs.records import Lease, Run, Standing
from core.runs.store import RunStore

STEPS = 100  # an epoch


def queued(
    store: RunStore, title: str = "Small CNN", *, owner: str = "ada", demo: str = "digits", **values: Any
) -> Run:
    """A run that waits."""
    config = demos.task(demo).Config(**values)
    return store.book.create(demo, to_json(config), phases=(config.epochs,), owner=owner, title=title)


def running(
    store: RunStore, title: str = "Small CNN", *, accuracies: Sequence[float] = (), max_running: int = 1, **values: Any
) -> Run:
    """A run that a worker holds, after as many epochs as accuracies (validation, in %) are given."""
    run = queued(store, title, **values)
    lease = store.claims.claim(f"worker of {run.id}", max_running=max_running)
    assert lease is not None
    assert lease.run_id == run.id
    task = demos.task(run.task)
    keeps_last = selecting(task, from_json(task.Config, run.config)[0]) is None
    for epoch, accuracy in enumerate(accuracies, start=1):
        step, loss = epoch * STEPS, 2 - accuracy / 50
        standing = Standing(
            step=step,
            total_steps=STEPS * sum(run.phases),
            epoch=epoch,
            examples_per_second=12_400.0,
            seconds_left=4.0 * (sum(run.phases) - epoch),
        )
        metrics = {"loss": loss, "accuracy": accuracy}
        events: list[Event] = [Stepped(step, epoch, metrics), Evaluated(step, epoch, metrics)]
        store.claims.append_events(lease, events, progress=standing)
        best = keeps_last or accuracy == max(accuracies[:epoch])
        saved = Checkpointed(step, epoch, {}, metrics, best)
        store.claims.add_checkpoint(lease, saved, folder=f"step-{step}", hashes={})
    store.claims.renew(lease, status="training")
    return store.book.get(run.id)


def ended(
    store: RunStore, title: str = "Small CNN", *, state: Any = "completed", reason: str = "", **given: Any
) -> Run:
    """A run that is over; a completed one was measured on the test set: its last accuracy."""
    given.setdefault("accuracies", (91.0, 95.5, 96.4))
    run = running(store, title, **given)
    assert run.worker is not None
    lease = Lease(run.id, run.attempt, run.worker, slot=0)
    metrics = {"loss": 0.1, "accuracy": given["accuracies"][-1]} if state == "completed" else {}
    store.claims.finish(lease, state, reason=reason, metrics=metrics)
    return store.book.get(run.id)
