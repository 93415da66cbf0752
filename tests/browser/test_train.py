"""Train: from sliders to a learned digit, and every way a run can be interrupted."""

import os
import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.runs.store import open_store
from tests.browser.conftest import StartStudio, Studio
from tests.support.hand import write
from tests.support.visits import start
from tests.support.waiting import wait_until

LONG = {"epochs": 60, "network": "plain", "augmentation": "strong"}  # some minutes, cheap for two cores


def is_training(page: Page) -> None:
    expect(page.get_by_test_id("stProgress").get_by_text(re.compile(r"epoch \d+/\d+"))).to_be_visible()


def stop(page: Page) -> None:
    button = page.get_by_role("button", name="Stop")
    expect(button).to_have_count(1)
    button.click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()


def test_from_sliders_to_a_moving_curve_and_a_drawing_that_is_scored_again(page: Page, studio: Studio) -> None:
    page.goto("/digits?view=train")
    slider = page.get_by_role("slider", name="Depth")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("depth=2"))
    slider = page.get_by_role("slider", name="Epochs")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("epochs=10"))
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("img", name=re.compile("[Ll]oss"))).to_be_visible()
    write(page, page.locator("canvas.upper-canvas"), 7)
    answer = page.get_by_role("img", name=re.compile("7.*%"))
    expect(answer.first).to_be_visible()
    curve = page.get_by_role("img", name=re.compile("[Ll]oss"))
    before = curve.get_attribute("aria-label")
    assert before is not None
    expect(curve).not_to_have_attribute("aria-label", before)
    stop(page)


def test_a_finished_run_shows_its_accuracy_and_answers_in_try(page: Page) -> None:
    run_id = start(page, epochs=1, share=50, augmentation="none")
    expect(page.get_by_text("test images").first).to_be_visible(timeout=90_000)
    expect(page.get_by_text("The most confident mistakes")).to_be_visible()
    page.get_by_role("button", name="Use it in Try").click()
    expect(page).to_have_url(re.compile(f"model={run_id}"))
    write(page, page.locator("canvas.upper-canvas"), 1)
    expect(page.get_by_role("status", name=re.compile("^Answer: "))).to_be_visible()


def test_another_browser_attaches_stops_and_resumes(browser: Browser, studio: Studio) -> None:
    page = browser.new_context(base_url=studio.address).new_page()
    run_id = start(page, **LONG)
    is_training(page)
    page.context.close()  # the tab is closed
    elsewhere = browser.new_context(base_url=studio.address).new_page()
    elsewhere.goto(f"/digits?run={run_id}")
    is_training(elsewhere)
    stop(elsewhere)
    elsewhere.get_by_role("button", name="Resume").click()
    expect(elsewhere.get_by_role("button", name="Stop")).to_be_visible()
    is_training(elsewhere)
    stop(elsewhere)
    elsewhere.goto("/runs")
    expect(elsewhere.get_by_text(f"run {run_id} ·")).to_be_visible()
    elsewhere.context.close()


def test_a_killed_worker_is_noticed_and_the_run_goes_on(page: Page, studio: Studio) -> None:
    run_id = start(page, **LONG)
    store = open_store(studio.home / "glassbox.sqlite")
    wait_until(lambda: len(store.book.checkpoints(run_id)) >= 2)
    run = store.book.get(run_id)
    for pid in studio.worker_pids():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: store.book.get(run_id).attempt > run.attempt, seconds=30)
    step = store.book.checkpoints(run_id)[0].step
    wait_until(lambda: (store.book.get(run_id).progress or run.progress).step > step)  # type: ignore[union-attr]
    is_training(page)
    stop(page)


def test_a_killed_web_process_leaves_training_alone(
    browser: Browser, start_studio: StartStudio, tmp_path: Path
) -> None:
    first = start_studio(tmp_path / "home")
    page = browser.new_context(base_url=first.address).new_page()
    run_id = start(page, **LONG)
    is_training(page)
    store = open_store(first.home / "glassbox.sqlite")
    attempt = store.book.get(run_id).attempt
    first.kill()
    before = store.book.get(run_id).progress
    assert before is not None
    wait_until(lambda: (store.book.get(run_id).progress or before).step > before.step)
    second = start_studio(tmp_path / "home", port=int(first.address.rpartition(":")[2]))
    page.goto(f"{second.address}/digits?run={run_id}")
    is_training(page)
    assert store.book.get(run_id).attempt == attempt
    stop(page)
    page.context.close()


def test_what_an_address_gets_wrong_is_said(page: Page) -> None:
    page.goto("/digits?view=train&epochs=500&colour=red")
    expect(page.get_by_text("Epochs (epochs) is 500; allowed is a whole number from 1 to 100.")).to_be_visible()
    expect(page.get_by_text("There is no setting “colour”")).to_be_visible()


def test_a_run_that_does_not_exist_is_said(page: Page) -> None:
    page.goto("/digits?run=zzzzzz")
    expect(page.get_by_text("There is no run “zzzzzz”")).to_be_visible()
    page.get_by_role("button", name="Start a new run").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()


def test_the_offline_download_says_so_and_changes_nothing(
    browser: Browser, start_studio: StartStudio, tmp_path: Path
) -> None:
    offline = start_studio(tmp_path / "home", https_proxy="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9")
    page = browser.new_context(base_url=offline.address).new_page()
    page.goto("/digits?view=train&data=mnist")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_disabled()
    page.get_by_role("button", name=re.compile("^Download")).click()
    expect(page.get_by_text("No connection")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert not list((tmp_path / "home").rglob("*.gz*"))
    page.context.close()


@pytest.mark.parametrize("dark", [False, True])
def test_the_view_of_a_run_fits_a_narrow_screen(browser: Browser, studio: Studio, dark: bool) -> None:
    context = browser.new_context(
        base_url=studio.address, viewport={"width": 360, "height": 740}, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    start(page, epochs=1, share=20)
    expect(page.get_by_role("img", name=re.compile("[Ll]oss"))).to_be_visible()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    context.close()


def test_two_tabs_draw_and_see_each_the_answer_to_their_own_drawing(browser: Browser, studio: Studio) -> None:
    context = browser.new_context(base_url=studio.address, viewport={"width": 1280, "height": 900})
    one = context.new_page()
    start(one, **LONG)
    is_training(one)
    other = context.new_page()
    other.goto(one.url)
    for tab, digit in ((one, 7), (other, 1)):
        write(tab, tab.locator("canvas.upper-canvas"), digit)
    for tab, digit in ((one, 7), (other, 1)):  # both at once, long after both drew
        newest = tab.get_by_role("img", name=re.compile(rf"^{digit} went from .* to 9\d\.\d"))
        expect(newest).to_be_visible(timeout=90_000)
    one.reload()
    expect(one.get_by_text("drawn before")).to_be_visible()  # with its picture: the canvas is empty again
    write(one, one.locator("canvas.upper-canvas"), 0)
    expect(one.get_by_role("img", name=re.compile(r"^0 went from"))).to_be_visible()
    expect(other.get_by_role("img", name=re.compile(r"^1 went from"))).to_be_visible()
    stop(one)
    context.close()
