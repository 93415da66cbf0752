"""How runs, events and checkpoints lie in the rows of the database, and what both sides of the store ask of them."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from typing import Any

from core.contract import Checkpointed, Command, Commanded, Ended, Evaluated, Event, Placement, Previewed, Stepped
from core.runs import queue
from core.runs.protocols import PATIENT_ATTEMPTS
from core.runs.records import Checkpoint, Run, Standing, State

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


def end_attempt(db: sqlite3.Connection, run_id: str, state: State, reason: str, *, now: float) -> None:
    """Let the run be in a state other than running, without a worker."""
    db.execute(
        """UPDATE runs SET state = ?, status = '', reason = ?, worker = NULL, slot = NULL, lease_until = NULL,
           seconds_used = seconds_used + attempt_seconds, attempt_seconds = 0,
           ended_at = CASE WHEN ? = 'queued' THEN NULL ELSE ? END WHERE id = ?""",
        (state, reason, state, now, run_id),
    )


def waiting(db: sqlite3.Connection, *, short: bool) -> list[queue.Waiting]:
    """Queued runs, short or long ones."""
    rows = db.execute("SELECT * FROM runs WHERE state = 'queued' AND deleted_at IS NULL AND brief = ?", (short,))
    return [
        queue.Waiting(
            row["id"],
            row["owner"],
            (row["queued_at"], row["number"]),
            gives_way=row["attempts_without_checkpoint"] > PATIENT_ATTEMPTS,
        )
        for row in rows
    ]


def busy(db: sqlite3.Connection, *, short: bool) -> list[str]:
    """Owners of the running runs, of short or long ones."""
    rows = db.execute("SELECT owner FROM runs WHERE state = 'running' AND brief = ?", (short,))
    return [row["owner"] for row in rows]


def recent_seconds(db: sqlite3.Connection, now: float) -> dict[str, float]:
    """Seconds of recent computing time by owner."""
    rows: Any = db.execute(
        "SELECT owner, sum(seconds_used) AS seconds FROM runs WHERE attempt_started_at > ? GROUP BY owner",
        (now - queue.RECENT_SECONDS,),
    )
    return {row["owner"]: row["seconds"] for row in rows}
