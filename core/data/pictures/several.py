"""A picture with several digits: each of them, in reading order. Whether there are several is not decided here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Grey = npt.NDArray[np.float32]
Box = tuple[int, int, int, int]  # top, bottom, left, right

TALL = 0.45  # of the tallest piece: a digit of its own; what is lower belongs to one near by, or to none
NEAR = 0.3  # of the usual height: as far as a bar or a dot is from its digit
MOST = 60  # digits


def digits_of(ink: Grey) -> list[list[Grey]]:
    """Rows from top to bottom, each with its digits from left to right, cut out with paper around them.

    Args:
        ink: (H, W) in [0, 1], ink is 1, as `find_ink` gives it.
    """
    labels, num = ndimage.label(ink > 0.4, structure=np.ones((3, 3)))
    pieces = [(s[0].start, s[0].stop, s[1].start, s[1].stop) for s in ndimage.find_objects(labels)]
    if not pieces:
        return []
    tallest = max(bottom - top for top, bottom, _, _ in pieces)
    owner = np.zeros(num + 1, np.int32)  # label → digit, from 1
    digits: list[Box] = []
    order = sorted(range(num), key=lambda i: pieces[i][0] - pieces[i][1])  # the tallest first
    for index in order:
        piece = pieces[index]
        near = [(_gap(piece, digit), number) for number, digit in enumerate(digits)]
        gap, number = min(near, default=(np.inf, -1))
        is_tall = piece[1] - piece[0] >= TALL * tallest
        over = (
            number >= 0
            and _shared(piece[2:], digits[number][2:]) > 0.5
            and _shared(piece[:2], digits[number][:2]) > 0.2
        )
        if number >= 0 and (over or (not is_tall and gap <= NEAR * tallest)):
            digits[number] = _joined(digits[number], piece)
            owner[index + 1] = number + 1
        elif is_tall:
            digits.append(piece)
            owner[index + 1] = len(digits)
    return [[_cut(ink, labels, owner, number, digits[number]) for number in row] for row in _rows(digits[:MOST])]


def _rows(digits: list[Box]) -> list[list[int]]:
    """Numbers of the digits in reading order: a digit whose middle lies beside one of a row belongs to that row."""
    rows: list[list[int]] = []
    for number in sorted(range(len(digits)), key=lambda i: digits[i][0] + digits[i][1]):
        middle = (digits[number][0] + digits[number][1]) / 2
        if rows and any(digits[other][0] < middle < digits[other][1] for other in rows[-1]):
            rows[-1].append(number)
        else:
            rows.append([number])
    return [sorted(row, key=lambda i: digits[i][2] + digits[i][3]) for row in rows]


def _gap(one: Box, other: Box) -> float:
    """Pixels between two boxes; 0 where they touch or overlap."""
    down = max(one[0] - other[1], other[0] - one[1], 0)
    across = max(one[2] - other[3], other[2] - one[3], 0)
    return float(np.hypot(down, across))


def _shared(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """How much of the shorter one of two spans lies in the other one."""
    common = min(one[1], other[1]) - max(one[0], other[0])
    return common / min(one[1] - one[0], other[1] - other[0])


def _joined(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), max(one[3], other[3])


def _cut(ink: Grey, labels: npt.NDArray[np.int32], owner: npt.NDArray[np.int32], number: int, box: Box) -> Grey:
    """One digit alone: its pieces, the soft edges of them, and a quarter of its size of paper around it."""
    top, bottom, left, right = box
    room = max(bottom - top, right - left) // 4 + 2
    around = np.pad(ink, room)[top : bottom + 2 * room, left : right + 2 * room]
    owners = np.pad(owner[labels], room)[top : bottom + 2 * room, left : right + 2 * room]
    mine = ndimage.binary_dilation(owners == number + 1, iterations=2) & ((owners == 0) | (owners == number + 1))
    return np.where(mine, around, 0).astype(np.float32)
