"""The side of the run store that workers and supervisors use: claims, leases, events, checkpoints, ends.

Every write of a worker is fenced: it goes through only while the run is running under the attempt of its lease. A lease
is over when it was not renewed for its length as this process saw it pass, whatever the clocks on the wall say
meanwhile. The side that people use is in `core.runs.store`.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from core.contract import Checkpointed, Event, Placement
from core.errors import LeaseLostError
from core.runs import queue
from core.runs.database import Database
from core.runs.records import Checkpoint, Lease, Signals, Standing, decode_checkpoint, decode_command, encode_event

LEASE_SECONDS = 20.0
MAX_FAULTS = 3  # ends that the run brought about itself, without a new checkpoint
MAX_ATTEMPTS = (
    30  # of any end, without a new checkpoint: a run that ends its workers in a way that nobody sees must end
)
PATIENT_ATTEMPTS = 3  # without a new checkpoint; after more of them it waits until nobody else does
RENEWED = 4  # times within a lease that a worker renews it, and each time it looks while it is asked to stop

CRASHED = "It crashed its worker {times} times in a row and no new checkpoint was reached."
ADVICE = "Its log says more; often memory was short: try a smaller batch or network."
GONE = (
    "Its worker ended {times} times in a row without a word, and no new checkpoint was reached. Resume it to try again."
)


class Attempts(Database):
    """Runs as a worker sees them."""

    def __init__(
        self,
        path: Path,
        *,
        lease_seconds: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the database.

        Args:
            lease_seconds: silence of a worker that counts as its death.
            clock: seconds since 1970, for what is written down; it may jump.
            elapsed: seconds that never jump, for what is measured within this process.
        """
        super().__init__(path)
        self.lease_seconds = lease_seconds
        self._clock, self._elapsed = clock, elapsed
        self._seen: dict[str, tuple[tuple[Any, ...], float]] = {}  # by run: its lease, and since when it is unchanged

    def claim(self, worker: str, *, max_running: int = 1) -> Lease | None:
        """Take the run that is next; None if nothing may start now.

        Args:
            worker: a name that no other worker ever had.
            max_running: how many long runs may be running at once on the whole store.
        """
        with self._transaction() as db:
            now = self._clock()
            self._expire(db)
            taken = {row["slot"] for row in db.execute("SELECT slot FROM runs WHERE state = 'running'")}
            for brief, slots in queue.lanes(max_running).items():
                busy = _busy(db, brief=brief)
                free = set(slots) - taken if len(busy) < len(slots) else set()
                chosen = queue.first(waiting(db, brief=brief), busy=set(busy), used=recent_seconds(db, now))
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
            return Lease(chosen.run_id, attempt, worker, min(free), since=self._elapsed())

    def num_startable(self, *, max_running: int) -> int:
        """How many queued runs could be claimed now."""
        with self._connection() as db:
            found = 0
            for brief, slots in queue.lanes(max_running).items():
                busy = _busy(db, brief=brief)
                queued = waiting(db, brief=brief)
                found += queue.num_startable(queued, busy=set(busy), free_slots=len(slots) - len(busy))
            return found

    def busy_workers(self) -> set[str]:
        """Names of the workers that hold a run."""
        with self._connection() as db:
            return {row["worker"] for row in db.execute("SELECT worker FROM runs WHERE state = 'running'")}

    def renew(self, lease: Lease, *, progress: Standing | None = None, status: str | None = None) -> None:
        """Keep the lease for another `lease_seconds`, and report; raises `LeaseLostError`."""
        with self._transaction() as db:
            self._renew(db, lease, progress, status)

    def signals(self, lease: Lease) -> Signals:
        """What the worker was asked for; raises `LeaseLostError`."""
        with self._connection() as db:
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
        """Write down what was measured and built; raises `LeaseLostError`."""
        with self._transaction() as db:
            self._fence(db, lease)
            db.execute(
                "UPDATE runs SET placement = ?, num_parameters = ? WHERE id = ?",
                (json.dumps(dataclasses.asdict(placement)), num_parameters, lease.run_id),
            )

    def notify(self, lease: Lease, notice: str) -> None:
        """Add a sentence that people should read beside the run; raises `LeaseLostError`."""
        with self._transaction() as db:
            self._fence(db, lease)
            (notices,) = db.execute("SELECT notices FROM runs WHERE id = ?", (lease.run_id,)).fetchone()
            changed = [*json.loads(notices), notice]
            db.execute("UPDATE runs SET notices = ? WHERE id = ?", (json.dumps(changed), lease.run_id))

    def append_events(self, lease: Lease, events: Sequence[Event], *, progress: Standing | None = None) -> None:
        """Write events in one commit and renew the lease; raises `LeaseLostError`."""
        with self._transaction() as db:
            self._renew(db, lease, progress, None)
            for event in events:
                _insert_event(db, lease.run_id, event)

    def add_checkpoint(
        self, lease: Lease, event: Checkpointed, *, folder: str, hashes: Mapping[str, str]
    ) -> Checkpoint:
        """Commit a checkpoint whose files are safely on disk; raises `LeaseLostError`."""
        with self._transaction() as db:
            self._renew(db, lease, None, None)
            seq = _insert_event(db, lease.run_id, event)
            values = (lease.run_id, seq, event.step, event.epoch, folder, json.dumps(dict(hashes)))
            row = db.execute(
                "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (*values, json.dumps(dict(event.metrics)), event.best, self._clock()),
            ).fetchone()
            db.execute("UPDATE runs SET attempts_without_checkpoint = 0, faults = 0 WHERE id = ?", (lease.run_id,))
            return decode_checkpoint(row)

    def drop_checkpoints(self, lease: Lease, dropped: Sequence[Checkpoint]) -> None:
        """Forget checkpoints, before their files are deleted; raises `LeaseLostError`."""
        with self._transaction() as db:
            self._fence(db, lease)
            keys = [(lease.run_id, checkpoint.seq) for checkpoint in dropped]
            db.executemany("DELETE FROM checkpoints WHERE run_id = ? AND seq = ?", keys)

    def rewind(self, lease: Lease, checkpoint: Checkpoint | None) -> None:
        """Withdraw what a dead attempt reported after `checkpoint` (None: everything), since it happens again.

        So the history of a resumed run is that of an uninterrupted one. Raises `LeaseLostError`.
        """
        seq = checkpoint.seq if checkpoint else 0
        with self._transaction() as db:
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
        """End the run; raises `LeaseLostError`."""
        with self._transaction() as db:
            self._fence(db, lease)
            self._end_attempt(db, lease.run_id, state, reason)
            db.execute("UPDATE runs SET metrics = ? WHERE id = ?", (json.dumps(dict(metrics or {})), lease.run_id))

    def stop(self, lease: Lease, *, reason: str = "") -> None:
        """End the run as stopped; one that a person resumed while it was being stopped waits again, at its old place.

        Args:
            reason: why, where no person asked for it.

        Raises:
            LeaseLostError: another attempt owns the run, or it is over.
        """
        with self._transaction() as db:
            self._fence(db, lease)
            (asked,) = db.execute("SELECT stop_requested FROM runs WHERE id = ?", (lease.run_id,)).fetchone()
            if asked or reason:
                self._end_attempt(db, lease.run_id, "stopped", reason)
            else:
                self._hand_back(db, lease.run_id, "")

    def give_back(self, lease: Lease, *, reason: str) -> None:
        """Put the run back into the queue, at its old place, without counting this attempt; raises `LeaseLostError`."""
        with self._transaction() as db:
            self._fence(db, lease)
            self._hand_back(db, lease.run_id, reason)

    def _hand_back(self, db: sqlite3.Connection, run_id: str, reason: str) -> None:
        self._end_attempt(db, run_id, "queued", reason)
        uncounted = "attempts_without_checkpoint = max(attempts_without_checkpoint - 1, 0)"
        db.execute(f"UPDATE runs SET {uncounted} WHERE id = ?", (run_id,))

    def bury(self, worker: str, *, crashed: bool = False) -> None:
        """End the attempt of a worker that is known to be dead, without waiting for its lease.

        Args:
            crashed: it was not ended from outside: it is the run's fault, unless the worker had only just begun to
                start, for then nothing of the run had been read.
        """
        with self._transaction() as db:
            if crashed:
                db.execute(
                    """UPDATE runs SET faults = faults + 1
                       WHERE state = 'running' AND worker = ? AND status != 'starting'""",
                    (worker,),
                )
            self._release(db, db.execute("SELECT * FROM runs WHERE state = 'running' AND worker = ?", (worker,)))

    def expire(self) -> None:
        """End the attempts whose lease is over: their runs wait again, or have failed after too many.

        Call it often: what counts is for how long this process has seen a lease unchanged.
        """
        with self._connection() as db:  # a look first, so that an idle supervisor never writes
            if not self._silent(db):
                return
        with self._transaction() as db:
            self._expire(db)

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
            parts = 1 if is_unwanted else 2 if row["lease_until"] < self._clock() else RENEWED
            if now - seen[row["id"]][1] > self.lease_seconds * parts / RENEWED:
                silent.append(row["id"])
        self._seen = seen
        return silent

    def _release(self, db: sqlite3.Connection, rows: sqlite3.Cursor) -> None:
        for row in rows.fetchall():
            if row["stop_requested"] or row["deleted_at"] is not None:
                self._end_attempt(db, row["id"], "stopped", "Stopped; its worker had ended before it could save.")
            elif row["faults"] >= MAX_FAULTS:
                reason = f"{CRASHED.format(times=row['faults'])} {ADVICE}"
                self._end_attempt(db, row["id"], "failed", reason)
            elif row["attempts_without_checkpoint"] >= MAX_ATTEMPTS:
                self._end_attempt(db, row["id"], "failed", GONE.format(times=row["attempts_without_checkpoint"]))
            else:
                self._end_attempt(db, row["id"], "queued", "Its worker ended; it goes on from its last checkpoint.")

    def _end_attempt(self, db: sqlite3.Connection, run_id: str, state: str, reason: str) -> None:
        db.execute(
            """UPDATE runs SET state = ?, status = '', reason = ?, worker = NULL, slot = NULL, lease_until = NULL,
               seconds_used = seconds_used + attempt_seconds, attempt_seconds = 0,
               ended_at = CASE WHEN ? = 'queued' THEN NULL ELSE ? END WHERE id = ?""",
            (state, reason, state, self._clock(), run_id),
        )

    def _fence(self, db: sqlite3.Connection, lease: Lease) -> None:
        """Refuse an attempt that no longer owns its run; of one that does, write down for how long it has worked."""
        owned = "UPDATE runs SET attempt_seconds = ? WHERE id = ? AND attempt = ? AND state = 'running'"
        if not db.execute(owned, (self._elapsed() - lease.since, lease.run_id, lease.attempt)).rowcount:
            raise _lost(lease)

    def _renew(self, db: sqlite3.Connection, lease: Lease, progress: Standing | None, status: str | None) -> None:
        self._fence(db, lease)
        encoded = json.dumps(dataclasses.asdict(progress)) if progress else None
        db.execute(
            """UPDATE runs SET lease_until = ?, progress = coalesce(?, progress), status = coalesce(?, status)
               WHERE id = ?""",
            (self._clock() + self.lease_seconds, encoded, status, lease.run_id),
        )


