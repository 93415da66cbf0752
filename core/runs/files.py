"""Files of runs in a local folder: `FOLDER/RUN/NAME`. What is in them is the business of whoever writes them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable
from contextlib import suppress
from io import BufferedIOBase
from pathlib import Path

from core import kept
from core.runs.trouble import storage_error

WORD = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
NAME = re.compile(f"{WORD}(/{WORD})*")


class FolderFiles:
    """Keeps the promises of `core.runs.protocols.Files`."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made before something is written."""
        self._folder = folder

    def open(self, run_id: str, name: str) -> BufferedIOBase:
        return self._path(run_id, name).open("rb")

    def write(self, run_id: str, name: str, content: Iterable[bytes | memoryview]) -> None:
        path = self._path(run_id, name)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            for parent in path.parents[1 : len(path.relative_to(self._folder).parts)]:
                kept.sync(parent)  # the names of folders that were made for it
            with temporary.open("wb") as file:
                for part in content:
                    file.write(part)
            kept.place(temporary, path)
        except BaseException as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise storage_error(error, path) from error
            raise

    def remove(self, run_id: str, name: str = "", *, keep: Collection[str] = ()) -> None:
        stay = {self._path(run_id, kept_name) for kept_name in keep}
        _remove(self._path(run_id, name) if name else self._run(run_id), stay)

    def _path(self, run_id: str, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError(f"“{name}” is no name of a file of a run: words of letters, digits, “.”, “-” and “_”.")
        return self._run(run_id) / name

    def _run(self, run_id: str) -> Path:
        if not re.fullmatch(WORD, run_id):
            raise ValueError(f"“{run_id}” is no id of a run.")
        return self._folder / run_id


def _remove(path: Path, stay: set[Path]) -> None:
    """Remove a file, or a folder and what is in it, but what stays; what resists stays too."""
    if path in stay:
        return
    with suppress(OSError):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
            return
        for inner in list(path.iterdir()):
            _remove(inner, stay)
        if not any(stayed.is_relative_to(path) for stayed in stay):
            path.rmdir()
