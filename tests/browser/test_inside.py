"""Look inside: click a cell and compare its sum with PyTorch, move ε until the answer flips, small screens."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from core.data.pictures import sources
from core.demos.digits.reader import read_model
from tests.support.hand import write


def open_sample(page: Page, part: str) -> None:
    page.goto("/digits?view=inside")
    page.get_by_role("radio", name="Sample").click()
    expect(page.get_by_text("Its label is")).to_be_visible()
    page.get_by_role("radio", name=re.compile(part)).click()


def click_place(picker: Locator, row: int, column: int, *, rows: int, columns: int) -> None:
    """Click the middle of a place, counted from 0."""
    picker.scroll_into_view_if_needed()
    box = picker.locator("img").bounding_box()
    assert box is not None
    at = {"x": (column + 0.5) * box["width"] / columns, "y": (row + 0.5) * box["height"] / rows}
    picker.click(position=at)  # type: ignore[arg-type]


def cell_of_sample(unit: int, row: int, column: int) -> float:
    """The first convolution's own output for the first sample, as PyTorch computes it."""
    images, _ = sources.held_out_digits()
    image = torch.from_numpy(images[:1].astype(np.float32) / np.float32(255)).unsqueeze(1)
    with torch.no_grad():
        return float(read_model().network[:2](image)[0, unit, row, column])  # type: ignore[index]


def says(page: Page, value: float) -> None:
    """The page's sum and what it says that PyTorch computed are this number, to 4 decimals, rounding aside."""
    near = {f"{value + by:.6f}"[:-2].replace("-", "−") for by in (-2e-6, 2e-6)}
    digits = f"(?:{'|'.join(map(re.escape, near))})"
    expect(
        page.get_by_text(re.compile(rf"Sum of .* products .*: {digits}\d+\s+PyTorch computed {digits}"))
    ).to_be_visible()


def test_a_clicked_cell_is_summed_up_to_what_pytorch_computes(page: Page) -> None:
    open_sample(page, "Layer by layer")
    click_place(page.get_by_role("group", name=re.compile("^Choose a map of Convolution 1")), 0, 2, rows=2, columns=8)
    cells = page.get_by_role("group", name="Choose a cell of map 3")
    expect(cells).to_be_visible()
    click_place(cells, 9, 12, rows=28, columns=28)
    expect(page.get_by_text("around row 10, column 13")).to_be_visible()
    says(page, cell_of_sample(2, 9, 12))
    cells.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Row (1 to 28)")).to_have_value("11")
    says(page, cell_of_sample(2, 10, 12))
    page.get_by_label("Column (1 to 28)").fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("outside").first).to_be_visible()
    says(page, cell_of_sample(2, 10, 0))


def test_moving_epsilon_flips_the_answer_where_the_page_says(page: Page) -> None:
    open_sample(page, "Fool it")
    said = page.get_by_text("It flips from")
    expect(said).to_be_visible()
    found = re.search(r"It flips from (\d) to (\d) at ε = 0\.(\d\d)", said.inner_text())
    assert found is not None
    before, after, hundredths = found.groups()
    bars = page.get_by_role("img", name=re.compile(r"^With ε"))
    slider = page.get_by_role("slider", name=re.compile("Strength"))
    slider.focus()
    for _ in range(int(hundredths) - 1):
        page.keyboard.press("ArrowRight")
    name = f"With ε = {(int(hundredths) - 1) / 100:.2f}: Answer: {before} "
    expect(bars).to_have_attribute("aria-label", re.compile(re.escape(name)))
    page.keyboard.press("ArrowRight")
    expect(bars).to_have_attribute("aria-label", re.compile(rf"With ε = 0\.{hundredths}: Answer: {after} "))
    expect(page.get_by_text("Measured on 500 of the 1,000 held-out MNIST digits")).to_be_visible()


@pytest.mark.parametrize("part", ["Layer by layer", "Where it looks", "Fool it"])
def test_the_view_fits_a_narrow_screen(page: Page, part: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/digits?view=inside")
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    write(page, page.locator("canvas.upper-canvas"), 3)
    expect(page.get_by_role("status", name=re.compile("^Answer: 3"))).to_be_visible()
    page.get_by_role("radio", name=re.compile(part)).click()
    last = {"Layer by layer": "What happens to it next", "Where it looks": "Blanking", "Fool it": "Measured on"}[part]
    expect(page.get_by_text(last)).to_be_visible()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_nothing_of_another_part_stays_while_the_badge_ticks(page: Page) -> None:
    open_sample(page, "Layer by layer")
    for _ in range(3):
        expect(page.get_by_text(re.compile("Sum of .* products"))).to_be_visible()
        page.get_by_role("radio", name=re.compile("Where it looks")).click()
        expect(page.get_by_text(re.compile("Sum of .* products"))).to_have_count(0)
        page.get_by_role("radio", name=re.compile("Layer by layer")).click()
