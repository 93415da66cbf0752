"""Files that are kept: written so that a crash leaves the old one or the new one, and read with what went wrong said.

What is in a file, and whether it is what was kept, is the business of whoever keeps it: most are named by a hash. What
was worked out, and can be again, has no such name: it is sealed, which is to say that it ends with its own hash.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import hashlib
import io
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import StorageError

CHUNK_BYTES = 1_000_000  # that are read at once
_TOO_MANY_OPEN = "Close other programs or allow more open files (ulimit -n)"
_LOCKLESS = "This disk does not lock files, as many network drives: set GLASSBOX_HOME to a folder on a local disk"
_REMEDIES = {errno.EMFILE: _TOO_MANY_OPEN, errno.ENFILE: _TOO_MANY_OPEN}
_REMEDIES |= dict.fromkeys((errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS), _LOCKLESS)


def key(content: bytes) -> str:
    """The name of a content: the first 64 bits of its SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()[:16]


def write(path: Path, content: bytes) -> None:
    """Write a whole file for good, in place of the one of that name if there is one.

    Raises:
        StorageError: it could not be written; nothing was changed.
    """
    _write(path, (content,))


def write_sealed(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write a file as `write` does, one part after the other, and their hash at its end: see `is_sealed`.

    What reads the file must know where its content ends; NumPy does.
    """
    _write(path, _sealed(parts))


def is_sealed(path: Path) -> bool:
    """Whether a file is there and is what `write_sealed` wrote; it is read for that once, as long as it is the same.

    Raises:
        StorageError: there is one and it cannot be read.
    """
    try:
        state = path.stat()
        return _ends_with_its_hash(path, state.st_size, state.st_ino, state.st_mtime_ns)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False
    except OSError as error:
        raise _unread(path, error) from error


def _write(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            for part in parts:
                file.write(part)
        place(temporary, path)
    except BaseException as error:  # the parts come from somebody else
        with suppress(OSError):  # what kept it from being written can keep it from being removed too
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritten(path, error) from error
        raise


def _sealed(parts: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
        yield part
    yield digest.digest()


@functools.lru_cache(maxsize=1_000)
def _ends_with_its_hash(path: Path, size: int, *_: int) -> bool:
    """Of a file of this size, which is the same file as long as its further marks are the same."""
    digest = hashlib.sha256()
    left = size - digest.digest_size
    with path.open("rb") as file:
        while left > 0 and (part := file.read(min(left, CHUNK_BYTES))):
            digest.update(part)
            left -= len(part)
        return left == 0 and file.read() == digest.digest()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One at a time, of all threads and processes that name the same lock file; raises `StorageError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise unwritten(path, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # ends with the process, however that ends
        except OSError as error:
            raise unwritten(path, error) from error
        yield
    finally:
        os.close(descriptor)


def unwritten(path: Path, error: OSError) -> StorageError:
    """What the operating system said of a file that could not be written, with what to do."""
    what = remedy(error, otherwise="Free some space or allow writing there")
    return StorageError(
        f"{path} could not be written: {error.strerror or error}. Nothing was changed. {what}, then try again."
    )


def remedy(error: OSError, *, otherwise: str) -> str:
    """What to do where it is not about the file itself; `otherwise` where it is."""
    return _REMEDIES.get(error.errno or 0, otherwise)


def read(path: Path) -> bytes | None:
    """What a file holds; None where there is none.

    Raises:
        StorageError: there is one and it cannot be read.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise _unread(path, error) from error


def _unread(path: Path, error: OSError) -> StorageError:
    what = remedy(error, otherwise="Allow reading it, or see whether the disk is all right")
    return StorageError(f"{path} cannot be read: {error.strerror or error}. {what}, then try again.")


def place(temporary: Path, target: Path) -> None:
    """Move a finished file to its name so that it survives a power cut; raises `OSError`."""
    sync(temporary)
    temporary.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk; raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """Of a whole file, in hexadecimal; raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def array_bytes(array: npt.NDArray[Any]) -> bytes:
    """An array as the content of a .npy file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()
