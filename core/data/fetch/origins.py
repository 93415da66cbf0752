"""How data sets come onto this machine: with a package that is installed, made here, or downloaded.

The two that are downloaded are `core/data/fetch/archive.py` (archives) and `core/data/pictures/idx.py` (single files).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core import settings
from core.data.fetch.download import Progress, ShouldStop
from core.errors import DataUnavailableError


class Origin(Protocol):
    """Where a data set comes from, and where it lies then."""

    @property
    def num_bytes(self) -> int:
        """Of the download; 0 where there is none."""

    @property
    def folder(self) -> str:
        """Inside the data folder, where its files may also be put by hand; empty where there is none."""

    @property
    def can_fetch(self) -> bool:
        """Whether `fetch` can bring what is missing."""

    def place(self) -> Path | None:
        """The folder or file that holds all of it; None if none does. Looks at names and sizes of files only."""

    def missing(self) -> str:
        """What there is not, in words that complete "… is not on this machine: "."""

    def fetch(self, progress: Progress, should_stop: ShouldStop) -> None:
        """Bring what is missing; raises as `core.data.fetch.download.download`."""


@dataclass(frozen=True)
class Package:
    """A file that comes with an installed package, this studio's own `core` among them."""

    package: str  # as it is imported
    file: str  # inside it
    num_bytes: int = 0
    folder: str = ""
    can_fetch: bool = False

    def place(self) -> Path | None:
        """The file; the package is not imported for that."""
        spec = importlib.util.find_spec(self.package)
        places = [Path(place) / self.file for place in (spec.submodule_search_locations or ())] if spec else []
        return next((place for place in places if place.is_file()), None)

    def missing(self) -> str:
        """Which package it is, and how to get it."""
        return f"the package {self.package}, with which it comes, is not. Install requirements.txt again."

    def fetch(self, progress: Progress, should_stop: ShouldStop) -> None:
        """It is there, or cannot be brought from here."""
        if self.place() is None:
            raise DataUnavailableError(f"Nothing can be downloaded: {self.missing()}")


@dataclass(frozen=True)
class Made:
    """What this machine makes for itself and keeps."""

    kept: str  # inside `home()`
    is_made: Callable[[], bool]
    fetch: Callable[[Progress, ShouldStop], None]  # progress counts what is made
    num_bytes: int = 0
    folder: str = ""
    can_fetch: bool = True

    def place(self) -> Path | None:
        """The folder in which it is kept."""
        return settings.home() / self.kept if self.is_made() else None

    def missing(self) -> str:
        """That it can be made."""
        return "it has not been made yet."
