"""What the run store hands out: runs, leases, checkpoints, places in the queue; and how rows and events are encoded.

Plain frozen records. There is no SQL and no file access here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sqlite3
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from core.contract import Checkpointed, Command, Commanded, Ended, Evaluated, Event, Placement, Previewed, Stepped

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
    lease_until: float | None
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
    since: float = field(default_factory=time.monotonic, compare=False)  # seconds that never jump: when it began


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
    """A committed checkpoint. Its files lie in `RunStore.checkpoint_folder`."""

    run_id: str
    seq: int  # of its event
    step: int
    epoch: float
    folder: str  # name below the run's checkpoint folder
    hashes: dict[str, str]  # file name → SHA-256 in hexadecimal
    metrics: dict[str, float]  # of the validation split; empty in the middle of an epoch
    best: bool
    created_at: float


def pin_name(browser: str, payload: Any) -> str:
    """The name under which a pin is answered: whose it is and a digest of it, so an answer is of one input for ever."""
    return f"{browser}@{hashlib.sha256(json.dumps(payload).encode()).hexdigest()[:16]}"


EVENTS: dict[str, type[Event]] = {
    kind.__name__.lower(): kind for kind in (Stepped, Evaluated, Previewed, Commanded, Checkpointed, Ended)
}


def encode_event(event: Event) -> tuple[str, int, float, str]:
    """Kind, step, epoch and the rest as JSON. A checkpoint's state is left out: it lies in files."""
    body = {f.name: getattr(event, f.name) for f in dataclasses.fields(event)}
    step, epoch = body.pop("step"), body.pop("epoch")
    body.pop("state", None)
    return type(event).__name__.lower(), step, epoch, json.dumps(body)


def decode_event(row: sqlite3.Row) -> Event:
    """The event of a row; a `Checkpointed` has an empty state."""
    body: dict[str, Any] = json.loads(row["body"])
    if row["kind"] == "checkpointed":
        body["state"] = {}
    return EVENTS[row["kind"]](step=row["step"], epoch=row["epoch"], **body)


def decode_run(row: sqlite3.Row) -> Run:
    """The run of a row of table `runs`."""
    values = {f.name: row[f.name] for f in dataclasses.fields(Run)}
    values["seconds_used"] += row["attempt_seconds"]
    for name in ("config", "metrics"):
        values[name] = json.loads(row[name])
    for name in ("phases", "notices"):
        values[name] = tuple(json.loads(row[name]))
    values["placement"] = Placement(**json.loads(row["placement"])) if row["placement"] else None
    values["progress"] = Standing(**json.loads(row["progress"])) if row["progress"] else None
    values["stop_requested"] = bool(row["stop_requested"])
    values["command"] = decode_command(row["command"])
    return Run(**values)


def decode_command(text: str | None) -> Command | None:
    """The command of a row of table `runs`."""
    return Command(**json.loads(text)) if text else None


def decode_checkpoint(row: sqlite3.Row) -> Checkpoint:
    """The checkpoint of a row of table `checkpoints`."""
    values = dict(row)
    values["hashes"] = json.loads(row["hashes"])
    values["metrics"] = json.loads(row["metrics"])
    values["best"] = bool(row["best"])
    return Checkpoint(**values)
