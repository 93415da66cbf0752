"""IDX files, the format that MNIST and its relatives are published in: getting a set of them, and reading them.

Which files there are, and where, is in `core/data/registry.py`.
"""

import gzip
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import settings
from core.data.fetch.download import Progress, ShouldStop, download
from core.errors import DataUnavailableError

Pixels = NDArray[np.uint8]
HEADER_SLACK_BYTES = 64  # a gzip header may hold the file's name or not: Debian's copies are 24 bytes smaller


@dataclass(frozen=True)
class File:
    """A gzip-compressed IDX file (http://yann.lecun.com/exdb/mnist/): how it is published, and what is in it."""

    name: str
    num_bytes: int  # compressed
    md5: str  # of the compressed file, as its publisher gives it
    sha256: str  # of the decompressed content, which is the same in every packaging
    shape: tuple[int, ...]  # (N, 28, 28) images or (N,) labels, uint8


@dataclass(frozen=True)
class IdxFiles:
    """An origin of a data set (`core/data/fetch/origins.py`): files that are downloaded one by one."""

    base_url: str  # with a slash at the end
    folder: str  # inside the data folder
    files: tuple[File, ...]  # train images, train labels, test images, test labels
    elsewhere: tuple[Path, ...] = ()  # folders where a system package puts the same files
    can_fetch: bool = True

    @property
    def num_bytes(self) -> int:
        """Of all files."""
        return sum(file.num_bytes for file in self.files)

    def place(self) -> Path | None:
        """The first folder that has all files, the data folder's own before others."""
        return next((folder for folder in (self._own(), *self.elsewhere) if not _missing(self.files, folder)), None)

    def missing(self) -> str:
        """Which files its own folder lacks."""
        also = f" (nor is all of it in {', '.join(map(str, self.elsewhere))})" if self.elsewhere else ""
        return f"{self._own()} lacks {', '.join(_missing(self.files, self._own()))}{also}."

    def fetch(self, progress: Progress, should_stop: ShouldStop) -> None:
        """Download what is not there or is damaged, into the data folder; progress is over all files."""
        pending = [file for file in self.files if not _is_right(file, self._own())]
        done = self.num_bytes - sum(file.num_bytes for file in pending)
        for file in pending:

            def report(file_done: int, _: int, before: int = done) -> None:
                progress(before + file_done, self.num_bytes)

            download(
                self.base_url + file.name,
                self._own() / file.name,
                checksum=f"md5:{file.md5}",
                num_bytes=file.num_bytes,
                progress=report,
                should_stop=should_stop,
            )
            done += file.num_bytes
        progress(done, self.num_bytes)

    def read(self, folder: Path) -> list[Pixels]:
        """All files of a folder as arrays; raises as `read_idx`."""
        return [read_idx(folder / file.name, file) for file in self.files]

    def _own(self) -> Path:
        return settings.data_folder() / self.folder


def like_mnist(base_url: str, folder: str, published: str, *, elsewhere: Path | None = None) -> IdxFiles:
    """The files of a set that is laid out as MNIST is; `published` has a line for each: bytes, MD5, SHA-256."""
    names = (f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))
    shapes = ((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))
    files = []
    for name, line, shape in zip(names, published.strip().splitlines(), shapes, strict=True):
        num_bytes, md5, sha256 = line.split()
        files.append(File(name, int(num_bytes), md5, sha256, shape))
    return IdxFiles(base_url, folder, tuple(files), (elsewhere,) if elsewhere else ())


def _missing(files: Sequence[File], folder: Path) -> list[str]:
    """Which files are not in a folder, in words; empty if all are there."""
    missing = []
    for file in files:
        path = folder / file.name
        if not path.is_file():
            missing.append(file.name)
        elif abs(path.stat().st_size - file.num_bytes) > HEADER_SLACK_BYTES:
            missing.append(f"{file.name} ({path.stat().st_size:,} bytes are there in place of {file.num_bytes:,})")
    return missing


def _is_right(file: File, folder: Path) -> bool:
    """Whether one file is in a folder and holds what it should."""
    if _missing((file,), folder):
        return False
    try:
        read_idx(folder / file.name, file)
    except DataUnavailableError:
        return False
    return True


def read_idx(path: Path, file: File) -> Pixels:
    """Array in a gzip-compressed IDX file, after checking that it is exactly the expected one.

    Args:
        path: where the file is.
        file: what should be in it.

    Returns:
        uint8 array of shape `file.shape`.

    Raises:
        DataUnavailableError: unreadable, damaged, or another file.
    """
    header = bytes([0, 0, 8, len(file.shape)]) + b"".join(size.to_bytes(4, "big") for size in file.shape)
    num_bytes = len(header) + int(np.prod(file.shape))
    remedy = "Remove it and download the data set again, or copy a good file there."
    try:
        with gzip.open(path) as stream:
            content = bytearray(stream.read(num_bytes + 1))  # at most, so that a bomb stays small; writable for torch
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataUnavailableError(f"{path} is damaged ({error}). {remedy}") from error
    except OSError as error:
        raise DataUnavailableError(f"{path} cannot be read: {error.strerror}. {remedy}") from error
    if content[: len(header)] != header or len(content) != num_bytes:
        expected = " × ".join(f"{size:,}" for size in file.shape)
        raise DataUnavailableError(f"{path} is not an IDX file of {expected} bytes, as it should be. {remedy}")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise DataUnavailableError(
            f"{path} holds other data than it should: it was changed, or it belongs to another data set whose files "
            f"have the same names. {remedy}"
        )
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(file.shape)
