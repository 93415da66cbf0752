"""Points in the plane as short text, so that they fit into an address. Also from a person's table (CSV).

A point with a class is four characters: 11 bits for each coordinate and one for its class, in URL-safe base64. A point
with a height is six: 12 bits, two characters, for each coordinate and for the height.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.text.table import read_csv
from core.errors import InvalidInputError
from core.knobs import Reference

Array = npt.NDArray[np.float64]
PLANE = 3.0  # points lie in [-PLANE, PLANE]
MAX_POINTS = 300
MOST_CLASSES = 20  # different values of a column that can say a class; more are numbers to predict
_LEVELS = 2**11 - 1
_FINE_LEVELS = 2**12 - 1
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_REACH = np.array([PLANE, PLANE, 1.0])  # of x1, x2 and a height
MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-nan", "NULL", "null", "None"))  # as pandas


def encode(points: Array) -> str:
    """(N, 3) x1, x2 in [-PLANE, PLANE] and class 0 or 1 → text of 4 N characters."""
    levels = np.clip(np.rint((points[:, :2] / PLANE + 1) / 2 * _LEVELS), 0, _LEVELS).astype(np.uint32)
    packed = (levels[:, 0] << 13) | (levels[:, 1] << 2) | points[:, 2].astype(np.uint32)
    raw = np.stack([packed >> 16, (packed >> 8) & 255, packed & 255], axis=1).astype(np.uint8)
    return base64.urlsafe_b64encode(raw.tobytes()).decode()


def decode(text: str) -> Array:
    """The points of a text, (N, 3) float64; inverse of `encode` up to rounding to 1/341.

    Raises:
        ValueError: this is no such text, or it holds more than `MAX_POINTS` points.
    """
    if len(text) % 4 or len(text) > 4 * MAX_POINTS or not set(text) <= set(_ALPHABET):
        raise ValueError(text)
    raw = np.frombuffer(base64.urlsafe_b64decode(text), np.uint8)
    rows = raw.reshape(-1, 3).astype(np.uint32)
    packed = (rows[:, 0] << 16) | (rows[:, 1] << 8) | rows[:, 2]
    if (packed & 2).any():
        raise ValueError(text)
    levels = np.stack([packed >> 13, (packed >> 2) & _LEVELS], axis=1)
    return np.column_stack([(levels / _LEVELS * 2 - 1) * PLANE, packed & 1]).astype(np.float64)


def encode_heights(points: Array) -> str:
    """(N, 3) x1, x2 in [-PLANE, PLANE] and height in [-1, 1] → text of 6 N characters."""
    levels = np.clip(np.rint((points / _REACH + 1) / 2 * _FINE_LEVELS), 0, _FINE_LEVELS).astype(int)
    return "".join(_ALPHABET[level >> 6] + _ALPHABET[level & 63] for level in levels.ravel())


def decode_heights(text: str) -> Array:
    """The points of a text, (N, 3) float64; inverse of `encode_heights` up to rounding to 1/682.

    Raises:
        ValueError: this is no such text, or it holds more than `MAX_POINTS` points.
    """
    if len(text) % 6 or len(text) > 6 * MAX_POINTS:
        raise ValueError(text)
    digits = np.array([_ALPHABET.index(letter) for letter in text], np.int64).reshape(-1, 3, 2)
    return ((64 * digits[..., 0] + digits[..., 1]) / _FINE_LEVELS * 2 - 1) * _REACH


class Points(Reference):
    """Painted points, as text."""

    def allows(self, value: object) -> bool:
        try:
            return isinstance(value, str) and len(decode(value)) <= MAX_POINTS
        except ValueError:
            return False

    def allowed(self) -> str:
        return f"at most {MAX_POINTS} points as the page writes them, or nothing"

    def in_words(self, value: str) -> str:
        return f"{len(value) // 4} points"


@dataclass(frozen=True)
class Table:
    """A person's table: its numeric columns, and the columns that can say which class a row has."""

    rows: int
    numeric: dict[str, Array]  # name → (rows,), finite
    labels: dict[str, tuple[str, ...]]  # name → one text a row


