"""IDX files, the format that MNIST and its relatives are published in, as arrays.

Which files there are, and where, is in `core/data/pictures/sources.py`.
"""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DataUnavailableError

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class File:
    """A gzip-compressed IDX file (http://yann.lecun.com/exdb/mnist/): how it is published, and what is in it."""

    name: str
    num_bytes: int  # compressed
    md5: str  # of the compressed file, as its publisher gives it
    sha256: str  # of the decompressed content, which is the same in every packaging
    shape: tuple[int, ...]  # (N, 28, 28) images or (N,) labels, uint8


def read_idx(path: Path, file: File, *, label: str) -> Pixels:
    """Array in a gzip-compressed IDX file, after checking that it is exactly the expected one.

    Args:
        path: where the file is.
        file: what should be in it.
        label: name of the data set, for the error message.

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
        raise DataUnavailableError(f"{path} is not an IDX file of {expected} bytes, as {label} has it. {remedy}")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise DataUnavailableError(
            f"{path} holds other data than {label}: it was changed, or it belongs to another data set whose files have "
            f"the same names. {remedy}"
        )
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(file.shape)
