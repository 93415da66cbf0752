"""The run store as three protocols: what people do with runs, what workers claim and report, where files lie.

These are the promises; `core.runs.store.open_store` gives what keeps them. All of it may be used from many threads and
processes at once.

- **One order.** All writes of book and claims happen one after the other. Whoever reads, in whatever process, sees
  every write that had returned before, and of a write that has not returned all or nothing.
- **For good.** What has returned survives the end of its process and a power cut.
- **Fenced.** A write of a worker goes through only while its run is running under the attempt of its lease.
- **One clock.** Times are seconds since 1970 by the clock of the store, which may jump; leases and durations do not
  depend on it.
- **Errors.** `StorageError` from every method where the store cannot be read or written, with what to do; nothing was
  changed then. Others are named with each method.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from io import BufferedIOBase
from typing import Any, Literal, Protocol

from core.contract import Checkpointed, Event, Placement
from core.runs.records import Checkpoint, Lease, Place, Run, Signals, Standing, State

ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another
ID_LENGTH = 6
MAX_EPOCHS = 100  # of one extension
MAX_COMMANDED = 100  # steps by hand at once
MAX_PINS = 32  # scored at a time; the ones that changed last
KEEP_DELETED_SECONDS = 24 * 3600.0

LEASE_SECONDS = 20.0
RENEWED = 4  # times within a lease that a worker renews it, and each time it looks while it is asked to stop
MAX_FAULTS = 3  # ends that the run brought about itself, without a new checkpoint
MAX_ATTEMPTS = 30  # of any end, without a new checkpoint: what ends workers in a way that nobody sees must end too
PATIENT_ATTEMPTS = 3  # without a new checkpoint; after more of them it waits until nobody else does

Sort = Literal["newest", "oldest", "title", "longest"]


class RunBook(Protocol):
    """What people do with runs, and read of them. Pages have this side alone.

    Methods that change a run take `owner`: when given, the run must be theirs, and this is checked with the change in
    one step. They give the run as it then is, and raise `NotFoundError` where there is none.
    """

    def now(self) -> float:
        """Seconds since 1970 by the clock that the times of runs are of."""
        ...

    def check(self) -> None:
        """Write something that changes nothing; raises `StorageError` while the store cannot be written."""
        ...

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
        """Put a new run into the queue, behind all others.

        Args:
            config: as `knobs.to_json` writes it, already checked.
            phases: planned epochs, usually one number.
            parent: id of the run it was cloned from.
            short: whether it takes seconds, and so has its place beside long ones.

        Raises:
            NotFoundError: the parent does not exist.
        """
        ...

    def get(self, run_id: str) -> Run:
        """The run as it stands now, deleted ones too until they are purged; raises `NotFoundError`."""
        ...

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
        """Runs that meet every given condition, all as they were at one moment.

        Args:
            states: empty means all.
            config: exactly these settings, as `create` got them.
            text: part of the id or the title, in any case.
            deleted: the deleted ones instead of the others.
        """
        ...

    def rename(self, run_id: str, title: str, *, owner: str | None = None) -> Run:
        """Give the run another title, of 1 to 100 characters; raises `InvalidSettingError`."""
        ...

    def delete(self, run_id: str, *, owner: str | None = None) -> Run:
        """Hide the run, and stop it if it is not over; `restore` undoes it for `KEEP_DELETED_SECONDS`."""
        ...

    def restore(self, run_id: str, *, owner: str | None = None) -> Run:
        """Undo `delete`; a run that was stopped by it can be resumed."""
        ...

    def request_stop(self, run_id: str, *, owner: str | None = None) -> Run:
        """Ask a run that trains to save and stop.

        One that waits, or that has no step of this attempt to save, stops at once; one that is over stays as it is.
        """
        ...

    def resume(self, run_id: str, *, owner: str | None = None) -> Run:
        """Put a stopped or failed run back into the queue; one that waits or runs stays as it is.

        Where it is being stopped, this takes the stop back: whether its worker has heard it or not, the run goes on.
        Raises `InvalidSettingError` when it is completed.
        """
        ...

    def extend(self, run_id: str, epochs: int, *, owner: str | None = None) -> Run:
        """Plan 1 to `MAX_EPOCHS` more epochs for a completed or stopped run and put it back into the queue.

        Raises:
            InvalidSettingError: the number of epochs is not allowed, or the run is in another state.
        """
        ...

    def command(self, run_id: str, part: str = "", steps: int = 1, *, owner: str | None = None) -> Run:
        """Pause a run that is not over and have its worker do 1 to `MAX_COMMANDED` steps of a part; "": only pause.

        Raises:
            InvalidSettingError: it is over, or the number of steps is not allowed.
        """
        ...

    def go_on(self, run_id: str, *, owner: str | None = None) -> Run:
        """End the pause of a run."""
        ...

    def events(self, run_id: str, *, after: int = 0, kinds: Collection[type[Event]] = ()) -> list[tuple[int, Event]]:
        """Events of a run in the order in which they were reported, each with its cursor.

        A cursor is never used twice, and no event is ever added before one that was read.

        Args:
            after: cursor of the last event already read. When `Run.generation` has changed, read again from 0.
            kinds: `Stepped`, `Evaluated` …; empty means all.
        """
        ...

    def checkpoints(self, run_id: str) -> list[Checkpoint]:
        """Committed checkpoints, newest first."""
        ...

    def set_pin(self, run_id: str, key: str, payload: Any) -> None:
        """Have `payload` (JSON-ready; None takes it away) scored by the newest weights; raises `NotFoundError`.

        Args:
            key: whose pin it is, a browser's or "browser/session"; it takes the place of the one before.
        """
        ...

    def leave_pins(self, key: str, *, browser: str) -> None:
        """Let the pins of a session that is gone be its browser's, one of each run."""
        ...

    def pins(self, run_id: str) -> dict[str, Any]:
        """Payload by `pin_name` of the `MAX_PINS` pins that changed last."""
        ...

    def places(self, *, max_running: int = 1) -> dict[str, Place]:
        """Place in the queue of every queued run, by id, as `core.runs.queue` plays it through."""
        ...


