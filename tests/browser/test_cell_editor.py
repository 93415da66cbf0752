"""The cell editor in a real browser: what its keys, pointer and reruns do."""

import pytest

from tests.browser.conftest import StartStudio

SCRIPT = """
import streamlit as st
from core.errors import InvalidInputError
from ui.widgets.cell_editor import cell_editor

st.button("Rerun")
if st.checkbox("Editor", value=True):
    try:
        image = cell_editor(key="editor")
    except InvalidInputError as error:
        st.text(f"rejected: {error}")
    else:
        st.text("drawn: nothing" if image is None else f"drawn: {[int(i) for i in image.ravel().nonzero()[0]]}")
"""


@pytest.fixture(scope="module")
def address(start_studio: StartStudio, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("cell_editor")
    (folder / "page.py").write_text(SCRIPT)
    return start_studio(folder / "home", script=folder / "page.py").address


@pytest.fixture
def page(address: str, browser):  # type: ignore[no-untyped-def]
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.set_default_timeout(20_000)
    page.goto(address)
    cell(page, 8, 8).wait_for()
    page.get_by_text("drawn: nothing").wait_for()
    yield page
    page.close()


def cell(page, row: int, column: int):  # type: ignore[no-untyped-def]
    """The cell, counted from 1 as its label counts."""
    return page.locator(f'[role="gridcell"][aria-label^="row {row}, column {column},"]')


def press(page, *keys: str) -> None:  # type: ignore[no-untyped-def]
    for key in keys:
        page.keyboard.press(key)


def expect_drawn(page, *places: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    """Wait until Python has exactly these cells, given as (row, column) from 1."""
    indices = sorted((row - 1) * 14 + column - 1 for row, column in places)
    page.get_by_text(f"drawn: {indices}" if indices else "drawn: nothing", exact=True).wait_for()


def label_in_focus(page) -> str:  # type: ignore[no-untyped-def]
    return page.evaluate(
        "() => { let e = document.activeElement; while (e.shadowRoot) e = e.shadowRoot.activeElement;"
        " return e.getAttribute('aria-label') ?? e.textContent }"
    )


def tab_into_the_grid(page) -> None:  # type: ignore[no-untyped-def]
    page.get_by_role("checkbox", name="Editor").focus()
    press(page, "Tab")


@pytest.mark.browser
def test_tab_enters_at_one_cell_and_leaves_to_the_clear_button(page) -> None:  # type: ignore[no-untyped-def]
    tab_into_the_grid(page)
    assert label_in_focus(page) == "row 8, column 8, empty"
    press(page, "ArrowUp", "ArrowLeft", "ArrowLeft")
    assert label_in_focus(page) == "row 7, column 6, empty"
    press(page, "Home", "ArrowLeft")
    assert label_in_focus(page) == "row 7, column 1, empty"
    press(page, "Control+End", "ArrowDown")
    assert label_in_focus(page) == "row 14, column 14, empty"
    assert page.locator('[role="gridcell"][tabindex="0"]').count() == 1
    press(page, "Tab")
    assert label_in_focus(page) == "Clear"
    press(page, "Shift+Tab")
    assert label_in_focus(page) == "row 14, column 14, empty"


@pytest.mark.browser
def test_a_digit_is_drawn_and_corrected_with_the_keyboard_alone(page) -> None:  # type: ignore[no-untyped-def]
    tab_into_the_grid(page)
    press(page, "Space")
    assert label_in_focus(page) == "row 8, column 8, ink"
    press(page, "Enter", "ArrowRight", "Enter")
    expect_drawn(page, (8, 9))
    press(page, "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowLeft")
    expect_drawn(page, (8, 9), (9, 9), (10, 9), (10, 8))
    page.keyboard.down("x")
    press(page, "ArrowRight", "ArrowUp")
    page.keyboard.up("x")
    press(page, "ArrowUp", "ArrowUp", "Shift+ArrowLeft")
    expect_drawn(page, (8, 9), (7, 9), (7, 8))


@pytest.mark.browser
def test_clearing_needs_a_second_delete_or_the_button(page) -> None:  # type: ignore[no-untyped-def]
    tab_into_the_grid(page)
    press(page, "Space", "Delete")
    page.get_by_text("Press Delete again to clear all.").wait_for()
    press(page, "ArrowUp", "Backspace")  # another key in between starts over
    expect_drawn(page, (8, 8))
    press(page, "Backspace")
    expect_drawn(page)
    press(page, "Space")
    expect_drawn(page, (7, 8))
    page.get_by_role("button", name="Clear").click()
    expect_drawn(page)


@pytest.mark.browser
def test_dragging_draws_without_gaps_and_starting_on_ink_erases(page) -> None:  # type: ignore[no-untyped-def]
    drag(page, (3, 4), (3, 8))
    expect_drawn(page, *((3, column) for column in range(4, 9)))
    drag(page, (3, 6), (3, 12))
    expect_drawn(page, (3, 4), (3, 5))


def drag(page, start: tuple[int, int], end: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    cell(page, *start).hover()
    page.mouse.down()
    cell(page, *end).hover(force=True)  # one jump; forced, as the grid holds the pointer
    page.mouse.up()


@pytest.mark.browser
def test_the_drawing_survives_reruns_and_leaving_the_page(page) -> None:  # type: ignore[no-untyped-def]
    drag(page, (2, 2), (2, 3))
    expect_drawn(page, (2, 2), (2, 3))
    page.get_by_role("button", name="Rerun").click()
    tab_into_the_grid(page)
    press(page, "ArrowDown", "Space")
    expect_drawn(page, (2, 2), (2, 3), (3, 3))
    box = page.get_by_text("Editor", exact=True)
    box.click()
    page.locator('[role="grid"]').wait_for(state="detached")
    box.click()
    expect_drawn(page, (2, 2), (2, 3), (3, 3))
    assert page.locator('[role="gridcell"].ink').count() == 3


@pytest.mark.browser
@pytest.mark.parametrize("sent", ["2" * 196, "1" * 195, 7, {"cells": "1"}])
def test_a_forged_value_is_rejected_and_the_next_stroke_is_not(page, sent: object) -> None:  # type: ignore[no-untyped-def]
    page.locator(".editor").evaluate("(node, sent) => node.editor.report(sent)", sent)
    page.get_by_text("rejected: The cell editor sent a drawing that cannot be read").wait_for()
    drag(page, (5, 5), (5, 5))
    expect_drawn(page, (5, 5))


@pytest.mark.browser
def test_a_stroke_is_reported_once_it_pauses(page) -> None:  # type: ignore[no-untyped-def]
    page.locator(".editor").evaluate(
        "(node) => { const report = node.editor.report; node.reports = 0;"
        " node.editor.report = (cells) => { node.reports += 1; report(cells); }; }"
    )
    drag(page, (4, 2), (4, 13))
    expect_drawn(page, *((4, column) for column in range(2, 14)))
    assert page.locator(".editor").evaluate("(node) => node.reports") == 1


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_it_is_square_and_fits(page, width: int) -> None:  # type: ignore[no-untyped-def]
    page.set_viewport_size({"width": width, "height": 740})
    box = page.locator('[role="grid"]').bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1)
    assert 200 < box["width"] <= 280
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
