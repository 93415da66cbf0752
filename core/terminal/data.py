"""`data`: which data sets there are, how large, under which licence, and getting one onto this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core import demos, settings
from core.contract import Task
from core.data import registry
from core.data.fetch.download import Cancelled
from core.errors import InvalidSettingError, NotFoundError
from core.knobs import Choice, knobs
from core.terminal import output
from core.terminal.interrupt import STATUS, interruptible


def run(which: str | None, *, download: str | None) -> int:
    """List data sets, or download one.

    Args:
        which: a demo or a data set; None lists all.
        download: None to list; a data set's name to download it; empty to download `which`.

    Raises:
        NotFoundError: there is no such demo or data set.
        DataUnavailableError: the download failed.
        StorageError: the data folder cannot be written.
    """
    if download is not None:
        return _download(download or which)
    for name in _named(which):
        output.answer(described(name))
    return 0


def described(name: str) -> dict[str, Any]:
    """A data set, JSON-ready."""
    source = registry.find(name)
    return {
        "name": name,
        "label": source.label,
        "medium": source.medium,
        "demos": [demo for demo in demos.names() if name in _sets_of(demos.task(demo))],
        "about": source.sentence,
        "examples": dict(zip(("train", "validation", "test"), source.sizes, strict=True)),
        "bytes": source.origin.num_bytes,
        "licence": source.licence,
        "source": source.citation,
        "here": source.is_here(),
    }


def _named(which: str | None) -> list[str]:
    if which is None:
        return registry.names()
    if which in registry.names():
        return [which]
    if which in demos.names():
        return list(_sets_of(demos.task(which)))
    raise NotFoundError(
        f"There is no demo and no data set “{which}”. The demos are: {', '.join(demos.names())}. "
        f"The data sets are: {', '.join(registry.names())}."
    )


def _sets_of(task: Task) -> Iterator[str]:
    """Data sets that a demo's config offers."""
    declared = knobs(task.Config).get("data")
    if isinstance(declared, Choice):
        yield from (name for name in declared.options if name in registry.names())


def _download(name: str | None) -> int:
    if name is None:
        raise InvalidSettingError(f"Name the data set to download, one of: {', '.join(registry.names())}.")
    source = registry.find(name)
    if source.is_here():
        output.say(f"{source.label} ({name}) is on this machine already.")
        output.answer(described(name))
        return 0
    if source.origin.num_bytes:
        folder = settings.data_folder() / source.origin.folder
        output.say(f"{source.label}: {source.origin.num_bytes / 1e6:.1f} MB, {source.licence}, into {folder}")
    line = output.ProgressLine()

    def report(done: int, total: int) -> None:
        line.show(
            done / total, f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if source.origin.num_bytes else f"{done:,} clips"
        )

    with interruptible() as interrupt:
        try:
            source.origin.fetch(report, lambda: interrupt.requested)
        except Cancelled:
            output.say("Cancelled. What has arrived is kept; the same command goes on from there.")
            return STATUS
        finally:
            line.clear()
    output.answer(described(name))
    return 0
