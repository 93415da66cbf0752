"""Checkpoints on disk: written so that a crash leaves the old one or the new one, verified when read.

A checkpoint is a folder of `tensors.safetensors` and `state.json`; its row in the run store, with the SHA-256 of both,
is written last, so a folder without a row is rubbish. What is kept: the last two, and for each of them the best that
there was then, which a run that goes on from it may still report on.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core import kept
from core.contract import Checkpointed
from core.errors import LeaseLostError, StorageError
from core.runs.encoding import flatten, unflatten
from core.runs.records import Checkpoint, Lease
from core.runs.store import RunStore
from core.runs.trouble import storage_error

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
    folder = store.checkpoint_folder(lease.run_id)
    final = folder / f"{event.step:08d}-{secrets.token_hex(4)}"
    temporary = folder / f".{final.name}"
    try:
        temporary.mkdir(parents=True)
        hashes = _write_files(temporary, event.state)
        temporary.rename(final)
        for parent in (folder, folder.parent, folder.parent.parent):
            kept.sync(parent)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise storage_error(_os_error(error), temporary) from error
    try:
        checkpoint = store.add_checkpoint(lease, event, folder=final.name, hashes=hashes)
    except (LeaseLostError, StorageError):
        shutil.rmtree(final, ignore_errors=True)
        raise
    _prune(store, lease)
    return checkpoint


def read(store: RunStore, checkpoint: Checkpoint) -> dict[str, Any]:
    """The saved state, after its hashes were verified; raises `StorageError` if anything is missing or damaged."""
    folder = store.checkpoint_folder(checkpoint.run_id) / checkpoint.folder
    try:
        for name, expected in checkpoint.hashes.items():
            if kept.sha256(folder / name) != expected:
                raise StorageError(f"The checkpoint of step {checkpoint.step:,} is damaged ({name} has changed).")
        skeleton = json.loads((folder / SKELETON).read_text(encoding="utf-8"))
        state: dict[str, Any] = unflatten(skeleton, load_file(folder / TENSORS))
    except OSError as error:
        raise StorageError(
            f"The checkpoint of step {checkpoint.step:,} cannot be read ({error.strerror or error})."
        ) from error
    return state


def restore(store: RunStore, run_id: str, *, prefer: Literal["newest", "best"] = "newest") -> Restored | None:
    """The preferred checkpoint, or if that is damaged the newest one that is not; None if there never was one.

    Raises:
        StorageError: there are checkpoints, and all of them are damaged.
    """
    candidates = store.checkpoints(run_id)
    if prefer == "best":
        candidates.sort(key=lambda checkpoint: not checkpoint.best)  # stable: newest first within both
    notices: list[str] = []
    for checkpoint in candidates:
        try:
            state = read(store, checkpoint)
        except StorageError as error:
            notices.append(str(error))
            continue
        if notices:
            notices.append(f"The checkpoint of step {checkpoint.step:,} is used instead.")
        return Restored(checkpoint, state, tuple(notices))
    if candidates:
        raise StorageError(f"No checkpoint of run {run_id} is intact. {notices[0]} Clone the run to start again.")
    return None


def at_step(store: RunStore, run_id: str, step: int) -> dict[str, Any]:
    """The state that was saved after `step` steps, for the engine's `recall`; raises `StorageError`."""
    for checkpoint in store.checkpoints(run_id):
        if checkpoint.step == step:
            return read(store, checkpoint)
    raise StorageError(f"The checkpoint of step {step:,} of run {run_id} is gone. Clone the run to start again.")


def sweep(store: RunStore, run_id: str) -> None:
    """Delete what attempts that were killed while writing left in the run's checkpoint folder."""
    folder = store.checkpoint_folder(run_id)
    known = {checkpoint.folder for checkpoint in store.checkpoints(run_id)}
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in known:
            shutil.rmtree(path, ignore_errors=True)


def _prune(store: RunStore, lease: Lease) -> None:
    newest_first = store.checkpoints(lease.run_id)
    wanted = set()
    for index, checkpoint in enumerate(newest_first[:KEEP_LAST]):
        best = next((earlier for earlier in newest_first[index:] if earlier.best), checkpoint)
        wanted |= {checkpoint.seq, best.seq}
    dropped = [checkpoint for checkpoint in newest_first if checkpoint.seq not in wanted]
    if not dropped:
        return
    store.drop_checkpoints(lease, dropped)
    for checkpoint in dropped:
        shutil.rmtree(store.checkpoint_folder(lease.run_id) / checkpoint.folder, ignore_errors=True)


def _write_files(folder: Path, state: Any) -> dict[str, str]:
    skeleton, tensors = flatten(state)
    save_file(tensors, folder / TENSORS)
    (folder / SKELETON).write_text(json.dumps(skeleton), encoding="utf-8")
    for name in (TENSORS, SKELETON):
        kept.sync(folder / name)
    kept.sync(folder)
    return {name: kept.sha256(folder / name) for name in (TENSORS, SKELETON)}


def _os_error(error: OSError | SafetensorError) -> OSError:
    """safetensors reports what the system said only in words: "… No space left on device (os error 28)"."""
    if isinstance(error, OSError) and error.errno is not None:
        return error
    found = re.search(r"os error (\d+)|code: (\d+)", str(error))
    code = int(found.group(1) or found.group(2)) if found else errno.EIO
    return OSError(code, os.strerror(code))
