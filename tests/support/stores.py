"""A clock that tests move, and runs that wait or are claimed, and events, in one line each."""

from typing import Any

from core.contract import Checkpointed, Stepped
from core.runs.records import Lease, Run
from core.runs.store import RunStore


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def queued(store: RunStore, owner: str = "ada", **options: Any) -> Run:
    return store.book.create("digits", {"epochs": 5, "rate": 0.1}, phases=(5,), owner=owner, **options)


def claimed(store: RunStore, worker: str = "w", **options: Any) -> Lease:
    lease = store.claims.claim(worker, **options)
    assert lease is not None
    return lease


def stepped(step: int) -> Stepped:
    return Stepped(step=step, epoch=step / 10, metrics={"loss": 1 / (step + 1)})


def checkpointed(step: int, *, best: bool = True) -> Checkpointed:
    return Checkpointed(step=step, epoch=step / 10, state={}, metrics={"loss": 0.1}, best=best)
