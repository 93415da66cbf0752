"""`import`: a table or a set of digits of one's own, kept to be learned from; `train` takes the id that is printed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.data.pictures import digit_files, digit_set, picture_set
from core.data.tables.columns import likely_label, likely_text
from core.data.tables.reader import read_table
from core.data.tables.table import MAX_BYTES, Table
from core.data.text import table
from core.errors import InvalidInputError, InvalidSettingError
from core.terminal import output


def run(demo: str, files: Sequence[str], *, text: str | None, label: str | None, heading: int) -> int:
    """Keep what the files hold, and print its id with what was left out; returns 0.

    Args:
        demo: whose training is to learn from it: "digits" or "sentiment".
        text, label: columns of a table; None: guessed by what they hold, and said.
        heading: whether the first row of a table names the columns, 1 or 0; -1: recognised.

    Raises:
        InvalidInputError: a file cannot be read, or what it holds cannot be learned from.
        InvalidSettingError: more than one table.
        StorageError: it cannot be kept.
    """
    output.answer(_digits(files) if demo == "digits" else _table(files, text, label, heading))
    return 0


def _digits(files: Sequence[str]) -> dict[str, Any]:
    found = digit_set.read_files([(Path(name).name, _content(Path(name), digit_files.MAX_BYTES)) for name in files])
    pictures = found.pictures
    own = picture_set.OWN.keep(pictures)
    for note in found.notes:
        output.say(note)
    labels = pictures.labels.tolist()
    return {
        "kept": own,
        "train": f"python -m core train digits --synthetic {own}",
        "examples": len(pictures),
        "classes": {name: labels.count(index) for index, name in enumerate(pictures.classes)},
        "left_out": found.left_out,
    }


def _table(files: Sequence[str], text: str | None, label: str | None, heading: int) -> dict[str, Any]:
    if len(files) != 1:
        raise InvalidSettingError(f"{len(files)} tables were given; one is learned from at a time.")
    found = read_table(_content(Path(files[0]), MAX_BYTES), name=Path(files[0]).name, heading=heading)
    for note in found.notes:
        output.say(note)
    text = text or found.columns[likely_text(found)]
    label = label or _label(found, text)
    imported = table.labelled(found, text=text, label=label)
    labelled = imported.labelled
    own = table.OWN.keep(labelled)
    return {
        "kept": own,
        "train": f"python -m core train sentiment --data own --table {own}",
        "text": text,
        "label": label,
        "heading": found.heading is not None,
        "examples": len(labelled.texts),
        "classes": {name: labelled.labels.count(index) for index, name in enumerate(labelled.classes)},
        "left_out": imported.left_out,
        "rows_left_out": [{"line": row.line, "why": row.reason} for row in imported.bad],
    }


def _label(found: Table, text: str) -> str:
    place = likely_label(found, found.columns.index(text) if text in found.columns else -1)
    if place is None:
        raise InvalidInputError(
            f"No column of “{found.name}” looks like labels: 2 to 10 values that come again and again. Name one with "
            f"--label, of: {', '.join(found.columns[:20])}."
        )
    return found.columns[place]


def _content(path: Path, most: int) -> bytes:
    """What a file holds, of an enormous one the beginning; a folder as the zip of what is in it."""
    try:
        if not path.is_dir():
            with path.open("rb") as file:
                return file.read(most + 1)
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            for one in sorted(path.rglob("*")):
                if one.is_file():
                    archive.write(one, one.relative_to(path.parent))
                if zipped.tell() > most:
                    raise InvalidInputError(f"“{path}” holds more than {most / 1e6:g} MB, which is the most allowed.")
        return zipped.getvalue()
    except OSError as error:
        raise InvalidInputError(f"“{path}” cannot be read: {error.strerror or error}.") from error
