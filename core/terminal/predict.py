"""`predict`: files in, one answer a line out, in the order they were given."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from core import demos
from core.contract import Answering, Model, Readied
from core.errors import InvalidInputError
from core.terminal import models, output

BATCH = 128  # files that are read ahead and go through the network together
THREADS = 4  # measured: decoding, filtering and resizing leave the interpreter lock for most of their time
FROM_STANDARD_INPUT = "-"
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class _Timed:
    name: str
    readied: Readied
    milliseconds: float


def run(demo: str, files: Sequence[str], *, model: str) -> int:
    """Answer every file; returns 1 if any of them could not be answered, else 0."""
    task = demos.task(demo)
    chosen = models.model(task, model)
    assert task.answering is not None
    status = 0
    for line in answers(task.answering, chosen, _names(files)):
        output.answer(line)
        status = status or int("error" in line)
    return status


def answers(answering: Answering, model: Model, names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One line for each file, in order: its answer, or the code and message of what is wrong with it.

    `milliseconds` is the time from the file to the answer: its own preparation and its share of the batch.
    """
    remaining = iter(names)
    with ThreadPoolExecutor(THREADS) as pool:
        while chunk := list(islice(remaining, BATCH)):
            timed = list(pool.map(lambda name: _prepared(answering, name), chunk))
            values = [one.readied.value for one in timed if one.readied.value is not None]
            start = time.perf_counter()
            said = iter(model.answer(values) if values else ())
            share = 1000 * (time.perf_counter() - start) / max(len(values), 1)
            for one in timed:
                if one.readied.value is None:
                    yield {"input": one.name, "error": one.readied.problem, "message": one.readied.message}
                    continue
                line = {"input": one.name, **next(said), "milliseconds": round(one.milliseconds + share, 2)}
                if one.readied.problem:
                    line |= {"warning": one.readied.problem, "message": one.readied.message}
                yield line


def _prepared(answering: Answering, name: str) -> _Timed:
    start = time.perf_counter()
    try:
        readied = answering.prepare(Path(name))
    except InvalidInputError as error:
        readied = Readied(None, problem=UNREADABLE, message=str(error))
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        readied = Readied(None, problem=UNREADABLE, message=f"“{name}” cannot be read: {reason}.")
    return _Timed(name, readied, 1000 * (time.perf_counter() - start))


def _names(files: Sequence[str]) -> Iterator[str]:
    """The given names; `-` stands for those on standard input, one a line."""
    for name in files:
        if name != FROM_STANDARD_INPUT:
            yield name
            continue
        for line in sys.stdin:
            if stripped := line.rstrip("\r\n"):
                yield stripped
