"""The registry of demos is this folder: every module or package in it exports one `DEMO`.

What is trained elsewhere stands beside them: the experiments, a folder like this one, and the lessons' `DEMOS`.

`GLASSBOX_DEMOS` may name further importable packages that hold demos, separated by commas.
"""

import importlib
import os
import pkgutil
from functools import cache

from core.contract import Task, Training
from core.demo import Demo
from core.errors import NotFoundError


def more_packages() -> tuple[str, ...]:
    """Names of the packages outside this project that hold demos."""
    return tuple(filter(None, (name.strip() for name in os.environ.get("GLASSBOX_DEMOS", "").split(","))))


@cache
def _registry(packages: tuple[str, ...]) -> dict[str, Demo]:
    demos: list[Demo] = []
    for package in packages:
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            found = importlib.import_module(f"{package}.{module.name}")
            demos += found.DEMOS if hasattr(found, "DEMOS") else (found.DEMO,)
    demos += importlib.import_module("core.lessons").DEMOS
    return {demo.name: demo for demo in sorted(demos, key=lambda demo: (demo.order, demo.name))}


def _all() -> dict[str, Demo]:
    return _registry((__name__, "core.experiments", *more_packages()))


def names() -> list[str]:
    """Names of all demos, in the order of their pages."""
    return list(_all())


def find(name: str) -> Demo:
    """The demo of that name.

    Raises:
        NotFoundError: there is none.
    """
    if name not in _all():
        raise NotFoundError(f"There is no demo “{name}”. The demos are: {', '.join(names())}.")
    return _all()[name]


def task(name: str) -> Task:
    """What the runs of the demo of that name do; raises as `find` does."""
    return find(name).task


def training(name: str) -> Training:
    """What the demo of that name trains; raises as `find` does, also where it is a demo of fits."""
    found = find(name).training
    if found is None:
        raise NotFoundError(f"“{name}” is a job of several fits: there is no network that it trains.")
    return found
