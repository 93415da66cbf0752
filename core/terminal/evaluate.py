"""`evaluate`: how good a model is on its demo's test set."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import demos
from core.errors import InvalidSettingError
from core.terminal import models, output

SETTING = "GLASSBOX_DATA"


def run(demo: str, *, data: str | None, model: str) -> int:
    """Measure a model and print the figure with the set it was measured on; returns 0.

    Args:
        data: folder of data sets in their canonical layout; None is the usual one.

    Raises:
        InvalidSettingError: `data` is not a folder.
        DataUnavailableError: the test set is not there.
    """
    name, chosen = models.model(demos.find(demo), model)
    with _data_in(data):
        start = time.perf_counter()
        measured = chosen.evaluate()
    seconds = round(time.perf_counter() - start, 2)
    for notice in measured.get("notices", ()):
        output.say(notice)
    output.answer({"demo": demo, "model": name, **measured, "seconds": seconds})
    return 0


@contextmanager
def _data_in(folder: str | None) -> Iterator[None]:
    """While inside, data is looked for in this folder."""
    if folder is None:
        yield
        return
    if not Path(folder).is_dir():
        raise InvalidSettingError(f"“{folder}” is not a folder. Give one that holds data sets, as in MNIST/raw/*.gz.")
    before = os.environ.get(SETTING)
    os.environ[SETTING] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ[SETTING]
        else:
            os.environ[SETTING] = before
