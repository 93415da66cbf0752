"""The side of people in SQL: what they do with runs and read of them.

What each method promises is in `core.runs.protocols.RunBook`.
"""

from __future__ import annotations

import dataclasses
import json
import math
import secrets
import sqlite3
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from core.contract import Command, Event
from core.errors import InvalidSettingError, NotFoundError
from core.runs import queue
from core.runs.protocols import ID_LENGTH, ID_LETTERS, MAX_COMMANDED, MAX_EPOCHS, MAX_PINS, Sort
from core.runs.records import Checkpoint, Place, Run, Standing, State, pin_name
from core.runs.sql.database import Database
from core.runs.sql.rows import decode_checkpoint, decode_event, decode_run, end_attempt, recent_seconds, waiting

ORDERS: dict[Sort, str] = {
    "newest": "number DESC",
    "oldest": "number",
    "title": "title COLLATE NOCASE, number",
    "longest": "seconds_used DESC, number",
}


class SqlBook:
    """Keeps the promises of `core.runs.protocols.RunBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> float:
        return self._database.now()

    def check(self) -> None:
        self._database.check()

    def create(
        self,
        task: str,
        config: Mapping[str, Any],
        *,
        phases: Sequence[int],
        owner: str,
        parent: str | None = None,
        title: str | None = None,
        short: bool = False,
    ) -> Run:
        now = self._database.now()
        values = (
            task,
            title or task.capitalize(),
            json.dumps(dict(config)),
            json.dumps(list(phases)),
            owner,
            parent,
            short,
        )
        while True:
            run_id = "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))
            with self._database.transaction() as db:
                if parent is not None:
                    _run(db, parent)
                if db.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone():
                    continue
                db.execute(
                    """INSERT INTO runs (id, task, title, config, phases, owner, parent, brief, state, created_at,
                       queued_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)""",
                    (run_id, *values, now, _last_in_queue(db, now)),
                )
                return _run(db, run_id)

    def get(self, run_id: str) -> Run:
        with self._database.connection() as db:
            return _run(db, run_id)

    def find(
        self,
        *,
        task: str | None = None,
        states: Collection[State] = (),
        owner: str | None = None,
        config: Mapping[str, Any] | None = None,
        text: str = "",
        deleted: bool = False,
        sort: Sort = "newest",
        limit: int = 500,
    ) -> list[Run]:
        marks = ", ".join("?" * len(states))
        conditions = ["deleted_at IS NOT NULL" if deleted else "deleted_at IS NULL"]
        values: list[Any] = []
        for condition, given in (
            ("task = ?", [task] if task else []),
            (f"state IN ({marks})", list(states)),
            ("owner = ?", [owner] if owner else []),
            ("config = ?", [json.dumps(dict(config))] if config else []),
            ("(instr(id, lower(?)) OR instr(lower(title), lower(?)))", [text, text] if text else []),
        ):
            if given:
                conditions.append(condition)
                values += given
        query = f"SELECT * FROM runs WHERE {' AND '.join(conditions)} ORDER BY {ORDERS[sort]} LIMIT ?"
        with self._database.connection() as db:
            return [decode_run(row) for row in db.execute(query, (*values, limit))]

    def rename(self, run_id: str, title: str, *, owner: str | None = None) -> Run:
        if not title.strip() or len(title) > 100:
            raise InvalidSettingError(f"A title has 1 to 100 characters; this one has {len(title.strip())}.")
        return self._change(run_id, owner, lambda db, run: _set(db, run_id, title=title.strip()))

    def delete(self, run_id: str, *, owner: str | None = None) -> Run:
        def change(db: sqlite3.Connection, run: Run) -> None:
            self._stop(db, run)
            _set(db, run_id, deleted_at=self._database.now())

        return self._change(run_id, owner, change)

    def restore(self, run_id: str, *, owner: str | None = None) -> Run:
        return self._change(run_id, owner, lambda db, run: _set(db, run_id, deleted_at=None))

    def request_stop(self, run_id: str, *, owner: str | None = None) -> Run:
        return self._change(run_id, owner, self._stop)

    def resume(self, run_id: str, *, owner: str | None = None) -> Run:
        def change(db: sqlite3.Connection, run: Run) -> None:
            if run.state == "completed":
                raise InvalidSettingError(f"Run {run_id} is completed: extend it by some epochs instead.")
            if run.is_over:
                self._requeue(db, run, run.phases)
            elif run.stop_requested:
                _set(db, run_id, stop_requested=0)

        return self._change(run_id, owner, change)

    def command(self, run_id: str, part: str = "", steps: int = 1, *, owner: str | None = None) -> Run:
        if not 1 <= steps <= MAX_COMMANDED:
            raise InvalidSettingError(f"By hand, 1 to {MAX_COMMANDED} steps are done at once, not {steps}.")

        def change(db: sqlite3.Connection, run: Run) -> None:
            if run.is_over:
                raise InvalidSettingError(f"Run {run_id} is {run.state}: resume it first, then pause it.")
            query = "UPDATE runs SET num_commands = num_commands + 1 WHERE id = ? RETURNING num_commands"
            (number,) = db.execute(query, (run_id,)).fetchone()
            _set(db, run_id, command=json.dumps(dataclasses.asdict(Command(number, part, steps))))

        return self._change(run_id, owner, change)

    def go_on(self, run_id: str, *, owner: str | None = None) -> Run:
        return self._change(run_id, owner, lambda db, run: _set(db, run_id, command=None))

    def extend(self, run_id: str, epochs: int, *, owner: str | None = None) -> Run:
        if not 1 <= epochs <= MAX_EPOCHS:
            raise InvalidSettingError(f"A run is extended by 1 to {MAX_EPOCHS} epochs, not by {epochs}.")

        def change(db: sqlite3.Connection, run: Run) -> None:
            if run.state not in ("completed", "stopped"):
                raise InvalidSettingError(f"Run {run_id} is {run.state}; only a completed or stopped one is extended.")
            self._requeue(db, run, (*run.phases, epochs))

        return self._change(run_id, owner, change)

    def events(self, run_id: str, *, after: int = 0, kinds: Collection[type[Event]] = ()) -> list[tuple[int, Event]]:
        names = [kind.__name__.lower() for kind in kinds]
        only = f" AND kind IN ({', '.join('?' * len(names))})" if names else ""
        query = f"SELECT * FROM events WHERE run_id = ? AND seq > ?{only} ORDER BY seq"
        with self._database.connection() as db:
            return [(row["seq"], decode_event(row)) for row in db.execute(query, (run_id, after, *names))]

    def checkpoints(self, run_id: str) -> list[Checkpoint]:
        with self._database.connection() as db:
            rows = db.execute("SELECT * FROM checkpoints WHERE run_id = ? ORDER BY seq DESC", (run_id,))
            return [decode_checkpoint(row) for row in rows]

    def set_pin(self, run_id: str, key: str, payload: Any) -> None:
        def change(db: sqlite3.Connection, run: Run) -> None:
            db.execute("DELETE FROM pins WHERE run_id = ? AND key = ?", (run_id, key))
            if payload is not None:
                values = (run_id, key, json.dumps(payload), self._database.now())
                db.execute("INSERT INTO pins VALUES (?, ?, ?, ?)", values)
            db.execute("UPDATE runs SET pins_version = pins_version + 1 WHERE id = ?", (run_id,))

        self._change(run_id, None, change)

    def leave_pins(self, key: str, *, browser: str) -> None:
        with self._database.transaction() as db:
            pinned = "SELECT run_id FROM pins WHERE key = ?"
            db.execute(f"UPDATE runs SET pins_version = pins_version + 1 WHERE id IN ({pinned})", (key,))
            db.execute("UPDATE OR REPLACE pins SET key = ? WHERE key = ?", (browser, key))

    def pins(self, run_id: str) -> dict[str, Any]:
        query = "SELECT key, payload FROM pins WHERE run_id = ? ORDER BY updated_at DESC LIMIT ?"
        with self._database.connection() as db:
            rows = [(row["key"], json.loads(row["payload"])) for row in db.execute(query, (run_id, MAX_PINS))]
        return {pin_name(key.rpartition("/")[0] or key, payload): payload for key, payload in rows}

    def places(self, *, max_running: int = 1) -> dict[str, Place]:
        with self._database.connection() as db:
            found: dict[str, Place] = {}
            used = recent_seconds(db, self._database.now())
            for short, slots in queue.slots(max_running).items():
                typical = _typical_seconds(db, short=short)
                running = db.execute("SELECT * FROM runs WHERE state = 'running' AND brief = ?", (short,))
                working = [queue.Working(run.owner, _seconds_left(run, typical)) for run in map(decode_run, running)]
                queued = waiting(db, short=short)
                found |= queue.places(queued, working, used=used, max_running=len(slots), typical_seconds=typical)
        return found

    def _change(self, run_id: str, owner: str | None, change: Callable[[sqlite3.Connection, Run], None]) -> Run:
        with self._database.transaction() as db:
            change(db, _run(db, run_id, owner))
            return _run(db, run_id)

    def _stop(self, db: sqlite3.Connection, run: Run) -> None:
        if run.state == "running" and run.status == "training":
            _set(db, run.id, stop_requested=1)
        elif run.state == "running":  # its worker may be deep in an import; it leaves when it finds the run over
            end_attempt(db, run.id, "stopped", "Stopped before it began to train.", now=self._database.now())
        elif run.state == "queued":
            _set(db, run.id, state="stopped", reason="Stopped while it was waiting.", ended_at=self._database.now())

    def _requeue(self, db: sqlite3.Connection, run: Run, phases: Sequence[int]) -> None:
        fresh = {"stop_requested": 0, "command": None, "reason": "", "metrics": "{}"}
        fresh |= {"attempts_without_checkpoint": 0, "faults": 0}
        queued_at = _last_in_queue(db, self._database.now())
        plan = {"phases": json.dumps(list(phases)), "progress": _replanned(run, phases)}
        _set(db, run.id, state="queued", queued_at=queued_at, ended_at=None, deleted_at=None, **plan, **fresh)


def _last_in_queue(db: sqlite3.Connection, now: float) -> float:
    """A time to be queued at that is after all others, also when the clock was set back meanwhile."""
    (last,) = db.execute("SELECT max(queued_at) FROM runs WHERE state = 'queued'").fetchone()
    return now if last is None else max(now, math.nextafter(last, math.inf))


def _replanned(run: Run, phases: Sequence[int]) -> str | None:
    """How far a run is in another plan; its speed and rest are not known before it goes on."""
    if run.progress is None:
        return None
    total = run.progress.total_steps * sum(phases) // sum(run.phases)
    return json.dumps(dataclasses.asdict(Standing(step=run.progress.step, total_steps=total, epoch=run.progress.epoch)))


def _run(db: sqlite3.Connection, run_id: str, owner: str | None = None) -> Run:
    row = db.execute("SELECT * FROM runs WHERE id = ? AND owner = coalesce(?, owner)", (run_id, owner)).fetchone()
    if row is None:
        whose = "" if owner is None else " of yours"
        raise NotFoundError(
            f"There is no run “{run_id}”{whose}. An id has {ID_LENGTH} letters and digits; page Runs lists them all."
        )
    return decode_run(row)


def _set(db: sqlite3.Connection, run_id: str, **values: Any) -> None:
    columns = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE runs SET {columns} WHERE id = ?", (*values.values(), run_id))


def _typical_seconds(db: sqlite3.Connection, *, short: bool) -> float | None:
    query = """SELECT seconds_used FROM runs WHERE state IN ('completed', 'stopped') AND brief = ?
               ORDER BY ended_at DESC LIMIT 20"""
    seconds = [row["seconds_used"] for row in db.execute(query, (short,))]
    return statistics.median(seconds) if seconds else None


def _seconds_left(run: Run, typical: float | None) -> float:
    if run.progress is not None and run.progress.seconds_left is not None:
        return run.progress.seconds_left
    return typical or 0.0
