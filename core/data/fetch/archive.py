"""Archives of data sets: downloaded, unpacked beside where they belong, put in place when complete, and removed.

Downloading one file is in `core/data/fetch/download.py`.
"""

from __future__ import annotations

import gzip
import lzma
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core import settings
from core.data.fetch.download import Cancelled, Progress, ShouldStop, download, storing
from core.errors import DataUnavailableError

MOST_GROWTH = 50  # times its packed size that an archive may become; sounds and pictures grow by less than two
FEWEST_BYTES = 1_000_000  # that any archive may become
BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError)


@dataclass(frozen=True)
class Archive:
    """A packed data set and the folder, inside the data folder, that it becomes."""

    name: str
    num_bytes: int
    checksum: str | None  # None: only a zip, whose files carry their own
    folder: str
    base_url: str  # ends in a slash


@dataclass(frozen=True)
class Archives:
    """An origin of a data set (`core/data/fetch/origins.py`): archives, of which the last is the set itself."""

    archives: tuple[Archive, ...]
    contents: tuple[str, ...]  # files or folders by which it is known to be there
    elsewhere: tuple[str, ...] = ()  # further folders inside the data folder where people put it
    can_fetch: bool = True

    @property
    def num_bytes(self) -> int:
        """Of all archives."""
        return sum(archive.num_bytes for archive in self.archives)

    @property
    def folder(self) -> str:
        """Of the last archive."""
        return self.archives[-1].folder

    def place(self) -> Path | None:
        """The first folder that has its contents."""
        folders = (settings.data_folder() / name for name in (self.folder, *self.elsewhere))
        return next((folder for folder in folders if not self._lacking(folder)), None)

    def missing(self) -> str:
        """What its own folder lacks."""
        folder = settings.data_folder() / self.folder
        return f"{folder} lacks {', '.join(self._lacking(folder))}."

    def fetch(self, progress: Progress, should_stop: ShouldStop) -> None:
        """Download and unpack."""
        fetch(self.archives, progress=progress, should_stop=should_stop)

    def _lacking(self, folder: Path) -> list[str]:
        return [name for name in self.contents if not (folder / name).exists()]


def fetch(archives: tuple[Archive, ...], *, progress: Progress, should_stop: ShouldStop) -> None:
    """Download and unpack archives into the data folder; a folder that is there already is kept.

    Args:
        progress: called with (bytes done, bytes in all) of the downloads.
        should_stop: asked before each chunk and each unpacked file.

    Raises:
        Cancelled: `should_stop` said so; what has arrived is kept for the next time.
        DataUnavailableError: no connection, the server gave something else, or the archive is damaged.
        StorageError: the data folder cannot be written.
    """
    data = settings.data_folder()
    total, done = sum(archive.num_bytes for archive in archives), 0
    for archive in archives:
        packed, folder = data / archive.name, data / archive.folder

        def report(archive_done: int, _: int, before: int = done) -> None:
            progress(before + archive_done, total)

        if not folder.exists():
            if not packed.exists():
                download(
                    archive.base_url + archive.name,
                    packed,
                    checksum=archive.checksum,
                    num_bytes=archive.num_bytes,
                    progress=report,
                    should_stop=should_stop,
                )
            unpack(packed, folder, should_stop=should_stop)
            packed.unlink()
        done += archive.num_bytes
        progress(done, total)


def unpack(packed: Path, folder: Path, *, should_stop: ShouldStop) -> None:
    """Unpack a .tar.gz or .zip beside `folder`, and give it that name when it is complete.

    No entry can be written outside of it; a folder of the same name inside the archive becomes the folder itself.

    Raises:
        Cancelled: `should_stop` said so.
        DataUnavailableError: the archive is damaged, or becomes far more than such data does; it is removed.
    """
    temporary = folder.with_name(f"{folder.name}.part")
    with storing(folder):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
    left = max(FEWEST_BYTES, MOST_GROWTH * packed.stat().st_size)
    try:
        with storing(folder):
            for num_bytes in _tar(packed, temporary) if packed.name.endswith(".tar.gz") else _zip(packed, temporary):
                if should_stop():
                    raise Cancelled
                left -= num_bytes
                if left < 0:
                    raise tarfile.ReadError(f"it would become more than {MOST_GROWTH} times as large")
            inner = temporary / folder.name
            (inner if inner.is_dir() else temporary).replace(folder)
    except BROKEN as error:
        packed.unlink()
        raise DataUnavailableError(
            f"{packed.name} is damaged ({error}) and was removed. Nothing else was changed. Download it again."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _tar(packed: Path, target: Path) -> Iterator[int]:
    """Unpack a file each time, after giving its size."""
    try:
        with tarfile.open(packed, "r:gz") as archive:
            for member in archive:
                yield member.size
                archive.extract(member, target, filter="data")  # refuses links and paths that lead outside
    except gzip.BadGzipFile as error:  # an OSError, but no problem of writing
        raise tarfile.ReadError(str(error)) from error


def _zip(packed: Path, target: Path) -> Iterator[int]:
    with zipfile.ZipFile(packed) as archive:
        for member in archive.infolist():
            yield member.file_size  # no more is unpacked, even where it lies
            if not member.filename.startswith("__MACOSX"):
                archive.extract(member, target)  # drops "..", roots and drives; checks each file's CRC
