"""What people bring, kept here for good: pictures, tables and recordings, each in a file named by its content.

The same content has the same name, so it is kept once, and what does not fit its name is not read. How the files that
people bring are read in the first place is in the folder of each medium; which formats there are, in `formats.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from core import kept, settings
from core.errors import DataUnavailableError

Thing = TypeVar("Thing")
NAME = re.compile(r"[0-9a-z-]+")  # leads nowhere else


@dataclass(frozen=True)
class ContentStore(Generic[Thing]):
    """All things of one kind, in a folder."""

    called: str  # begins sentences: "The table of your own"
    remedy: str  # ends them: "Upload it …"
    folder: str  # inside `home()`
    suffix: str  # of the files
    to_bytes: Callable[[Thing], bytes]
    from_bytes: Callable[[bytes], Thing]
    identity: Callable[[Thing], bytes] | None = None  # what the name is made of; None: all of the file

    def keep(self, thing: Thing, *, before: str = "") -> str:
        """Write a thing and return its name, which depends on its content alone.

        Args:
            before: what the name says beside that, at its beginning.

        Raises:
            StorageError: it cannot be written; nothing was changed.
        """
        content = self.to_bytes(thing)
        name = before + self._key(thing, content)
        kept.write(self.path(name), content)  # one that is there already may be damaged
        return name

    def stored(self, name: str, *, key: str | None = None) -> Thing:
        """A thing that was kept.

        Args:
            key: of the content, where the name is not that alone; empty where it is not known.

        Raises:
            DataUnavailableError: it is not here, or what stands on the disk is not what was kept.
            StorageError: it cannot be read.
        """
        content = kept.read(self.path(name)) if NAME.fullmatch(name) else None
        if content is None:
            where = f"is not on this machine{f' any more (id {name})' if name else ': none was given'}"
            raise DataUnavailableError(f"{self.called} {where}. {self.remedy}")
        try:
            thing = self.from_bytes(content)
            if key != "" and self._key(thing, content) != (key or name):
                raise ValueError("its hash is another one")
        except Exception as error:  # whatever JSON, zip, zlib and NumPy make of damaged bytes: nearly anything
            raise DataUnavailableError(
                f"{self.called} has changed on the disk since it was kept (id {name}), so it is not used. {self.remedy}"
            ) from error
        return thing

    def is_stored(self, name: str) -> bool:
        """Whether a thing of that name was kept here."""
        return NAME.fullmatch(name) is not None and self.path(name).is_file()

    def path(self, name: str) -> Path:
        """Where it is kept."""
        return settings.home() / self.folder / f"{name}{self.suffix}"

    def _key(self, thing: Thing, content: bytes) -> str:
        return kept.key(content if self.identity is None else self.identity(thing))
