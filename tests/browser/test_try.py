"""Try: draw every digit with the mouse, upload, sample, keyboard alone, small screens."""

import io
import re

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from tests.support.hand import write

# the grid lies in a shadow tree, where only the root of that tree knows what has the focus
FOCUSED_ROLE = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node?.getAttribute("role");
}"""


def button(page: Page, name: str) -> Locator:
    """A button of the page itself; the canvas has a toolbar of its own with the same words."""
    return page.get_by_test_id("stBaseButton-secondary").filter(has_text=name)


def open_try(page: Page) -> None:
    page.goto("/digits")
    expect(page.locator("canvas.upper-canvas")).to_be_visible()


def answer(page: Page, digit: int | str) -> None:
    expect(page.get_by_role("status", name=re.compile(f"^Answer: {digit},"))).to_be_visible()


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_drawn_with_the_mouse_is_read(page: Page, digit: int) -> None:
    open_try(page)
    expect(page.get_by_text("Draw a digit from 0 to 9.")).to_be_visible()
    write(page, page.locator("canvas.upper-canvas"), digit)
    answer(page, digit)
    expect(page.get_by_text("What the network sees")).to_be_visible()


def test_clear_and_undo_take_strokes_back(page: Page) -> None:
    open_try(page)
    write(page, page.locator("canvas.upper-canvas"), 4)
    answer(page, 4)
    button(page, "Undo").click()
    expect(page.get_by_role("status", name=re.compile("^Answer: 4"))).to_have_count(0)
    button(page, "Clear").click()
    expect(page.get_by_text("Draw a digit from 0 to 9.")).to_be_visible()


def test_two_digits_are_said_and_not_answered(page: Page) -> None:
    open_try(page)
    canvas = page.locator("canvas.upper-canvas")
    box = canvas.bounding_box()
    assert box is not None
    for x in (0.25, 0.75):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.2 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.8 * box["height"], steps=8)
        page.mouse.up()
    expect(page.get_by_text("two or more digits side by side")).to_be_visible()
    expect(page.get_by_role("status", name=re.compile("^Answer"))).to_have_count(0)


def photo(*, dark_on_light: bool) -> bytes:
    """A 3 written on paper with uneven light, as a JPEG."""
    shade = np.linspace(150, 235, 400)[None, :] * np.linspace(0.85, 1.0, 400)[:, None]
    picture = Image.fromarray(shade.astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    pen.arc((130, 90, 260, 200), -150, 90, fill=40, width=16)
    pen.arc((120, 190, 270, 320), -90, 150, fill=40, width=16)
    if not dark_on_light:
        picture = Image.eval(picture, lambda value: 255 - value)
    data = io.BytesIO()
    picture.save(data, "JPEG")
    return data.getvalue()


@pytest.mark.parametrize("dark_on_light", [True, False])
def test_a_photo_of_a_digit_is_read(page: Page, dark_on_light: bool) -> None:
    open_try(page)
    page.get_by_role("radio", name="Upload").click()
    file = {"name": "three.jpg", "mimeType": "image/jpeg", "buffer": photo(dark_on_light=dark_on_light)}
    page.locator("input[type=file]").set_input_files(file)
    answer(page, 3)


def huge() -> bytes:
    data = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("not.png", b"this is a text", "not.png"),
        ("cut.jpg", photo(dark_on_light=True)[:2000], "cut.jpg"),
        ("huge.png", huge(), "megapixel"),
    ],
)
def test_a_bad_file_is_answered_with_what_is_wrong(page: Page, name: str, content: bytes, said: str) -> None:
    open_try(page)
    page.get_by_role("radio", name="Upload").click()
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    expect(page.get_by_role("status", name=re.compile("^Answer"))).to_have_count(0)


def test_a_digit_can_be_drawn_with_the_keyboard_alone(page: Page) -> None:
    open_try(page)
    for _ in range(60):  # to the ways of input, as somebody without a mouse would go
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip().endswith("Draw"):
            break
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_role("grid")).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED_ROLE) == "gridcell":
            break
    for _ in range(6):
        page.keyboard.press("ArrowUp")
    for _ in range(10):
        page.keyboard.press("Shift+ArrowDown")
    answer(page, 1)


def test_a_sample_is_answered_and_compared_with_its_label(page: Page) -> None:
    open_try(page)
    page.get_by_role("radio", name="Sample").click()
    expect(page.get_by_text("Its label is")).to_be_visible()
    expect(page.get_by_role("status", name=re.compile("^Answer"))).to_be_visible()


def test_a_step_switched_off_shows_its_effect(page: Page) -> None:
    open_try(page)
    write(page, page.locator("canvas.upper-canvas"), 7)
    answer(page, 7)
    page.get_by_text("Fit into 20×20").or_(page.get_by_text("20×20")).first.click()
    expect(page.get_by_text("With every step on, the answer is 7")).to_be_visible()


def test_the_page_fits_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    open_try(page)
    write(page, page.locator("canvas.upper-canvas"), 3)
    answer(page, 3)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_the_drawing_survives_a_visit_to_another_page(page: Page) -> None:
    open_try(page)
    write(page, page.locator("canvas.upper-canvas"), 7)
    answer(page, 7)
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("link", name="Digits").click()
    answer(page, 7)


def test_an_unknown_model_in_the_address_is_said(page: Page) -> None:
    page.goto("/digits?model=zzzzzz")
    expect(page.get_by_text("names a model that is not here")).to_be_visible()