class Claims(Protocol):
    """What workers claim, renew, report and finish, and what supervisors look after. No page has it.

    Every method that takes a lease is fenced: it raises `LeaseLostError`, and changes nothing, once another attempt
    owns the run or it is over. Each is one step: all of what it says, or nothing.
    """

    @property
    def lease_seconds(self) -> float:
        """Silence of a worker that counts as its death."""
        ...

    def claim(self, worker: str, *, max_running: int = 1) -> Lease | None:
        """Take the run that is next; None if nothing may start now. Of many that ask at once, one gets it.

        Args:
            worker: a name that no other worker ever had.
            max_running: how many long runs may be running at once on the whole store.
        """
        ...

    def renew(self, lease: Lease, *, progress: Standing | None = None, status: str | None = None) -> None:
        """Keep the lease for another `lease_seconds`, and report."""
        ...

    def signals(self, lease: Lease) -> Signals:
        """What the worker was asked for, by every write of the book that had returned before."""
        ...

    def describe(self, lease: Lease, *, placement: Placement, num_parameters: int | None) -> None:
        """Write down what was measured and built."""
        ...

    def notify(self, lease: Lease, notice: str) -> None:
        """Add a sentence that people should read beside the run."""
        ...

    def append_events(self, lease: Lease, events: Sequence[Event], *, progress: Standing | None = None) -> None:
        """Write events, all of them or none, and renew the lease."""
        ...

    def add_checkpoint(
        self, lease: Lease, event: Checkpointed, *, folder: str, hashes: Mapping[str, str]
    ) -> Checkpoint:
        """Commit a checkpoint, whose files were written before and lie there for good, and renew the lease.

        It is the first that readers see of the checkpoint, together with its event.
        """
        ...

    def drop_checkpoints(self, lease: Lease, dropped: Sequence[Checkpoint]) -> None:
        """Forget checkpoints, before their files are removed."""
        ...

    def rewind(self, lease: Lease, checkpoint: Checkpoint | None) -> None:
        """Withdraw what a dead attempt reported after `checkpoint` (None: everything), since it happens again.

        So the history of a resumed run is that of an uninterrupted one.
        """
        ...

    def finish(
        self,
        lease: Lease,
        state: Literal["completed", "stopped", "failed"],
        *,
        reason: str = "",
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        """End the run. A failure can be written down also when the disk is full: space is held back for it."""
        ...

    def stop(self, lease: Lease, *, reason: str = "") -> None:
        """End the run as stopped; one that a person resumed while it was being stopped waits again, at its old place.

        Args:
            reason: why, where no person asked for it.
        """
        ...

    def give_back(self, lease: Lease, *, reason: str) -> None:
        """Put the run back into the queue, at its old place, without counting this attempt."""
        ...

    def num_startable(self, *, max_running: int) -> int:
        """How many queued runs could be claimed now."""
        ...

    def busy_workers(self) -> set[str]:
        """Names of the workers that hold a run."""
        ...

    def bury(self, worker: str, *, crashed: bool = False) -> None:
        """End the attempt of a worker that is known to be dead, without waiting for its lease.

        Args:
            crashed: it was not ended from outside: it is the run's fault, unless the worker had only just begun to
                start, for then nothing of the run had been read.
        """
        ...

    def expire(self) -> None:
        """End the attempts whose lease is over: their runs wait again, or have failed after too many.

        Call it often: what counts is for how long this process has seen a lease unchanged.
        """
        ...

    def purge(self, *, older_than: float = KEEP_DELETED_SECONDS) -> list[str]:
        """Forget runs deleted more than `older_than` seconds ago; returns their ids. Their files are not touched."""
        ...


class Files(Protocol):
    """Where files lie: blobs of bytes by run and name.

    A name is one or more words with "/" between them, "checkpoints/00000300-1f2e3d4c/state.json", of letters, digits,
    ".", "-" and "_"; words do not begin with a dot. Nothing is fenced: whoever writes takes a name that nobody used.
    """

    def open(self, run_id: str, name: str) -> BufferedIOBase:
        """A whole blob to read, with `seek`; it stays readable when it is removed meanwhile.

        Raises:
            OSError: it cannot be read; `FileNotFoundError` where there is none.
        """
        ...

    def write(self, run_id: str, name: str, content: Iterable[bytes | memoryview]) -> None:
        """Write a blob, all of it or nothing, in place of the one of that name; on return it is there for good.

        Args:
            content: its parts in order, asked for once. Where they raise, nothing is written.
        """
        ...

    def remove(self, run_id: str, name: str = "", *, keep: Collection[str] = ()) -> None:
        """Remove a blob, or all below a name, as far as that is possible now; no error where there is none.

        What an ended process has left half written below the name goes too. Writes elsewhere are not disturbed.

        Args:
            name: of a blob, or the beginning of names up to a "/"; "": all of the run.
            keep: names of the same kind that stay, with all below them.
        """
        ...
