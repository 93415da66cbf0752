"""Files of digits as data sites give them: CSV, NumPy, Parquet, IDX, folders in a zip. Each is read by itself.

What several files make together, and whether it is digits at all, is in `digit_set.py`.
"""

from __future__ import annotations

import io
import re
import struct
import time
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.data.pictures import picture_set
from core.data.pictures.picture import Grey
from core.data.pictures.picture_set import BROKEN, NONE, SIDE, Pixels, squared
from core.data.registry import DIGITS
from core.errors import InvalidInputError

Labels = npt.NDArray[np.int64]
MAX_BYTES = 80_000_000  # of a file; MNIST as CSV has 77
MAX_UNPACKED_BYTES = 250_000_000
MOST = 70_000  # pictures of all files
FEWEST = picture_set.FEWEST
FEWEST_SIDE, LARGEST_SIDE = 8, 64  # pixels of a picture in numbers
CSV_PIECE = 4_000_000  # bytes of a table that are read at once
PART_SECONDS, MOST_PARTS = 1.0, 12  # of a file of packed pictures
LOOKED_AT = 1_000  # pictures that tell which way up they are
UNLIKE, DOUBTFUL = 0.2, 0.45  # share of pictures that are nearest to the mean of their digit; 0.1 is chance, MNIST 0.8
SUFFIXES = ("csv", "npz", "npy", "parquet", "gz", "zip", "idx", "ubyte", "bin", "idx3-ubyte", "idx1-ubyte")
FORMATS = "CSV of pixels, NumPy (.npz, .npy), Parquet, IDX (with or without .gz) or a zip of folders 0 to 9"
NO_LABELS: Labels = np.empty(0, np.int64)
NO_DIGIT = "its label is no digit from 0 to 9"
MALFORMED = "it has another number of cells than the others"
NO_NUMBER = "a cell of it is no number from 0 to 255"
LABEL_NAMES = ("label", "labels", "class", "digit", "target", "y")


@dataclass(frozen=True)
class Piece:
    """What one file holds: pictures (N, 28, 28) uint8, labels (N,), or both."""

    images: Pixels
    labels: Labels
    left_out: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    rows: int = 0  # of the file that are read by now; 0: all of them
    num_bytes: int = 0  # and of a zip: unpacked by now
    pixels: float = 0  # and decoded


def gathered(read: Callable[..., Piece], *, name: str) -> Piece:
    """All parts of a file; `read` is `read_part` of it, here or in another process."""
    parts = [read()]
    while parts[-1].rows:
        if len(parts) == MOST_PARTS:
            raise InvalidInputError(f"“{name}” took too long to read and was given up. Give fewer pictures.")
        last = parts[-1]
        parts.append(read(rows=last.rows, num_bytes=last.num_bytes, pixels=last.pixels))
    if len(parts) == 1:
        return parts[0]
    left_out: Counter[str] = Counter()
    for part in parts:
        left_out.update(part.left_out)
    return Piece(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        dict(left_out),
        parts[-1].notes,
    )


