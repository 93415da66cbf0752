"""Which model answers: a release model of a demo, or the best checkpoint of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.contract import Maker, Model, Task
from core.errors import DataUnavailableError, InvalidInputError, InvalidSettingError
from core.runs.store import open_store
from core.terminal import output

RELEASE = "release"  # of several release models the best one that is here


def model(task: Task, name: str) -> tuple[str, Model]:
    """The model of a name: "release", one of several release models by its own name, or a run's id.

    Returns:
        The name of the model that was found, and the model.

    Raises:
        NotFoundError: there is no such run.
        DataUnavailableError: the release model needs what is not on this machine.
        InvalidSettingError: the run is of another demo, or has saved nothing yet.
        InvalidInputError: the demo answers no files.
        StorageError: no checkpoint of the run can be read.
    """
    if task.answering is None:
        raise InvalidInputError(f"{task.title} answers on its page only.")
    releases = task.answering.releases
    if name == RELEASE:
        return _best_here(releases)
    return name, releases[name]() if name in releases else task.answering.of_run(*_saved(task, name))


def _best_here(releases: Mapping[str, Callable[[], Model]]) -> tuple[str, Model]:
    """The first release model that this machine has all for; the others are said."""
    *better, last = releases
    for name in better:
        try:
            return name, releases[name]()
        except DataUnavailableError as error:
            output.say(f"The release model “{name}” cannot be used here, so another one answers. {error}")
    return last, releases[last]()


def maker(task: Task, name: str, *, data: str) -> Maker:
    """What makes examples: the release model of a data set, or a run by its id. Raises as `model` does."""
    if task.generating is None:
        raise InvalidInputError(f"{task.title} makes no examples.")
    if name == RELEASE:
        return task.generating.release(data)
    return task.generating.of_run(*_saved(task, name))


def _saved(task: Task, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Config and learner's part of the best checkpoint of a run."""
    from core.runs import checkpoints  # with PyTorch

    store = open_store()
    run = store.book.get(name)
    if run.task != task.name:
        raise InvalidSettingError(f"Run {name} is of the demo “{run.task}”; here one of “{task.name}” is needed.")
    restored = checkpoints.restore(store.book, store.files, name, prefer="best")
    if restored is None:
        raise InvalidSettingError(f"Run {name} is {run.state} and has saved no model yet. Use “{RELEASE}” or wait.")
    return run.config, restored.state["learner"]