def read_table(data: bytes, *, name: str) -> Table:
    """The numbers and classes of a table with a line of headings; rows that lack a cell are left out.

    Raises:
        InvalidInputError: as `read_csv`, or without two columns of numbers and one to predict.
    """
    found = read_csv(data, name=name)
    complete = [row for row in found.rows if len(row) == len(found.columns) and MISSING.isdisjoint(row)]
    columns = dict(zip(found.columns, zip(*complete, strict=True), strict=True)) if complete else {}
    numeric = {column: numbers for column, cells in columns.items() if (numbers := _numbers(cells)) is not None}
    labels = {column: cells for column, cells in columns.items() if 2 <= len(set(cells)) <= MOST_CLASSES}
    if len(numeric) < (2 if labels else 3) or len(complete) < 4:
        raise InvalidInputError(
            f"“{name}” has {len(complete):,} complete rows, {len(numeric)} columns of numbers and {len(labels)} "
            f"columns with 2 to {MOST_CLASSES} different values. Needed are at least 4 rows, two columns of numbers, "
            "and one more that says the class or is a number to predict."
        )
    return Table(len(complete), numeric, labels)


def _numbers(cells: tuple[str, ...]) -> Array | None:
    """The numbers of a column; None if it holds anything else, or an infinite one."""
    try:
        numbers = np.array(cells, np.float64)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def pick(table: Table, columns: tuple[str, str] | None, *, label: str, positive: str | None) -> Array:
    """At most `MAX_POINTS` rows of a table as points, spread evenly over it.

    Args:
        columns: the two that are x1 and x2; None: the first two principal components of all numeric columns but the
            label (Pearson 1901), after each was brought to mean 0 and deviation 1.
        label: the column to predict.
        positive: the value of `label` that is class 1, all others are class 0; None: its numbers are heights.

    Returns:
        (N, 3): coordinates in [-PLANE, PLANE], where three deviations reach the border, and the class, or the height
        from -1, the lowest of the column, to 1, the highest.

    Raises:
        InvalidInputError: a column is constant, or has numbers too large to calculate with.
    """
    names = columns or tuple(name for name in table.numeric if name != label)
    values = np.column_stack([table.numeric[name] for name in names])
    spread = _spread(values, names)
    scaled = (values - values.mean(axis=0)) / spread
    if columns is None:
        if scaled.shape[1] < 2:
            raise InvalidInputError("Principal components need two columns of numbers beside the one to predict.")
        _, _, directions = np.linalg.svd(scaled, full_matrices=False)
        scaled = scaled @ directions[:2].T
        scaled = scaled / scaled.std(axis=0).max()
    if positive is None:
        heights = table.numeric[label]
        _spread(heights[:, None], (label,))
        targets = 2 * (heights - heights.min()) / (heights.max() - heights.min()) - 1
    else:
        targets = np.array([text == positive for text in table.labels[label]], np.float64)
    kept = np.unique(np.linspace(0, len(scaled) - 1, min(len(scaled), MAX_POINTS)).astype(int))
    return np.column_stack([np.clip(scaled[kept], -PLANE, PLANE), targets[kept]])


def _spread(values: Array, names: tuple[str, ...]) -> Array:
    """Standard deviation of each column; raises where it is 0, or too large for a number."""
    with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is refused here
        spread: Array = values.std(axis=0)
    if not np.isfinite(spread).all():
        large = names[int(np.argmax(~np.isfinite(spread)))]
        raise InvalidInputError(f"Column “{large}” has numbers too large to calculate with; choose another column.")
    if (spread == 0).any():
        constant = names[int(np.argmax(spread == 0))]
        raise InvalidInputError(f"All values of column “{constant}” are the same; choose another column.")
    return spread