def read_part(content: bytes, *, name: str, rows: int = 0, num_bytes: int = 0, pixels: float = 0) -> Piece:
    """What a file holds, of one with packed pictures what can be read in a second of computing.

    Args:
        rows, num_bytes, pixels: how far the part before came.

    Raises:
        InvalidInputError: it is too large, damaged, or of no format that is read.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInputError(
            f"“{name}” has {len(content) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:g} MB are allowed. Split the file."
        )
    try:
        if content.startswith(b"\x1f\x8b"):
            content = _unzipped(content, name)
        if content.startswith(b"\0\0") and content[2:3] in _IDX_KINDS:
            return _idx(content, name)
        if content.startswith(b"\x93NUMPY"):
            return _arrays({name: _array(content)}, name)
        if content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                is_numpy = any(one.endswith(".npy") for one in archive.namelist())
            return _npz(content, name) if is_numpy else _zip(content, name, rows, num_bytes, pixels)
        if content.startswith(b"PAR1"):
            return _parquet(content, name, rows)
        if b"\0" not in content[:1_000] and b"," in content[:4_000]:
            return _csv(content, name)
    except InvalidInputError:
        raise
    except (*BROKEN, KeyError, SyntaxError, OverflowError, MemoryError, struct.error) as error:
        raise InvalidInputError(f"“{name}” is damaged and cannot be read ({str(error)[:150]}).") from error
    raise InvalidInputError(f"“{name}” is no set of digits that can be read. Give {FORMATS}.")


def _zip(content: bytes, name: str, entries: int, num_bytes: int, pixels: float) -> Piece:
    """The pictures of a zip, labelled by the folder that each lies in."""
    part = picture_set.read_part(content, name=name, entries=entries, num_bytes=num_bytes, pixels=pixels)
    left_out = Counter(_without_name(bad) for bad in part.bad)
    if part.num_bad > len(part.bad):
        left_out["it cannot be read, as those before it"] = part.num_bad - len(part.bad)
    labels = np.array([_digit_of(folder) for folder in part.folders], np.int64)
    return Piece(part.greys, labels, dict(left_out), (), part.entries, part.num_bytes, part.pixels)


def _without_name(bad: picture_set.BadFile) -> str:
    """Why a file was left out, in words that fit others, too."""
    return re.sub("“[^”]*” ", "it ", bad.reason)[:200]


def _digit_of(folder: str) -> int:
    """ "7", "digit_7", "class 7" are 7; -1 for a folder that says none."""
    digits = [part for part in "".join(one if one.isalnum() else " " for one in folder).split() if part in DIGITS]
    return int(digits[-1]) if len(digits) == 1 else -1


def paired(pieces: Sequence[tuple[str, Piece]]) -> tuple[Pixels, Labels]:
    """All pictures with their labels; a file of labels belongs to the file of as many pictures that is called alike."""
    images = [piece.images for _, piece in pieces if len(piece.images) and len(piece.labels)]
    labels = [piece.labels for _, piece in pieces if len(piece.images) and len(piece.labels)]
    lone = [(name, piece) for name, piece in pieces if not len(piece.images) and len(piece.labels)]
    for name, piece in pieces:
        if not len(piece.images) or len(piece.labels):
            continue
        fitting = [one for one in lone if len(one[1].labels) == len(piece.images)]
        if not fitting:
            raise InvalidInputError(
                f"“{name}” has {len(piece.images):,} pictures and no labels. Give its file of as many labels with it, "
                "such as train-labels-idx1-ubyte beside train-images-idx3-ubyte."
            )
        best = max(fitting, key=lambda one: SequenceMatcher(None, name, one[0]).ratio())
        lone.remove(best)
        images.append(piece.images)
        labels.append(best[1].labels)
    if lone:
        raise InvalidInputError(
            f"“{lone[0][0]}” has {len(lone[0][1].labels):,} labels and no pictures. Give its file of as many pictures "
            "with it."
        )
    return (np.concatenate(images) if images else NONE), (np.concatenate(labels) if labels else NO_LABELS)


_IDX_KINDS = {b"\x08": ">u1", b"\x09": ">i1", b"\x0b": ">i2", b"\x0c": ">i4", b"\x0d": ">f4", b"\x0e": ">f8"}


def _idx(content: bytes, name: str) -> Piece:
    """An IDX file (http://yann.lecun.com/exdb/mnist/): pictures, labels, or QMNIST's labels with seven more figures."""
    kind, num_dimensions = np.dtype(_IDX_KINDS[content[2:3]]), content[3]
    start = 4 + 4 * num_dimensions
    shape = struct.unpack(f">{num_dimensions}I", content[4:start])
    whole = 1
    for size in shape:
        whole *= size
    if not shape or start + whole * kind.itemsize != len(content):
        there = " × ".join(f"{size:,}" for size in shape)
        raise InvalidInputError(f"“{name}” is damaged: it says that it holds {there} numbers and does not.")
    return _arrays({name: np.frombuffer(content, kind, offset=start).reshape(shape)}, name)


def _npz(content: bytes, name: str) -> Piece:
    """The arrays of a NumPy file, as Keras' `mnist.npz` or our own `generate` write it. Nothing is ever unpickled."""
    arrays, left = {}, MAX_UNPACKED_BYTES
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if not entry.filename.endswith(".npy"):
                continue
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile("it is packed by an unusual method")
            with archive.open(entry) as stream:
                data = stream.read(left + 1)
            left -= len(data)
            if left < 0:
                raise InvalidInputError(
                    f"“{name}” has more than {MAX_UNPACKED_BYTES / 1e6:g} MB when unpacked, which is the most allowed."
                )
            arrays[entry.filename.removesuffix(".npy")] = _array(data)
    return _arrays(arrays, name)


def _array(data: bytes) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    return array


def _arrays(arrays: dict[str, npt.NDArray[Any]], name: str) -> Piece:
    """Pictures and labels among arrays, each array of labels with the pictures of as many rows before or after it."""
    pictures = [(key, array) for key, array in arrays.items() if array.ndim in (2, 3, 4) and _side(array)]
    labels = [
        (key, _class_numbers(array)) for key, array in arrays.items() if array.ndim in (1, 2) and not _side(array)
    ]
    labels = [(key, array) for key, array in labels if array is not None]
    if not pictures and not labels:
        shapes = ", ".join(f"{key[:40]} {array.shape}" for key, array in list(arrays.items())[:5])
        raise InvalidInputError(f"“{name}” holds no pictures and no labels of digits, but {shapes}.")
    pieces = [(key, Piece(_pixels(array, name), NO_LABELS)) for key, array in pictures]
    pieces += [(key, Piece(NONE, array)) for key, array in labels if array is not None]
    if len(pieces) == 1:
        return pieces[0][1]
    return Piece(*paired(pieces))


def _side(array: npt.NDArray[Any]) -> int:
    """Pixels of a side of square pictures (N, H, W), (N, H, W, 1), (N, 1, H, W) or (N, H·W); 0 if it has none."""
    shape = tuple(size for size in array.shape[1:] if size != 1)
    if len(shape) == 1 and round(shape[0] ** 0.5) ** 2 == shape[0]:
        shape = (round(shape[0] ** 0.5),) * 2
    good = len(shape) == 2 and shape[0] == shape[1] and FEWEST_SIDE <= shape[0] <= LARGEST_SIDE
    return int(shape[0]) if good and array.dtype.kind in "uifb" else 0


def _class_numbers(array: npt.NDArray[Any]) -> Labels | None:
    """Labels (N,): whole numbers, texts of them, one-hot rows, or the first of QMNIST's eight figures."""
    if array.ndim == 2 and array.shape[1] == 10:
        return np.asarray(array.argmax(axis=1), np.int64)
    flat = array[:, 0] if array.ndim == 2 and array.shape[1] in (1, 8) else array
    if flat.ndim != 1 or flat.dtype.kind not in "uifUS":
        return None
    numbers = flat.astype(np.float64)
    whole = np.isfinite(numbers) & (np.abs(numbers) < 1e9) & (numbers == np.rint(numbers))
    return np.where(whole, numbers, -1).astype(np.int64)


def _pixels(array: npt.NDArray[Any], name: str) -> Pixels:
    """(N, 28, 28) uint8 of pictures in numbers: 0 to 255, or 0 to 1 where none is larger."""
    side = _side(array)
    given = array.reshape(len(array), side, side)[: MOST + 1]
    low, high = (float(given.min()), float(given.max())) if len(given) else (0.0, 0.0)
    if not (np.isfinite(low) and np.isfinite(high)) or low < -1 or high > 255:
        raise InvalidInputError(f"“{name}” has pixels from {low:g} to {high:g}; 0 to 255 or 0 to 1 is allowed.")
    if high <= 1:
        given = np.rint((given.astype(np.float32) - min(low, 0)) * (255 / max(high - min(low, 0), 1e-6)))
    elif high <= 16 and side <= 16:  # scikit-learn's digits, and UCI's
        given = np.rint(given.astype(np.float32) * (255 / 16))
    given = given.clip(0, 255).astype(np.uint8) if given.dtype != np.uint8 else given
    if side == SIDE:
        return np.ascontiguousarray(given)
    return np.stack([_fitted(one) for one in given])


def _fitted(picture: npt.NDArray[Any]) -> Pixels:
    scaled: Grey = (picture / 255).astype(np.float32)
    return np.asarray(np.round(255 * squared(scaled)), np.uint8)


def _csv(content: bytes, name: str) -> Piece:
    """A row a picture: its label, first, last or named in the heading, and its pixels, as Kaggle and OpenML have it."""
    start = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    end = content.find(b"\n", start)
    heading = [cell.strip().strip('"').lower() for cell in content[start:end].decode("utf-8", "replace").split(",")]
    has_heading = not all(cell.replace(".", "", 1).isdecimal() for cell in heading)
    width = len(heading)
    if not FEWEST_SIDE**2 <= width <= LARGEST_SIDE**2 + 2:
        raise InvalidInputError(
            f"“{name}” has {width:,} columns in its first line; a table of digits has a label and 784 pixels in each "
            "row (label, pixel0, …, pixel783)."
        )
    rows = memoryview(content)[end + 1 if has_heading else start :]
    left_out: Counter[str] = Counter()
    cells = np.concatenate([*_numbers(rows, width, left_out)])
    if (wrong := (cells < 0).any(axis=1)).any():
        left_out[NO_NUMBER] += int(wrong.sum())
        cells = cells[~wrong]
    at = _label_column(heading if has_heading else [], cells)
    pixels = cells if at is None else cells[:, 1:] if at == 0 else np.delete(cells, at, axis=1)
    if not _side(pixels):
        raise InvalidInputError(
            f"“{name}” has {pixels.shape[1]:,} pixels in each row, which is no square picture; 784 are 28×28."
        )
    labels = NO_LABELS if at is None else _class_numbers(cells[:, at])
    assert labels is not None
    return Piece(_pixels(pixels, name), labels, dict(+left_out))


def _numbers(rows: memoryview, width: int, left_out: Counter[str]) -> Iterator[npt.NDArray[Any]]:
    """The cells of a table, a piece of a few megabytes at a time; a row that is malformed is left out."""
    kind = np.float32 if b"." in bytes(rows[:20_000]) else np.int16
    yield np.empty((0, width), kind)
    at, num_rows = 0, 0
    while at < len(rows) and num_rows <= MOST:
        piece = bytes(rows[at : at + CSV_PIECE])
        piece = piece[: piece.rfind(b"\n") + 1] or piece
        at += len(piece)
        lines = piece.decode("latin-1").split("\n")
        try:
            cells = _parsed(lines, kind)
            if cells.shape[1] != width:
                raise ValueError
        except ValueError:
            cells = _parsed([line for line in lines if _is_row(line, width, left_out)], kind).reshape(-1, width)
        num_rows += len(cells)
        yield cells


def _parsed(lines: Sequence[str], kind: type) -> npt.NDArray[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # no row at all
        cells: npt.NDArray[Any] = np.loadtxt(lines, kind, delimiter=",", comments=None, quotechar='"', ndmin=2)
    return cells


def _is_row(line: str, width: int, left_out: Counter[str]) -> bool:
    """Whether a line has as many cells, each a number that fits; counts why it has not."""
    cells = line.strip().replace('"', "").split(",")
    if cells == [""]:
        return False
    if len(cells) != width:
        left_out[MALFORMED] += 1
        return False
    try:
        good = all(0 <= float(cell) <= 255 for cell in cells)
    except ValueError:
        good = False
    left_out[NO_NUMBER] += not good
    return good


def _label_column(heading: Sequence[str], cells: npt.NDArray[Any]) -> int | None:
    """Where the labels are; None where all columns are pixels."""
    named = [place for place, cell in enumerate(heading) if cell in LABEL_NAMES]
    if named:
        return named[0]
    width = cells.shape[1]
    if round(width**0.5) ** 2 == width:
        return None
    filled = [int((cells[:, place] != 0).sum()) for place in (0, width - 1)]  # a corner of a picture is empty
    return 0 if filled[0] >= filled[1] else width - 1


def _parquet(content: bytes, name: str, rows: int) -> Piece:
    """Hugging Face's files: a column of packed pictures, or of pixels, and one of labels."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content), pre_buffer=False)
        schema = file.schema_arrow
        whole = [one.name for one in schema if pa.types.is_integer(one.type) or pa.types.is_floating(one.type)]
        label = next((one for one in whole if one.lower() in LABEL_NAMES), None)
        packed = next((one.name for one in schema if _is_packed(one.type)), None)
        if label is None:
            raise InvalidInputError(
                f"“{name}” has no column of labels ({', '.join(LABEL_NAMES)}), but: {', '.join(schema.names[:10])}."
            )
        if packed is None:
            table = file.read(use_threads=False) if file.metadata.num_rows <= MOST else None
            if table is None:
                raise InvalidInputError(f"“{name}” has more than {MOST:,} rows. Split the file.")
            lists = [one.name for one in schema if pa.types.is_list(one.type) or pa.types.is_fixed_size_list(one.type)]
            pixels = _of_list(table.column(lists[0])) if lists else _of_columns(table, [n for n in whole if n != label])
            return _arrays({"pixels": pixels, "labels": table.column(label).to_numpy()}, name)
        return _packed(file.iter_batches(500, columns=[packed, label], use_threads=False), rows)
    except pa.ArrowException as error:
        raise InvalidInputError(f"“{name}” is not a Parquet file that can be read ({str(error)[:150]}).") from error


def _is_packed(kind: Any) -> bool:
    from pyarrow import types

    return types.is_binary(kind) or (types.is_struct(kind) and any(one.name == "bytes" for one in kind))


def _of_columns(table: Any, names: Sequence[str]) -> npt.NDArray[Any]:
    return np.column_stack([table.column(one).to_numpy() for one in names])


def _of_list(column: Any) -> npt.NDArray[Any]:
    flat = column.combine_chunks()
    while hasattr(flat, "flatten") and flat.type.num_fields:
        flat = flat.flatten()
    return np.asarray(flat.to_numpy()).reshape(len(column), -1)


def _packed(batches: Any, rows: int) -> Piece:
    """A second's worth of packed pictures, from a row on."""
    end, at, begun = time.thread_time() + PART_SECONDS, 0, False
    images: list[Pixels] = []
    labels: list[int] = []
    left_out = Counter[str]()
    for batch in batches:
        if at + len(batch) <= rows:
            at += len(batch)
            continue
        if begun and time.thread_time() > end:
            return Piece(np.stack(images) if images else NONE, np.array(labels, np.int64), dict(left_out), rows=at)
        begun = True
        for data, label in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
            try:
                images.append(_small(data["bytes"] if isinstance(data, dict) else data))
                labels.append(-1 if label is None else int(label))
            except InvalidInputError as error:
                left_out[str(error)] += 1
        at += len(batch)
    return Piece(np.stack(images) if images else NONE, np.array(labels, np.int64), dict(left_out))


def _small(data: bytes | None) -> Pixels:
    """One packed picture of at most 64 pixels a side, (28, 28) uint8."""
    try:
        with Image.open(io.BytesIO(data or b""), formats=("PNG", "JPEG", "BMP", "TIFF")) as file:
            if max(file.size) > 4 * LARGEST_SIDE:
                raise InvalidInputError(f"its picture has more than {4 * LARGEST_SIDE} pixels a side")
            grey = np.asarray(file.convert("L"))
    except InvalidInputError:
        raise
    except Exception as error:  # Pillow writes nowhere which errors it raises of damaged bytes
        raise InvalidInputError("its picture is damaged") from error
    return grey if grey.shape == (SIDE, SIDE) else _fitted(grey)


def _unzipped(content: bytes, name: str) -> bytes:
    """What a gzip holds, its first member, up to the limit."""
    unpack = zlib.decompressobj(31)
    data = unpack.decompress(content, MAX_UNPACKED_BYTES)
    if unpack.unconsumed_tail:
        raise InvalidInputError(
            f"“{name}” has more than {MAX_UNPACKED_BYTES / 1e6:g} MB when unpacked, which is the most allowed."
        )
    if not unpack.eof:
        raise InvalidInputError(f"“{name}” is damaged: it ends too early. Download it again.")
    return data
