"""Starting a run and going on with it, as pages and terminal do. Which process works on it is not decided here."""

from __future__ import annotations

from contextlib import suppress

from core import demos
from core.contract import Task, preset_of
from core.errors import InvalidSettingError
from core.knobs import Config, Reference, from_json, knobs, to_json
from core.runs.protocols import RunBook
from core.runs.records import Run

MAX_DIFFERENCES = 3


def title_of(task: Task, config: Config) -> str:
    """What tells a run from others: the preset it is, or how it differs from the defaults; the seed does not count."""
    preset = preset_of(task, config)
    if preset is not None:
        return preset.label
    values, defaults = to_json(config), to_json(task.Config())
    different = [
        f"{declared.label[0].lower()}{declared.label[1:]} {declared.in_words(values[name])}"
        for name, declared in knobs(task.Config).items()
        if values[name] != defaults[name] and name != "seed" and type(declared) is not Reference  # ids are no words
    ]
    more = " …" if len(different) > MAX_DIFFERENCES else ""
    name = demos.find(task.name).title
    return f"{name}: {', '.join(different[:MAX_DIFFERENCES])}{more}" if different else name


def start(
    book: RunBook, task: Task, config: Config, *, owner: str, parent: str | None = None, title: str | None = None
) -> Run:
    """Check everything that can be checked now, and put a new run into the queue.

    Args:
        owner: whose run it is; one run of an owner is running at a time, and a short one beside it.
        parent: id of the run that was cloned.

    Raises:
        InvalidSettingError: the config is of another demo, or its values do not fit the data.
        DataUnavailableError: the data is not on this machine. A damaged file is found by the worker.
        NotFoundError: the parent does not exist.
        StorageError: the run store could not be written.
    """
    if type(config) is not task.Config:
        raise InvalidSettingError(f"A {type(config).__name__} cannot start a run of {demos.find(task.name).title}.")
    title = title or title_of(task, config)
    config = task.settle(config)
    task.check(config)  # what only reading the data can tell, the worker says
    return book.create(
        task.name,
        to_json(config),
        phases=(config.epochs,),
        owner=owner,
        parent=parent,
        title=title,
        short=task.short,
    )


def resume(book: RunBook, run_id: str) -> Run:
    """`RunBook.resume` where what the run learns from is here; raises as it does, and `DataUnavailableError`."""
    _require_data(book.get(run_id))
    return book.resume(run_id)


def extend(book: RunBook, run_id: str, epochs: int) -> Run:
    """`RunBook.extend` where what the run learns from is here; raises as it does, and `DataUnavailableError`.

    A run whose worker finds no data has failed: its model and its test figure would be given up for nothing.
    """
    _require_data(book.get(run_id))
    return book.extend(run_id, epochs)


def _require_data(run: Run) -> None:
    """Raise what `start` would, but for settings that an earlier version has allowed."""
    task = demos.task(run.task)
    with suppress(InvalidSettingError):
        task.check(from_json(task.Config, run.config)[0])
