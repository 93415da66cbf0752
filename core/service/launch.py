"""Starting a run: the one call that a page or a terminal needs. Which process works on it is not decided here."""

from __future__ import annotations

from core import demos
from core.contract import Task, preset_of
from core.errors import InvalidSettingError
from core.knobs import Config, Reference, knobs, to_json
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
