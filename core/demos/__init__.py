"""The registry of demos is this folder: every module or package in it exports one `TASK`.

What is trained elsewhere stands beside them: the experiments, a folder like this one, and the lessons' `TASKS`.

`GLASSBOX_DEMOS` may name further importable packages that hold demos, separated by commas.
"""

import importlib
import os
import pkgutil
from functools import cache

from core.contract import Task
from core.errors import NotFoundError


def _packages() -> list[str]:
    extra = [name.strip() for name in os.environ.get("GLASSBOX_DEMOS", "").split(",")]
    return [__name__, "core.experiments", *filter(None, extra)]


@cache
def _registry(packages: tuple[str, ...]) -> dict[str, Task]:
    tasks: list[Task] = []
    for package in packages:
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            found = importlib.import_module(f"{package}.{module.name}")
            tasks += found.TASKS if hasattr(found, "TASKS") else (found.TASK,)
    tasks += importlib.import_module("core.lessons").TASKS
    return {task.name: task for task in tasks}


def names() -> list[str]:
    """Names of all demos, in the order of their pages."""
    tasks = _registry(tuple(_packages()))
    return sorted(tasks, key=lambda name: (tasks[name].order, name))


def task(name: str) -> Task:
    """The demo of that name.

    Raises:
        NotFoundError: there is none.
    """
    tasks = _registry(tuple(_packages()))
    if name not in tasks:
        raise NotFoundError(f"There is no demo “{name}”. The demos are: {', '.join(names())}.")
    return tasks[name]
