"""Who is next: one running run for each owner, then the least recent computing time, then first in, first out.

A run whose workers ended again and again before they got anywhere waits until nobody else does.

Short runs are a queue of their own with a place of its own: nobody waits minutes for seconds.

Pure functions on what the store has read; the store claims by them and tells people their place by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.runs.records import Place

RECENT_SECONDS = 6 * 3600.0  # computing time longer ago is forgiven


@dataclass(frozen=True)
class Waiting:
    """A queued run; `order` decides among equals."""

    run_id: str
    owner: str
    order: tuple[float, int]  # when it was queued, number of the run
    gives_way: bool = False  # to all that do not


@dataclass(frozen=True)
class Working:
    """A running run and the seconds it probably needs still."""

    owner: str
    seconds_left: float


def slots(max_running: int) -> dict[bool, range]:
    """Numbers of the places of long runs (False) and short ones (True)."""
    return {False: range(max_running), True: range(max_running, max_running + 1)}


def first(waiting: Sequence[Waiting], *, busy: set[str], used: Mapping[str, float]) -> Waiting | None:
    """The queued run to start next; None if there is none whose owner has no running run.

    Args:
        busy: owners with a running run.
        used: seconds of recent computing time by owner.
    """
    free = [run for run in waiting if run.owner not in busy]
    return min(free, key=lambda run: (run.gives_way, used.get(run.owner, 0.0), run.order), default=None)


def num_startable(waiting: Sequence[Waiting], *, busy: set[str], free_slots: int) -> int:
    """How many queued runs could start at this moment."""
    return min(len({run.owner for run in waiting} - busy), max(free_slots, 0))


def places(
    waiting: Sequence[Waiting],
    working: Sequence[Working],
    *,
    used: Mapping[str, float],
    max_running: int,
    typical_seconds: float | None,
) -> dict[str, Place]:
    """Place of every queued run by id, found by playing the queue through with runs of `typical_seconds`."""
    queue, spent, now = list(waiting), dict(used), 0.0
    active = [(run.seconds_left, run.owner) for run in working]
    result: dict[str, Place] = {}
    while queue:
        chosen = first(queue, busy={owner for _, owner in active}, used=spent) if len(active) < max_running else None
        if chosen is None:
            active.sort()
            now = active.pop(0)[0]
            continue
        queue.remove(chosen)
        result[chosen.run_id] = Place(len(result) + 1, now if typical_seconds is not None else None)
        active.append((now + (typical_seconds or 1.0), chosen.owner))
        spent[chosen.owner] = spent.get(chosen.owner, 0.0) + (typical_seconds or 1.0)
    return result
