"""Tables as Parquet files, read a batch at a time up to the limits, whatever the file says of its size."""

from __future__ import annotations

import io
import json
from typing import Any

from core.data.tables.table import Found
from core.errors import InvalidInputError

MARK = b"PAR1"
BATCH = 1_000  # rows that are unpacked at once: a page of one value repeated says a million in a few bytes
MAX_UNPACKED_BYTES = 100_000_000  # of all cells


def read(content: bytes, name: str) -> Found:
    """The columns of text, numbers and truth; labels by their names where the file has these (Hugging Face).

    Raises:
        InvalidInputError: damaged, too large when unpacked, or without such a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = Found(name)
    try:
        file = pq.ParquetFile(io.BytesIO(content), memory_map=False, pre_buffer=False, page_checksum_verification=False)
        schema = file.schema_arrow
        names = [field.name for field in schema if _is_simple(field.type)]
        if others := [field.name for field in schema if not _is_simple(field.type)]:
            found.notes.append(f"Columns of other kinds than text and numbers were passed over: {_listed(others)}.")
        if not names:
            raise InvalidInputError(f"“{name}” has no column of texts or numbers.")
        found.check_width(len(names))
        found.names = tuple(names)
        classes = class_names(schema.metadata)
        line = num_bytes = 0
        for batch in file.iter_batches(batch_size=BATCH, columns=names, use_threads=False):
            num_bytes += batch.nbytes
            if num_bytes > MAX_UNPACKED_BYTES:
                found.only_first(f"of {file.metadata.num_rows:,}")
                break
            columns = [_texts(batch.column(place), classes.get(key)) for place, key in enumerate(names)]
            for row in zip(*columns, strict=True):
                line += 1
                if not found.add(line, row):
                    found.only_first(f"of {file.metadata.num_rows:,}")
                    return found
    except (pa.ArrowMemoryError, MemoryError) as error:
        raise InvalidInputError(
            f"“{name}” holds more in one piece than can be read here. Write it with smaller row groups, or fewer rows."
        ) from error
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(
            f"“{name}” is not a Parquet file that can be read ({str(error).splitlines()[0][:200]}). Write it again."
        ) from error
    return found


def class_names(metadata: dict[bytes, bytes] | None) -> dict[str, list[str]]:
    """Names of the classes of each column of labels, where Hugging Face's `datasets` wrote them into a file."""
    try:
        features = json.loads((metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        return {key: one["names"] for key, one in features.items() if one.get("_type") == "ClassLabel"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _is_simple(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    return not (types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind))


def _texts(column: Any, classes: list[str] | None) -> list[str]:
    values = column.to_pylist()
    if classes is not None:
        return ["" if one is None else _named(one, classes) for one in values]
    return ["" if one is None else one if isinstance(one, str) else str(one) for one in values]


def _named(value: Any, classes: list[str]) -> str:
    return str(classes[value]) if isinstance(value, int) and 0 <= value < len(classes) else str(value)


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name[:40]}”" for name in names[:10])
