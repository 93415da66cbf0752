"""Tables as JSON: an object a line, an array of objects, or an object of columns as pandas writes it by default."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from core.data.tables.delimited import decoded
from core.data.tables.table import Found, LeftOut
from core.errors import InvalidInputError

BEGINS = re.compile(rb"(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*(\{[\s\0]*[\"}]|\[[\s\0]*\{)")
NO_OBJECT = "it is no JSON object"


def fits(content: bytes) -> bool:
    """Whether a content begins as such JSON does."""
    return BEGINS.match(content[:4_000]) is not None


def read(content: bytes, name: str) -> Found:
    """All objects as rows; their keys, in the order in which they come, are the columns. null is an empty cell."""
    found = Found(name)
    text, _ = decoded(content, found)
    whole = _loaded(text)
    if isinstance(whole, list):
        objects = list(enumerate(whole, 1))
    elif isinstance(whole, dict) and (columns := _columns(whole)) is not None:
        objects = list(enumerate(columns, 1))
    else:
        objects = list(_lines(text, found.left_out))
    rows = []
    for line, one in objects:
        if isinstance(one, dict) and one:
            rows.append((line, one))
        else:
            found.left_out.add(line, NO_OBJECT, [_cell(one)])
    if not rows:
        raise InvalidInputError(
            f"“{name}” holds no JSON objects. A table as JSON is one object a line, or an array of objects: "
            '{"text": "A fine film.", "label": "positive"}'
        )
    names = tuple(dict.fromkeys(key for _, one in rows for key in one))
    found.check_width(len(names))
    found.names = names
    for line, one in rows:
        if not found.add(line, [_cell(one.get(key)) for key in names]):
            found.only_first(f"of {len(rows):,}")
            break
    return found


def _loaded(text: str) -> Any:
    """What the JSON text holds, numbers as they are written; None where it is none, as JSON lines are not."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _lines(text: str, left_out: LeftOut) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            loaded = _loaded(line)
            if loaded is None:
                left_out.add(number, NO_OBJECT, [line])
            else:
                yield number, loaded


def _columns(whole: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of an object of columns, lists or objects of equally many cells; None if it is none."""
    if not whole or not all(isinstance(column, list | dict) for column in whole.values()):
        return None
    cells = [list(column.values()) if isinstance(column, dict) else column for column in whole.values()]
    if len({len(column) for column in cells}) != 1:
        return None
    return [dict(zip(whole, row, strict=True)) for row in zip(*cells, strict=True)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
