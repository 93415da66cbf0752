"""The cell editor: what Python accepts from the browser."""

import numpy as np
import pytest

from core.errors import InvalidInputError
from ui.widgets.cell_editor import parse_cells


def test_cells_become_an_image_row_by_row() -> None:
    image = parse_cells("010" + "000" + "001", size=3)
    assert image is not None
    assert image.dtype == np.float32
    assert image.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize("value", [None, "0" * 9])
def test_an_empty_grid_is_none(value: str | None) -> None:
    assert parse_cells(value, size=3) is None


@pytest.mark.parametrize(
    "value", ["", "1" * 8, "1" * 10, "12" + "0" * 7, "١" * 9, 111111111, ["1"] * 9, {"a": 1}, True]
)
def test_anything_else_from_the_browser_is_rejected(value: object) -> None:
    with pytest.raises(InvalidInputError, match="9 cells"):
        parse_cells(value, size=3)
