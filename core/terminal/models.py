"""Which model answers: the release model of a demo, or the best checkpoint of a run."""

from __future__ import annotations

from typing import Any

from core.contract import Maker, Model, Task
from core.errors import InvalidInputError, InvalidSettingError
from core.runs.store import RunStore

RELEASE = "release"


def model(task: Task, name: str) -> Model:
    """The model of a name: "release" or a run's id.

    Raises:
        NotFoundError: there is no such run.
        InvalidSettingError: the run is of another demo, or has saved nothing yet.
        InvalidInputError: the demo answers no files.
        StorageError: no checkpoint of the run can be read.
    """
    if task.answering is None:
        raise InvalidInputError(f"{task.title} answers on its page only.")
    if name == RELEASE:
        return task.answering.release()
    return task.answering.of_run(*_saved(task, name))


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

    store = RunStore()
    run = store.get(name)
    if run.task != task.name:
        raise InvalidSettingError(f"Run {name} is of the demo “{run.task}”; here one of “{task.name}” is needed.")
    restored = checkpoints.restore(store, name, prefer="best")
    if restored is None:
        raise InvalidSettingError(f"Run {name} is {run.state} and has saved no model yet. Use “{RELEASE}” or wait.")
    return run.config, restored.state["learner"]
