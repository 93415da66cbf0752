"""The side of workers and supervisors in SQL: claims, leases, events, checkpoints, ends.

A lease is over when it was not renewed for its length as this process saw it pass, whatever the clocks on the wall say
meanwhile. What each method promises is in `core.runs.protocols.Claims`.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from core.contract import Checkpointed, Event, Placement
from core.errors import LeaseLostError, StorageError
from core.runs import queue
from core.runs.protocols import KEEP_DELETED_SECONDS, LEASE_SECONDS, MAX_ATTEMPTS, MAX_FAULTS, RENEWED
from core.runs.records import Checkpoint, Lease, Signals, Standing, State
from core.runs.sql.database import Database
from core.runs.sql.rows import (
    busy,
    decode_checkpoint,
    decode_command,
    encode_event,
    end_attempt,
    recent_seconds,
    waiting,
)

CRASHED = "It crashed its worker {times} times in a row and no new checkpoint was reached."
ADVICE = "Its log says more; often memory was short: try a smaller batch or network."
GONE = (
    "Its worker ended {times} times in a row without a word, and no new checkpoint was reached. Resume it to try again."
)


class SqlClaims:
    """Keeps the promises of `core.runs.protocols.Claims`."""

    def __init__(
        self,
        database: Database,
        *,
        lease_seconds: float = LEASE_SECONDS,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is read or written yet.

        Args:
            lease_seconds: silence of a worker that counts as its death.
            elapsed: seconds that never jump, for what is measured within this process.
        """
        self.lease_seconds = lease_seconds
        self._database, self._elapsed = database, elapsed
        self._seen: dict[str, tuple[tuple[Any, ...], float]] = {}  # by run: its lease, and since when it is unchanged
        self._begun: dict[tuple[str, int], float] = {}  # by run and attempt: when this process began to work at it

    def claim(self, worker: str, *, max_running: int = 1) -> Lease | None:
        with self._database.transaction() as db:
            now = self._database.now()
            self._expire(db)
            taken = {row["slot"] for row in db.execute("SELECT slot FROM runs WHERE state = 'running'")}
            for short, slots in queue.slots(max_running).items():
                working = busy(db, short=short)
                free = set(slots) - taken if len(working) < len(slots) else set()
                chosen = queue.first(waiting(db, short=short), busy=set(working), used=recent_seconds(db, now))
                if free and chosen is not None:
                    break
            else:
                return None
            db.execute(
                """UPDATE runs SET state = 'running', status = 'starting', reason = '', attempt = attempt + 1,
                   attempts_without_checkpoint = attempts_without_checkpoint + 1, worker = ?, slot = ?, lease_until = ?,
                   attempt_started_at = ?, started_at = coalesce(started_at, ?), ended_at = NULL WHERE id = ?""",
                (worker, min(free), now + self.lease_seconds, now, now, chosen.run_id),
            )
            (attempt,) = db.execute("SELECT attempt FROM runs WHERE id = ?", (chosen.run_id,)).fetchone()
            self._begun[chosen.run_id, attempt] = self._elapsed()
            return Lease(chosen.run_id, attempt, worker, min(free))

    def num_startable(self, *, max_running: int) -> int:
        with self._database.connection() as db:
            found = 0
            for short, slots in queue.slots(max_running).items():
                working = busy(db, short=short)
                queued = waiting(db, short=short)
                found += queue.num_startable(queued, busy=set(working), free_slots=len(slots) - len(working))
            return found

    def busy_workers(self) -> set[str]:
        with self._database.connection() as db:
            return {row["worker"] for row in db.execute("SELECT worker FROM runs WHERE state = 'running'")}

    def renew(self, lease: Lease, *, progress: Standing | None = None, status: str | None = None) -> None:
        with self._database.transaction() as db:
            self._renew(db, lease, progress, status)

    def signals(self, lease: Lease) -> Signals:
        with self._database.connection() as db:
            row = db.execute(
                """SELECT stop_requested, pins_version, command, owner,
                   EXISTS (SELECT 1 FROM runs AS other WHERE other.state = 'queued' AND other.owner != runs.owner
                           AND other.brief = runs.brief) AS is_awaited
                   FROM runs WHERE id = ? AND attempt = ? AND state = 'running'""",
                (lease.run_id, lease.attempt),
            ).fetchone()
        if row is None:
            raise _lost(lease)
        command = decode_command(row["command"])
        return Signals(bool(row["stop_requested"]), row["pins_version"], command, bool(row["is_awaited"]))

    def describe(self, lease: Lease, *, placement: Placement, num_parameters: int | None) -> None:
        with self._database.transaction() as db:
            self._fence(db, lease)
            db.execute(
                "UPDATE runs SET placement = ?, num_parameters = ? WHERE id = ?",
                (json.dumps(dataclasses.asdict(placement)), num_parameters, lease.run_id),
            )

    def notify(self, lease: Lease, notice: str) -> None:
        with self._database.transaction() as db:
            self._fence(db, lease)
            (notices,) = db.execute("SELECT notices FROM runs WHERE id = ?", (lease.run_id,)).fetchone()
            changed = [*json.loads(notices), notice]
            db.execute("UPDATE runs SET notices = ? WHERE id = ?", (json.dumps(changed), lease.run_id))

    def append_events(self, lease: Lease, events: Sequence[Event], *, progress: Standing | None = None) -> None:
        with self._database.transaction() as db:
            self._renew(db, lease, progress, None)
            for event in events:
                _insert_event(db, lease.run_id, event)

    def add_checkpoint(
        self, lease: Lease, event: Checkpointed, *, folder: str, hashes: Mapping[str, str]
    ) -> Checkpoint:
        with self._database.transaction() as db:
            self._renew(db, lease, None, None)
            seq = _insert_event(db, lease.run_id, event)
            values = (lease.run_id, seq, event.step, event.epoch, folder, json.dumps(dict(hashes)))
            row = db.execute(
                "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (*values, json.dumps(dict(event.metrics)), event.best, self._database.now()),
            ).fetchone()
            db.execute("UPDATE runs SET attempts_without_checkpoint = 0, faults = 0 WHERE id = ?", (lease.run_id,))
            return decode_checkpoint(row)

    def drop_checkpoints(self, lease: Lease, dropped: Sequence[Checkpoint]) -> None:
        with self._database.transaction() as db:
            self._fence(db, lease)
            keys = [(lease.run_id, checkpoint.seq) for checkpoint in dropped]
            db.executemany("DELETE FROM checkpoints WHERE run_id = ? AND seq = ?", keys)

    def rewind(self, lease: Lease, checkpoint: Checkpoint | None) -> None:
        seq = checkpoint.seq if checkpoint else 0
        with self._database.transaction() as db:
            self._fence(db, lease)
            db.execute("DELETE FROM checkpoints WHERE run_id = ? AND seq > ?", (lease.run_id, seq))
            gone = db.execute("DELETE FROM events WHERE run_id = ? AND seq > ?", (lease.run_id, seq)).rowcount
            if gone:
                db.execute("UPDATE runs SET generation = generation + 1 WHERE id = ?", (lease.run_id,))

    def finish(
        self,
        lease: Lease,
        state: Literal["completed", "stopped", "failed"],
        *,
        reason: str = "",
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        try:
            self._finish(lease, state, reason, metrics or {})
        except StorageError:
            if state != "failed" or not self._database.free_reserve():
                raise
            self._finish(lease, state, reason, metrics or {})

    def _finish(self, lease: Lease, state: State, reason: str, metrics: Mapping[str, float]) -> None:
        with self._database.transaction() as db:
            self._fence(db, lease)
            self._end(db, lease.run_id, state, reason)
            db.execute("UPDATE runs SET metrics = ? WHERE id = ?", (json.dumps(dict(metrics)), lease.run_id))

    def stop(self, lease: Lease, *, reason: str = "") -> None:
        with self._database.transaction() as db:
            self._fence(db, lease)
            (asked,) = db.execute("SELECT stop_requested FROM runs WHERE id = ?", (lease.run_id,)).fetchone()
            if asked or reason:
                self._end(db, lease.run_id, "stopped", reason)
            else:
                self._hand_back(db, lease.run_id, "")

    def give_back(self, lease: Lease, *, reason: str) -> None:
        with self._database.transaction() as db:
            self._fence(db, lease)
            self._hand_back(db, lease.run_id, reason)

    def _hand_back(self, db: sqlite3.Connection, run_id: str, reason: str) -> None:
        self._end(db, run_id, "queued", reason)
        uncounted = "attempts_without_checkpoint = max(attempts_without_checkpoint - 1, 0)"
        db.execute(f"UPDATE runs SET {uncounted} WHERE id = ?", (run_id,))

    def bury(self, worker: str, *, crashed: bool = False) -> None:
        with self._database.transaction() as db:
            if crashed:
                db.execute(
                    """UPDATE runs SET faults = faults + 1
                       WHERE state = 'running' AND worker = ? AND status != 'starting'""",
                    (worker,),
                )
            self._release(db, db.execute("SELECT * FROM runs WHERE state = 'running' AND worker = ?", (worker,)))

    def expire(self) -> None:
        with self._database.connection() as db:  # a look first, so that an idle supervisor never writes
            if not self._silent(db):
                return
        with self._database.transaction() as db:
            self._expire(db)

    def purge(self, *, older_than: float = KEEP_DELETED_SECONDS) -> list[str]:
        overdue = "deleted_at < ? AND state IN ('completed', 'stopped', 'failed')"
        with self._database.transaction() as db:
            rows = db.execute(f"DELETE FROM runs WHERE {overdue} RETURNING id", (self._database.now() - older_than,))
            return [row["id"] for row in rows.fetchall()]

    def _expire(self, db: sqlite3.Connection) -> None:
        silent = self._silent(db)
        marks = ", ".join("?" * len(silent))
        self._release(db, db.execute(f"SELECT * FROM runs WHERE state = 'running' AND id IN ({marks})", silent))

    def _silent(self, db: sqlite3.Connection) -> list[str]:
        """Runs whose worker is silent for too long.

        That is the length of a lease; half of it where the lease is over by the clock too, since a living worker renews
        it within a quarter; and a quarter where the run was stopped or deleted, when a living worker renews it at once.
        """
        now, seen = self._elapsed(), {}
        silent = []
        for row in db.execute("SELECT * FROM runs WHERE state = 'running'"):
            is_unwanted = bool(row["stop_requested"]) or row["deleted_at"] is not None
            lease = (row["attempt"], row["lease_until"], is_unwanted)
            known, since = self._seen.get(row["id"], (None, now))
            seen[row["id"]] = (lease, since if known == lease else now)
            parts = 1 if is_unwanted else 2 if row["lease_until"] < self._database.now() else RENEWED
            if now - seen[row["id"]][1] > self.lease_seconds * parts / RENEWED:
                silent.append(row["id"])
        self._seen = seen
        return silent

    def _release(self, db: sqlite3.Connection, rows: sqlite3.Cursor) -> None:
        for row in rows.fetchall():
            if row["stop_requested"] or row["deleted_at"] is not None:
                self._end(db, row["id"], "stopped", "Stopped; its worker had ended before it could save.")
            elif row["faults"] >= MAX_FAULTS:
                reason = f"{CRASHED.format(times=row['faults'])} {ADVICE}"
                self._end(db, row["id"], "failed", reason)
            elif row["attempts_without_checkpoint"] >= MAX_ATTEMPTS:
                self._end(db, row["id"], "failed", GONE.format(times=row["attempts_without_checkpoint"]))
            else:
                self._end(db, row["id"], "queued", "Its worker ended; it goes on from its last checkpoint.")

    def _end(self, db: sqlite3.Connection, run_id: str, state: State, reason: str) -> None:
        end_attempt(db, run_id, state, reason, now=self._database.now())

    def _fence(self, db: sqlite3.Connection, lease: Lease) -> None:
        """Refuse an attempt that no longer owns its run; of one that does, write down for how long it has worked."""
        owned = "UPDATE runs SET attempt_seconds = ? WHERE id = ? AND attempt = ? AND state = 'running'"
        since = self._begun.setdefault((lease.run_id, lease.attempt), self._elapsed())
        if not db.execute(owned, (self._elapsed() - since, lease.run_id, lease.attempt)).rowcount:
            self._begun.pop((lease.run_id, lease.attempt), None)
            raise _lost(lease)

    def _renew(self, db: sqlite3.Connection, lease: Lease, progress: Standing | None, status: str | None) -> None:
        self._fence(db, lease)
        encoded = json.dumps(dataclasses.asdict(progress)) if progress else None
        db.execute(
            """UPDATE runs SET lease_until = ?, progress = coalesce(?, progress), status = coalesce(?, status)
               WHERE id = ?""",
            (self._database.now() + self.lease_seconds, encoded, status, lease.run_id),
        )


def _lost(lease: Lease) -> LeaseLostError:
    return LeaseLostError(f"Attempt {lease.attempt} no longer owns run {lease.run_id}; nothing was written.")


def _insert_event(db: sqlite3.Connection, run_id: str, event: Event) -> int:
    advance = "UPDATE runs SET last_seq = last_seq + 1 WHERE id = ? RETURNING last_seq"
    ((seq,),) = db.execute(advance, (run_id,)).fetchall()
    db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", (run_id, seq, *encode_event(event)))
    return int(seq)