def _lost(lease: Lease) -> LeaseLostError:
    return LeaseLostError(f"Attempt {lease.attempt} no longer owns run {lease.run_id}; nothing was written.")


def _insert_event(db: sqlite3.Connection, run_id: str, event: Event) -> int:
    advance = "UPDATE runs SET last_seq = last_seq + 1 WHERE id = ? RETURNING last_seq"
    ((seq,),) = db.execute(advance, (run_id,)).fetchall()
    db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", (run_id, seq, *encode_event(event)))
    return int(seq)


def waiting(db: sqlite3.Connection, *, brief: bool) -> list[queue.Waiting]:
    rows = db.execute("SELECT * FROM runs WHERE state = 'queued' AND deleted_at IS NULL AND brief = ?", (brief,))
    return [
        queue.Waiting(
            row["id"],
            row["owner"],
            (row["queued_at"], row["number"]),
            gives_way=row["attempts_without_checkpoint"] > PATIENT_ATTEMPTS,
        )
        for row in rows
    ]


def _busy(db: sqlite3.Connection, *, brief: bool) -> list[str]:
    rows = db.execute("SELECT owner FROM runs WHERE state = 'running' AND brief = ?", (brief,))
    return [row["owner"] for row in rows]


def recent_seconds(db: sqlite3.Connection, now: float) -> dict[str, float]:
    rows: Any = db.execute(
        "SELECT owner, sum(seconds_used) AS seconds FROM runs WHERE attempt_started_at > ? GROUP BY owner",
        (now - queue.RECENT_SECONDS,),
    )
    return {row["owner"]: row["seconds"] for row in rows}
