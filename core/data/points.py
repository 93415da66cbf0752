"""Points in the plane as short text, so that they fit into an address. Also from a person's table.

A point with a class is four characters: 11 bits for each coordinate and one for its class, in URL-safe base64. A point
with a height is six: 12 bits, two characters, for each coordinate and for the height.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.tables import columns as columns_of
from core.data.tables import reader
from core.data.tables.table import MALFORMED, BadRow, in_words
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
FEWEST_ROWS = 4
FULL = 0.9  # share of the rows that a column needs to be one of many in principal components


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
    numeric: dict[str, Array]  # name → (rows,), NaN where there is no number
    labels: dict[str, tuple[str, ...]]  # name → one text a row, empty where there is none
    has_heading: bool | None  # None: the format itself names the columns
    bad: tuple[BadRow, ...]  # the first of the rows that were left out in reading
    left_out: dict[str, int]  # how many, by reason
    notes: tuple[str, ...]


def read_table(data: bytes, *, name: str, heading: int = -1) -> Table:
    """The numbers and classes of a table; a row may lack cells, what lacks one that is chosen is left out by `pick`.

    Args:
        heading: whether the first row names the columns, 1 or 0; -1: that is recognised.

    Raises:
        InvalidInputError: as `core.data.tables.reader.read_table`, or without two columns of numbers and one more.
    """
    found = reader.read_table(data, name=name, heading=heading)
    width = len(found.columns)
    padding = ("",) * width
    whole = [row if len(row) == width else row + padding[len(row) :] for row in found.rows if len(row) <= width]
    malformed = len(found.rows) - len(whole)
    cells = dict(zip(found.columns, zip(*whole, strict=True), strict=True)) if whole else {}
    commas = columns_of.has_decimal_commas(found)
    numeric = {
        column: numbers
        for column, texts in cells.items()
        if (numbers := columns_of.numbers(texts, decimal_commas=commas)) is not None
    }
    labels = {column: values for column, texts in cells.items() if (values := _labels(texts, numeric.get(column)))}
    left_out = found.left_out | ({MALFORMED: found.left_out.get(MALFORMED, 0) + malformed} if malformed else {})
    if len(numeric) < (2 if labels else 3) or len(whole) < FEWEST_ROWS:
        without = f" Left out were {in_words(left_out)}." if left_out else ""
        raise InvalidInputError(
            f"“{name}” has {len(whole):,} rows, {len(numeric)} columns of numbers and {len(labels)} "
            f"columns with 2 to {MOST_CLASSES} different values. Needed are at least {FEWEST_ROWS} rows, two columns "
            f"of numbers, and one more that says the class or is a number to predict.{without}"
        )
    notes = (*found.notes, "Its numbers are read with decimal commas.") if commas else found.notes
    return Table(len(whole), numeric, labels, found.has_heading, found.bad, left_out, notes)


def _labels(texts: tuple[str, ...], numbers: Array | None) -> tuple[str, ...]:
    """The values of a column that can say a class, each in one spelling; none where it cannot."""
    if numbers is not None:  # "NA" among numbers is none
        texts = tuple("" if np.isnan(number) else text for text, number in zip(texts, numbers, strict=True))
    if len(set(texts)) > 4 * MOST_CLASSES:
        return ()
    called = columns_of.one_spelling(texts)
    return tuple(map(called.__getitem__, texts)) if 2 <= len({*called.values()} - {""}) <= MOST_CLASSES else ()


def complete(
    table: Table, columns: Sequence[str], *, label: str, is_class: bool
) -> tuple[npt.NDArray[np.bool_], dict[str, int]]:
    """Which rows have all that is chosen, (rows,), and how many lack what."""
    left_out: dict[str, int] = {}
    kept = np.ones(table.rows, np.bool_)
    for name in dict.fromkeys(columns if is_class else (*columns, label)):
        kept = _without(kept, np.isfinite(table.numeric[name]), f"no number in “{name}”", left_out)
    if is_class:
        there = np.array([bool(text) for text in table.labels[label]], np.bool_)
        kept = _without(kept, there, f"nothing in “{label}”", left_out)
    return kept, left_out


def _without(kept: Any, there: Any, reason: str, left_out: dict[str, int]) -> Any:
    if lacking := int((kept & ~there).sum()):
        left_out[reason] = lacking
    return kept & there


def all_numbers(table: Table, label: str) -> tuple[str, ...]:
    """The columns that principal components are made of: all numeric ones but the label, and but those with gaps."""
    names = [name for name in table.numeric if name != label]
    full = [name for name in names if np.isfinite(table.numeric[name]).mean() >= FULL]
    return tuple(full if len(full) >= 2 else names)


def pick(table: Table, columns: tuple[str, str] | None, *, label: str, positive: str | None) -> Array:
    """At most `MAX_POINTS` of the rows that have all that is chosen as points, spread evenly over the table.

    Args:
        columns: the two that are x1 and x2; None: the first two principal components of `all_numbers`
            (Pearson 1901), after each was brought to mean 0 and deviation 1.
        label: the column to predict.
        positive: the value of `label` that is class 1, all others are class 0; None: its numbers are heights.

    Returns:
        (N, 3): coordinates in [-PLANE, PLANE], where three deviations reach the border, and the class, or the height
        from -1, the lowest of the column, to 1, the highest.

    Raises:
        InvalidInputError: too few rows have all that is chosen, or a column is constant or has numbers that are too
            large to calculate with.
    """
    names = columns or all_numbers(table, label)
    kept, left_out = complete(table, names, label=label, is_class=positive is not None)
    if kept.sum() < FEWEST_ROWS:
        raise InvalidInputError(
            f"Only {int(kept.sum()):,} rows have all that is chosen; at least {FEWEST_ROWS} are needed. Left out were "
            f"{in_words(left_out)}. Choose other columns."
        )
    values = np.column_stack([table.numeric[name][kept] for name in names])
    spread = _spread(values, names)
    scaled = (values - values.mean(axis=0)) / spread
    if columns is None:
        if scaled.shape[1] < 2:
            raise InvalidInputError("Principal components need two columns of numbers beside the one to predict.")
        _, _, directions = np.linalg.svd(scaled, full_matrices=False)
        scaled = scaled @ directions[:2].T
        scaled = scaled / scaled.std(axis=0).max()
    if positive is None:
        heights = table.numeric[label][kept]
        _spread(heights[:, None], (label,))
        targets = 2 * (heights - heights.min()) / (heights.max() - heights.min()) - 1
    else:
        targets = np.array([text == positive for text in table.labels[label]], np.float64)[kept]
    some = np.unique(np.linspace(0, len(scaled) - 1, min(len(scaled), MAX_POINTS)).astype(int))
    return np.column_stack([np.clip(scaled[some], -PLANE, PLANE), targets[some]])


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
