"""Which model answers: a release model of a demo, or the best checkpoint of a run."""

from __future__ import annotations

from typing import Any

from core.demo import Answering, Demo, Models
from core.errors import DataUnavailableError, InvalidInputError, InvalidSettingError
from core.runs.records import Run
from core.runs.store import open_store
from core.terminal import output

RELEASE = "release"  # of several release models the best one that is here


def answering(demo: Demo) -> Answering:
    """How its models answer files; raises `InvalidInputError` where they do not."""
    if demo.answering is None:
        raise InvalidInputError(f"{demo.title} answers on its page only.")
    return demo.answering


def model(demo: Demo, name: str) -> tuple[str, Any]:
    """The model of a name: "release", one of several release models by its own name, or a run's id.

    Returns:
        The name of the model that was found, and the `Model` or `Maker`.

    Raises:
        NotFoundError: there is no such run.
        DataUnavailableError: the release model needs what is not on this machine.
        InvalidSettingError: the run is of another demo, or has saved nothing yet.
        StorageError: no checkpoint of the run can be read.
    """
    assert demo.models is not None
    if name == RELEASE:
        return _best_here(demo.models)
    if name in demo.releases:
        return name, demo.models.of_release(demo.releases[name])
    return name, demo.models.of_run(*_saved(demo, name))


def _best_here(models: Models) -> tuple[str, Any]:
    """The first release model that this machine has all for; the others are said."""
    *better, last = models.releases
    for name in better:
        try:
            return name, models.of_release(models.releases[name])
        except DataUnavailableError as error:
            output.say(f"The release model “{name}” cannot be used here, so another one answers. {error}")
    return last, models.of_release(models.releases[last])


def _saved(demo: Demo, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Config and learner's part of the best checkpoint of a run."""
    from core.runs import checkpoints  # with PyTorch

    store = open_store()
    run = store.book.get(name)
    check_demo(demo, run)
    restored = checkpoints.restore(store.book, store.files, name, prefer="best")
    if restored is None:
        raise InvalidSettingError(f"Run {name} is {run.state} and has saved no model yet. Use “{RELEASE}” or wait.")
    return run.config, restored.state["learner"]


def check_demo(demo: Demo, run: Run) -> None:
    """Raise `InvalidSettingError` where a run is of another demo."""
    if run.task != demo.name:
        raise InvalidSettingError(f"Run {run.id} is of the demo “{run.task}”; here one of “{demo.name}” is needed.")
