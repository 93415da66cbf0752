"""`predict`: files in (or texts, one a line of a file), one answer a line out, in the order they were given."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from core import demos
from core.data.formats import suffixes
from core.data.tables.columns import likely_text
from core.data.tables.reader import FORMATS, read_table
from core.data.tables.table import MAX_BYTES, column_texts, in_words
from core.demo import Answering, Model, PreparedInput
from core.errors import InvalidInputError, InvalidSettingError, Problem
from core.terminal import models, output

BATCH = 128  # files that are read ahead and go through the network together
THREADS = 4  # measured: decoding, filtering and resizing leave the interpreter lock for most of their time
FROM_STANDARD_INPUT = "-"
UNREADABLE = "unreadable"
TABLES = {*suffixes(FORMATS)} - {"txt"}  # a .txt is a text a line
MAX_LINE = 100_000  # characters that are read of a text; far fewer are allowed, so a longer one is refused anyway


@dataclass(frozen=True)
class UnreadableFile:
    """A file of texts that could not be read, or not to its end."""

    name: str
    message: str


@dataclass(frozen=True)
class _Timed:
    name: str
    prepared: PreparedInput
    milliseconds: float


def run(demo: str, files: Sequence[str], *, texts: Sequence[str] = (), model: str, column: str | None = None) -> int:
    """Answer every file and text; returns 1 if any of them could not be answered, else 0.

    Args:
        column: of the texts in a table; None: that with the most words.

    Raises:
        InvalidSettingError: neither files nor texts, or texts for a demo that reads files.
    """
    found = demos.find(demo)
    answering = models.answering(found)
    if texts and answering.reads != "lines":
        raise InvalidSettingError(f"{found.title} answers {answering.inputs}, no text: leave --text out.")
    if not files and not texts:
        raise InvalidSettingError(f"There is nothing to answer. Name {answering.inputs}.")
    _, chosen = models.model(found, model)
    status = 0
    for line in answers(answering, chosen, chain(_inputs(answering, files, column), texts)):
        output.answer(line)
        status = status or int("error" in line)
    return status


def answers(answering: Answering, model: Model, names: Iterable[str | UnreadableFile]) -> Iterator[dict[str, Any]]:
    """One line for each file or text, in order: its answer, or the code and message of what is wrong with it.

    `milliseconds` is the time from the file to the answer: its own preparation and its part of the batch.
    """
    remaining = iter(names)
    with ThreadPoolExecutor(THREADS) as pool:
        while chunk := list(islice(remaining, BATCH)):
            timed = list(pool.map(lambda name: _prepared(answering, name), chunk))
            values = [one.prepared.value for one in timed if one.prepared.value is not None]
            start = time.perf_counter()
            said = iter(model.answer(values) if values else ())
            batch_milliseconds = 1000 * (time.perf_counter() - start) / max(len(values), 1)
            for one in timed:
                problem = one.prepared.problem
                if one.prepared.value is None:
                    assert problem is not None
                    said_of = (
                        {"rows": [list(model.answer(row)) for row in one.prepared.rows]} if one.prepared.rows else {}
                    )
                    yield {"input": one.name, "error": problem.code, "message": problem.message, **said_of}
                    continue
                line = {
                    "input": one.name,
                    **next(said),
                    "milliseconds": round(one.milliseconds + batch_milliseconds, 2),
                }
                if problem is not None:
                    line |= {"warning": problem.code, "message": problem.message}
                yield line


def _prepared(answering: Answering, name: str | UnreadableFile) -> _Timed:
    start = time.perf_counter()
    if isinstance(name, UnreadableFile):
        return _Timed(name.name, _unreadable(name.message), 0.0)
    try:
        prepared = answering.prepare(Path(name) if answering.reads == "files" else name)
    except InvalidInputError as error:
        prepared = _unreadable(str(error))
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        prepared = _unreadable(_reason(name, error))
    return _Timed(name, prepared, 1000 * (time.perf_counter() - start))


def _unreadable(message: str) -> PreparedInput:
    return PreparedInput(None, Problem(UNREADABLE, message, blocking=True))


def _reason(name: str, error: Exception) -> str:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"“{name}” cannot be read: {reason}."


def _inputs(answering: Answering, files: Sequence[str], column: str | None) -> Iterator[str | UnreadableFile]:
    """Names of files; for a demo that reads lines, the lines of the files that are not blank, and texts of tables."""
    if answering.reads == "files":
        yield from _names(files)
        return
    for name in files:
        if name == FROM_STANDARD_INPUT:
            yield from _lines(sys.stdin)
            continue
        try:
            if Path(name).suffix.lower().removeprefix(".") in TABLES:
                yield from _texts(Path(name), column)
                continue
            with Path(name).open(encoding="utf-8-sig") as file:
                yield from _lines(file)
        except InvalidInputError as error:
            yield UnreadableFile(name, str(error))
        except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a name with a NUL in it
            yield UnreadableFile(name, _reason(name, error))


def _texts(path: Path, column: str | None) -> list[str]:
    """The texts of a table; what was left out, and which column it is, is said."""
    with path.open("rb") as file:
        found = read_table(file.read(MAX_BYTES + 1), name=path.name)
    chosen = column or found.columns[likely_text(found)]
    texts = [text.strip() for text in column_texts(found, chosen)]
    good = [text for text in texts if text]
    empty = len(texts) - len(good)
    left_out = found.left_out | ({"its text is empty": empty} if empty else {})
    without = f" Left out were {in_words(left_out)}." if left_out else ""
    output.say(" ".join([f"“{path.name}”: {len(good):,} texts of the column “{chosen}”.{without}", *found.notes]))
    return good


def _lines(file: TextIO) -> Iterator[str]:
    """The lines of a file that are not blank; of an enormous one the beginning."""
    while line := file.readline(MAX_LINE):
        if stripped := line.strip():
            yield stripped
        while line and not line.endswith("\n"):
            line = file.readline(MAX_LINE)


def _names(files: Sequence[str]) -> Iterator[str]:
    """The given names; `-` stands for those on standard input, one a line."""
    for name in files:
        if name != FROM_STANDARD_INPUT:
            yield name
            continue
        for line in sys.stdin:
            if stripped := line.rstrip("\r\n"):
                yield stripped
