"""What the run store hands out: runs, leases, checkpoints, places in the queue.

Plain frozen records. There is no SQL and no file access here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from core.contract import Command, Placement

State = Literal["queued", "running", "completed", "stopped", "failed"]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far a run is, as its worker reported it last."""

    step: int  # steps done
    total_steps: int
    epoch: float  # epochs done
    examples_per_second: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run as it stands in the store. Times are seconds since 1970."""

    id: str  # six unambiguous characters, in addresses and folders
    task: str
    title: str
    config: dict[str, Any]  # as `knobs.to_json` wrote it
    phases: tuple[int, ...]  # planned epochs, one more number for each extension
    owner: str
    parent: str | None  # run this one was cloned from
    state: State
    status: str  # what a running worker is doing: "starting", "loading data", "measuring", "training"
    reason: str  # why it stopped, failed or waits again, as a sentence; empty when there is nothing to say
    notices: tuple[str, ...]  # what a person should know about how it went: "The checkpoint of step 300 is damaged…"
    placement: Placement | None  # None until measured
    num_parameters: int | None
    metrics: dict[str, float]  # of the test split with the best weights; empty unless completed
    progress: Standing | None
    attempt: int  # workers that have claimed it so far
    attempts_without_checkpoint: int
    generation: int  # changes when events were withdrawn: a live view must then read them all again
    stop_requested: bool
    command: Command | None  # the last one of a paused run; None: it is not paused
    worker: str | None
    seconds_used: float  # time that its attempts held a worker, as the last one measured it
    created_at: float
    queued_at: float
    started_at: float | None
    ended_at: float | None
    deleted_at: float | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen unless a person asks for it."""
        return self.state in ("completed", "stopped", "failed")


@dataclass(frozen=True)
class Lease:
    """The right of one attempt to write to a run; `attempt` is the fencing token."""

    run_id: str
    attempt: int
    worker: str
    slot: int  # no two running runs share one: which graphics card to use


@dataclass(frozen=True)
class Signals:
    """What a worker should know about its run, from one cheap query."""

    stop_requested: bool
    pins_version: int  # changes when the pins do
    command: Command | None  # None: not paused
    is_awaited: bool  # somebody else's run waits for a worker


@dataclass(frozen=True)
class Place:
    """Place of a queued run in the queue."""

    position: int  # 1: next to start
    seconds: float | None  # estimated wait; None as long as no run has ended on this machine


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A committed checkpoint. Its files are blobs of its run, see `core.runs.checkpoints`."""

    run_id: str
    seq: int  # of its event
    step: int
    epoch: float
    folder: str  # the part of the names of its files that is its own
    hashes: dict[str, str]  # file name → SHA-256 in hexadecimal
    metrics: dict[str, float]  # of the validation split; empty in the middle of an epoch
    best: bool
    created_at: float


def pin_name(browser: str, payload: Any) -> str:
    """The name under which a pin is answered: whose it is and a digest of it, so an answer is of one input for ever."""
    return f"{browser}@{hashlib.sha256(json.dumps(payload).encode()).hexdigest()[:16]}"
