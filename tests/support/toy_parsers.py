"""Parsers that no sane file needs: they loop, sleep, eat memory, crash, write, start processes. For tests alone."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.data.pictures.picture import Grey
from core.data.pictures.picture_set import NONE, Part
from core.errors import InvalidInputError


@dataclass(frozen=True)
class Everything:
    name: str
    size: int
    grey: Grey
    columns: dict[str, npt.NDArray[np.float64]]
    rows: tuple[tuple[str, ...], ...]


def everything(content: bytes, *, name: str) -> Everything:
    grey = np.arange(6, dtype=np.float32).reshape(2, 3).T  # not contiguous
    return Everything(name, len(content), grey, {"a": np.array([1.5, -2.0])}, (("x", "ü"), ()))


def pid(content: bytes, *, name: str) -> int:
    return os.getpid()


def loop(content: bytes, *, name: str) -> int:
    Path(content.decode()).stat()  # there while the test runs
    while True:
        pass


def sleep(content: bytes, *, name: str) -> int:
    time.sleep(float(content))
    return os.getpid()


def hog(content: bytes, *, name: str) -> int:
    return int(np.ones(700_000_000, np.uint8).sum())


def huge(content: bytes, *, name: str) -> str:
    return "x" * 70_000_000


def refuse(content: bytes, *, name: str) -> int:
    raise InvalidInputError(f"“{name}” is not what is wanted.")


def fail(content: bytes, *, name: str) -> int:
    raise RuntimeError("nobody thought of that")


def crash(content: bytes, *, name: str) -> int:
    os.kill(os.getpid(), signal.SIGSEGV)
    return 0


def write(content: bytes, *, name: str) -> str:
    try:
        Path(content.decode()).write_text("something")
    except OSError as error:
        return str(error)
    return ""


def start(content: bytes, *, name: str) -> str:
    try:
        subprocess.run(["true"], check=True)
    except OSError as error:
        return str(error)
    return ""


def part(content: bytes, *, name: str, entries: int = 0, num_bytes: int = 0, pixels: float = 0) -> Part:
    time.sleep(0.2 * entries)
    return Part(NONE, (), 0, entries + 1, num_bytes + 9, pixels + 0.5)


def secret(content: bytes, *, name: str) -> int:
    return 0


PARSERS = {
    f"{__name__}:{parser.__name__}": 1.0
    for parser in (everything, pid, loop, sleep, hog, huge, refuse, fail, crash, write, start, part)
}


def warm_up() -> None:
    """Nothing to import."""
