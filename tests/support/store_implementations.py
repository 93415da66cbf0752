"""What keeps the promises of `core.runs.protocols`: add another one here, and all of `tests/core/runs/` asks it too.

Tests of what one implementation alone can do (a full disk, a damaged file) are named after it.
"""

import dataclasses
import io
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from core.runs.files import FolderFiles
from core.runs.protocols import LEASE_SECONDS, Files
from core.runs.store import RunStore, open_store

Clock = Callable[[], float]
Opener = Callable[..., RunStore]


class MemoryFiles:
    """Blobs in this process: a second implementation, so that nothing rests on a folder."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def open(self, run_id: str, name: str) -> io.BufferedIOBase:
        blob = self.blobs.get(f"{run_id}/{name}")
        if blob is None:
            raise FileNotFoundError(2, "No such blob", f"{run_id}/{name}")
        return io.BytesIO(blob)

    def write(self, run_id: str, name: str, content: Iterable[bytes | memoryview]) -> None:
        self.blobs[f"{run_id}/{name}"] = b"".join(content)

    def remove(self, run_id: str, name: str = "", *, keep: Collection[str] = ()) -> None:
        def below(blob: str, beginning: str) -> bool:
            return blob.startswith(f"{'/'.join(filter(None, [run_id, beginning]))}/") or blob == f"{run_id}/{beginning}"

        gone = [blob for blob in self.blobs if below(blob, name) and not any(below(blob, kept) for kept in keep)]
        for blob in gone:
            del self.blobs[blob]


FILES: dict[str, Callable[[Path], Files]] = {"folder": FolderFiles, "memory": lambda _: MemoryFiles()}


def sqlite(folder: Path, *, clock: Clock, elapsed: Clock, lease_seconds: float = LEASE_SECONDS) -> RunStore:
    return open_store(folder / "glassbox.sqlite", clock=clock, elapsed=elapsed, lease_seconds=lease_seconds)


STORES: dict[str, Callable[..., RunStore]] = {"sqlite": sqlite}  # each opens the same store again for the same folder


def with_files(store: RunStore, files: Files) -> RunStore:
    """The same runs with their files elsewhere."""
    return dataclasses.replace(store, files=files)


def names(files: Files, run_id: str) -> set[str]:
    """Names of all blobs of a run, half-written ones too."""
    if isinstance(files, MemoryFiles):
        return {blob.partition("/")[2] for blob in files.blobs if blob.startswith(f"{run_id}/")}
    assert isinstance(files, FolderFiles)
    folder = files._folder / run_id
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
