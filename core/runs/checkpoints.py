"""Checkpoints as files of a run: written so that a crash leaves the old one or the new one, verified when read.

A checkpoint is two files, `checkpoints/FOLDER/tensors.safetensors` and `…/state.json`; its row in the run store, with
the SHA-256 of both, is written last, so files without a row are rubbish. What is kept: the last two, and for each of
them the best that there was then, which a run that goes on from it may still report on.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from core.contract import Checkpointed
from core.errors import LeaseLostError, StorageError
from core.runs.encoding import TensorFile, flatten, tensor_parts, unflatten
from core.runs.protocols import Files, RunBook
from core.runs.records import Checkpoint, Lease
from core.runs.store import RunStore

CHECKPOINTS = "checkpoints"
TENSORS, SKELETON = "tensors.safetensors", "state.json"
KEEP_LAST = 2


@dataclass(frozen=True)
class Restored:
    """A checkpoint and its state, and one sentence for each better one that had to be passed over."""

    checkpoint: Checkpoint
    state: dict[str, Any]  # as the engine yielded it, tensors on the CPU
    notices: tuple[str, ...]


def write(store: RunStore, lease: Lease, event: Checkpointed) -> Checkpoint:
    """Save a state for good, then delete what need not be kept.

    Raises:
        StorageError: it could not be written; earlier checkpoints are untouched.
        LeaseLostError: another attempt owns the run; nothing is left behind.
    """
    folder = f"{event.step:08d}-{secrets.token_hex(4)}"
    skeleton, tensors = flatten(event.state)
    contents = {TENSORS: tensor_parts(tensors), SKELETON: [json.dumps(skeleton).encode()]}
    try:
        hashes = {
            name: _write_file(store.files, lease.run_id, f"{CHECKPOINTS}/{folder}/{name}", content)
            for name, content in contents.items()
        }
        checkpoint = store.claims.add_checkpoint(lease, event, folder=folder, hashes=hashes)
    except (LeaseLostError, StorageError):
        store.files.remove(lease.run_id, f"{CHECKPOINTS}/{folder}")
        raise
    _prune(store, lease)
    return checkpoint


def read(files: Files, checkpoint: Checkpoint) -> dict[str, Any]:
    """The saved state, after its hashes were verified; raises `StorageError` if anything is missing or damaged."""
    try:
        with (
            files.open(checkpoint.run_id, _name(checkpoint, SKELETON)) as skeleton,
            files.open(checkpoint.run_id, _name(checkpoint, TENSORS)) as tensors,
        ):
            for name, file in ((TENSORS, tensors), (SKELETON, skeleton)):
                if hashlib.file_digest(file, "sha256").hexdigest() != checkpoint.hashes[name]:
                    raise StorageError(f"The checkpoint of step {checkpoint.step:,} is damaged ({name} has changed).")
                file.seek(0)
            state: dict[str, Any] = unflatten(json.load(skeleton), TensorFile(tensors))
    except OSError as error:
        raise StorageError(
            f"The checkpoint of step {checkpoint.step:,} cannot be read ({error.strerror or error})."
        ) from error
    return state


def restore(
    book: RunBook, files: Files, run_id: str, *, prefer: Literal["newest", "best"] = "newest"
) -> Restored | None:
    """The preferred checkpoint, or if that is damaged the newest one that is not; None if there never was one.

    Raises:
        StorageError: there are checkpoints, and all of them are damaged.
    """
    candidates = book.checkpoints(run_id)
    if prefer == "best":
        candidates.sort(key=lambda checkpoint: not checkpoint.best)  # stable: newest first within both
    notices: list[str] = []
    for checkpoint in candidates:
        try:
            state = read(files, checkpoint)
        except StorageError as error:
            notices.append(str(error))
            continue
        if notices:
            notices.append(f"The checkpoint of step {checkpoint.step:,} is used instead.")
        return Restored(checkpoint, state, tuple(notices))
    if candidates:
        raise StorageError(f"No checkpoint of run {run_id} is intact. {notices[0]} Clone the run to start again.")
    return None


def at_step(book: RunBook, files: Files, run_id: str, step: int) -> dict[str, Any]:
    """The state that was saved after `step` steps, for the engine's `recall`; raises `StorageError`."""
    for checkpoint in book.checkpoints(run_id):
        if checkpoint.step == step:
            return read(files, checkpoint)
    raise StorageError(f"The checkpoint of step {step:,} of run {run_id} is gone. Clone the run to start again.")


def sweep(store: RunStore, run_id: str) -> None:
    """Delete what attempts that were killed while writing left among the run's checkpoints."""
    known = [_name(checkpoint) for checkpoint in store.book.checkpoints(run_id)]
    store.files.remove(run_id, CHECKPOINTS, keep=known)


def _name(checkpoint: Checkpoint, file: str = "") -> str:
    return "/".join(filter(None, [CHECKPOINTS, checkpoint.folder, file]))


def _prune(store: RunStore, lease: Lease) -> None:
    newest_first = store.book.checkpoints(lease.run_id)
    wanted = set()
    for index, checkpoint in enumerate(newest_first[:KEEP_LAST]):
        best = next((earlier for earlier in newest_first[index:] if earlier.best), checkpoint)
        wanted |= {checkpoint.seq, best.seq}
    dropped = [checkpoint for checkpoint in newest_first if checkpoint.seq not in wanted]
    if not dropped:
        return
    store.claims.drop_checkpoints(lease, dropped)
    for checkpoint in dropped:
        store.files.remove(lease.run_id, _name(checkpoint))


def _write_file(files: Files, run_id: str, name: str, content: Iterable[bytes | memoryview]) -> str:
    """Write a file; returns the SHA-256 of what was to be written, in hexadecimal."""
    digest = hashlib.sha256()

    def digested() -> Iterator[bytes | memoryview]:
        for part in content:
            digest.update(part)
            yield part

    files.write(run_id, name, digested())
    return digest.hexdigest()
