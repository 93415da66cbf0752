"""Generator in a browser: ask for a class, take a data set along, train, and do single steps of D and of G."""

import re

import numpy as np
from playwright.sync_api import Page, expect

TRAINING_MS = 150_000


def test_a_three_is_asked_for_and_seen_and_a_data_set_can_be_read_by_numpy(page: Page) -> None:
    page.goto("/generator")
    pictures = page.get_by_role("img", name=re.compile("^12 pictures"))
    expect(pictures).to_be_visible()
    expect(page.get_by_text(re.compile("(1[0-2]) of 12 are 3 to it, as asked"))).to_be_visible()
    page.get_by_role("radio", name=re.compile("A data set")).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="For NumPy (npz)").click()
    with np.load(waiting.value.path()) as made:
        assert made["images"].shape == (1000, 28, 28)
        assert np.bincount(made["labels"]).tolist() == [100] * 10


def test_a_run_from_the_form_draws_the_own_picture_until_digits_can_be_read_and_shows_its_filmstrip(page: Page) -> None:
    page.goto("/generator?view=train&epochs=4")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"run=\w{6}"))
    expect(page.get_by_role("img", name=re.compile(r"40 generated pictures after \d+ steps"))).to_be_visible(
        timeout=TRAINING_MS
    )
    expect(page.get_by_role("img", name=re.compile(r"the own picture after \d+ steps"))).to_be_visible(
        timeout=TRAINING_MS
    )
    page.get_by_role("button", name="Pause").click()
    for label in ("1 step of D", "1 step of G"):
        page.get_by_role("button", name=label).click()
        expect(page.get_by_text(f"What {label} changed")).to_be_visible(timeout=TRAINING_MS)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("img", name=re.compile("Agreement with the asked class"))).to_be_visible()
    expect(page.get_by_text("The result")).to_be_visible(timeout=TRAINING_MS)
    result = page.get_by_text(re.compile(r"Agreement with the asked class: [\d.]+"))
    agreement = re.search(r"class: ([\d.]+)", result.first.inner_text())
    assert agreement is not None
    assert float(agreement[1]) > 70  # nearly all of them can be read
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_painted_points_are_learned_and_drawn(page: Page) -> None:
    page.goto("/generator?view=train&what=points&shape=painted&epochs=2&width=8")
    sheet = page.locator(".painting .sheet")
    expect(sheet).to_be_visible()
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.8 * box["height"], steps=40)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"^\d+ of at most 300 points"))).to_be_visible()
    assert "painted=" in page.url
    page.get_by_role("button", name="Start", exact=True).click()
    drawn = page.get_by_role("img", name=re.compile("^300 generated points are .* from the nearest of 300 real ones"))
    expect(drawn).to_be_visible(timeout=TRAINING_MS)
