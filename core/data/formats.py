"""Formats of files that people bring: what a format is called, how its content is told, and what reads it.

Each medium lists its own; pages offer what is listed. Another format is one more line in a list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Reader = TypeVar("Reader")


@dataclass(frozen=True)
class Format(Generic[Reader]):
    """One format; its reader takes and gives what the medium says."""

    name: str  # "PNG"
    suffixes: tuple[str, ...]  # of its files, without the dot
    fits: Callable[[bytes], bool]  # told by the content, whatever the file is called
    reader: Reader


def starts(mark: bytes) -> Callable[[bytes], bool]:
    """Whether a content begins with a mark."""
    return lambda content: content.startswith(mark)


def of(content: bytes, formats: Sequence[Format[Reader]]) -> Format[Reader] | None:
    """The format of a content; None if it is none of these."""
    return next((one for one in formats if one.fits(content)), None)


def named(formats: Sequence[Format[Any]]) -> str:
    """All of them in words: "PNG, JPEG or WebP"."""
    *most, last = (one.name for one in formats)
    return f"{', '.join(most)} or {last}" if most else last


def suffixes(formats: Sequence[Format[Any]]) -> list[str]:
    """The suffixes of all of them, as an uploader takes them."""
    return [suffix for one in formats for suffix in one.suffixes]
