"""What the columns of a table hold: numbers however they are written, a few values again and again, or texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.data.tables.table import Table, column_texts

Array = npt.NDArray[np.float64]
MISSING = frozenset(
    ("", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none", "#value!", "#div/0!", "?", "-", ".")
)  # in a column of numbers; elsewhere they are words as others
FEWEST_NUMBERS, SHARE_OF_NUMBERS = 2, 0.9  # of the cells that are not missing
LOOKED_AT = 300  # cells that decide whether it is worth looking at all
MOST_LABELS = 10
FILLED = 0.5  # share of the rows that have a label in a column that is guessed
TEXT_NAMES = ("text", "sentence", "review", "comment", "tweet", "message", "content", "body")
LABEL_NAMES = ("label", "sentiment", "class", "target", "polarity", "category", "rating", "stars", "score", "emotion")

DECIMAL_COMMA = re.compile(r"[-+]?\d+,(\d{1,2}|\d{4,})([eE][-+]?\d+)?|[-+]?0,\d+|[-+]?\d{1,3}(\.\d{3})+,\d+")
WITH_COMMA = re.compile(r"[-+]?(\d{1,3}([.' \u00a0\u202f]\d{3})+|\d+)(,\d+)?([eE][-+]?\d+)?")
WITH_POINT = re.compile(r"[-+]?\d{1,3}([,' \u00a0\u202f]\d{3})+(\.\d+)?")
BETWEEN_DIGITS = re.compile(r"[.,' \u00a0\u202f]")


def has_decimal_commas(table: Table) -> bool:
    """Whether numbers are written as "0,5": some can be nothing else, and none is written as "1,000.5"."""
    sample = [cell.strip() for row in table.rows[:LOOKED_AT] for cell in row if "," in cell and len(cell) < 30]
    return any(map(DECIMAL_COMMA.fullmatch, sample)) and not any(
        WITH_POINT.fullmatch(cell) and "." in cell for cell in sample
    )


def numbers(cells: Sequence[str], *, decimal_commas: bool) -> Array | None:
    """The numbers of a column, NaN where there is none; None if it is no column of numbers."""
    has_points = decimal_commas and any("." in cell for cell in cells)
    if not has_points:
        plain = [cell.replace(",", ".") for cell in cells] if decimal_commas else cells
        try:  # ten times faster, where every cell is one
            found = np.array(plain, np.float64)
        except ValueError:
            pass
        else:
            if np.isfinite(found).all():
                return found if len(found) >= FEWEST_NUMBERS else None
    first = [cell for cell in cells if cell][:LOOKED_AT]
    if not _are_numbers(first, _parsed(first, decimal_commas), 0.5):
        return None
    found = _parsed(cells, decimal_commas)
    return found if _are_numbers(cells, found, SHARE_OF_NUMBERS) else None


def _parsed(cells: Sequence[str], decimal_commas: bool) -> Array:
    return np.array([_number(cell, decimal_commas) for cell in cells], np.float64)


def _are_numbers(cells: Sequence[str], found: Array, share: float) -> bool:
    """Whether nearly all cells that are not missing are numbers."""
    good = np.isfinite(found)
    if not good.any():
        return not any(cell.strip().lower() not in MISSING for cell in cells) and share < SHARE_OF_NUMBERS
    others = sum(cells[int(place)].strip().lower() not in MISSING for place in np.flatnonzero(~good))
    num_good = int(good.sum())
    return num_good >= FEWEST_NUMBERS and num_good >= share * (num_good + others)


def _number(cell: str, decimal_commas: bool) -> float:
    text = cell.strip().replace("−", "-").removesuffix("%").rstrip()
    if decimal_commas and WITH_COMMA.fullmatch(text):
        whole, _, part = text.partition(",")
        text = f"{BETWEEN_DIGITS.sub('', whole)}.{part}" if part else BETWEEN_DIGITS.sub("", whole)
    elif WITH_POINT.fullmatch(text):
        whole, point, part = text.partition(".")
        text = BETWEEN_DIGITS.sub("", whole) + point + part
    try:
        number = float(text)
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def one_spelling(cells: Sequence[str]) -> dict[str, str]:
    """What each cell is called if "Positive", "positive " and "POSITIVE" are one: as it is written most often."""
    counts = Counter(cells)
    groups: dict[str, Counter[str]] = {}
    for cell, number in counts.items():
        shown = " ".join(cell.split())
        groups.setdefault(shown.casefold(), Counter())[shown] += number
    names = {key: group.most_common(1)[0][0] for key, group in groups.items()}
    return {cell: names[" ".join(cell.split()).casefold()] for cell in counts}


def spellings(table: Table, name: str) -> dict[str, list[str]]:
    """The values of a column that are written in several ways, and these ways."""
    cells = {cell.strip() for cell in column_texts(table, name) if cell.strip()}
    found: dict[str, list[str]] = {}
    for cell, called in one_spelling([cell.strip() for cell in column_texts(table, name)]).items():
        if cell in cells:
            found.setdefault(called, []).append(cell)
    return {called: ways for called, ways in found.items() if len(ways) > 1}


def likely_text(table: Table) -> int:
    """Place of the column that holds texts: that with the most words in its cells."""

    def words(place: int) -> float:
        cells = [row[place] for row in table.rows[:LOOKED_AT] if len(row) > place]
        usual = sum(len(cell.split()) for cell in cells) / max(1, len(cells))
        named = any(name in table.columns[place].lower() for name in TEXT_NAMES)
        return usual * (2 if named else 1) + sum(map(len, cells)) / max(1, len(cells)) / 1e4

    return max(range(len(table.columns)), key=words)


def likely_label(table: Table, text: int) -> int | None:
    """Place of the column that holds labels: 2 to 10 values again and again; of several one that is called so.

    None where no column is like that.
    """
    best, best_score = None, -1.0
    for place, name in enumerate(table.columns):
        if place == text:
            continue
        cells = [cell for row in table.rows if len(row) > place and (cell := row[place].strip())]
        different = len({cell.casefold() for cell in cells})
        filled = len(cells) / max(1, len(table.rows))
        if not 2 <= different <= MOST_LABELS or 2 * different > len(cells) or filled < FILLED:
            continue
        called = name.lower()
        score = 4.0 * (called in LABEL_NAMES) + 2.0 * any(one in called for one in LABEL_NAMES)
        score += filled - different / 100 + (0.1 if abs(place - text) == 1 else 0)
        score -= 1.0 * (called == "id" or called.endswith(("_id", " id")))
        if score > best_score:
            best, best_score = place, score
    return best
