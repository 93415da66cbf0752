"""What goes between a page and a reading process, as MessagePack: typed, bounded, never pickled.

An array goes as its dtype, shape and bytes, and is only accepted as what the parser's return type says.
"""

from __future__ import annotations

from typing import Any, get_args, get_origin

import msgspec
import numpy as np

MAX_ANSWER = 64_000_000  # bytes


class Job(msgspec.Struct):
    """What is to be read."""

    parser: str  # "module:function"
    name: str
    content: bytes
    after: dict[str, int | float] = {}  # for a file that is read in parts: how far the part before came


class Answer(msgspec.Struct, tag=True):
    """What the parser gave, encoded once more by itself: its type is known to who asked."""

    result: bytes


class Refused(msgspec.Struct, tag=True):
    """The sentence of an `InvalidInputError`."""

    message: str


class Failed(msgspec.Struct, tag=True):
    """Any other error, for the log."""

    details: str


Reply = Answer | Refused | Failed


def encode(value: Any) -> bytes:
    """Bytes of a message or of a parser's result."""
    return msgspec.msgpack.encode(value, enc_hook=_from_array)


def decode(content: bytes, kind: Any) -> Any:
    """The inverse of `encode`; raises `msgspec.ValidationError` where the content is not of that kind."""
    return msgspec.msgpack.decode(content, type=kind, dec_hook=_to_array)


def _from_array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, np.ascontiguousarray(value).data
    raise NotImplementedError(f"{type(value).__name__} is not sent")


def _to_array(kind: Any, value: Any) -> Any:
    if get_origin(kind) is not np.ndarray:
        raise NotImplementedError(f"{kind} is not received")
    dtype, shape, content = value
    wanted = np.dtype(get_args(get_args(kind)[1])[0])
    if dtype != wanted.str:
        raise ValueError(f"an array of {dtype} in place of {wanted.str}")
    return np.frombuffer(content, wanted).reshape(shape).copy()  # the copy can be written to
