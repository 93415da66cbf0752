"""What people type is shown as they typed it: no title of a run becomes a link, a picture or markup on any page."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import demos
from core.knobs import to_json
from core.runs.records import Run, Standing
from core.runs.store import open_store
from tests.browser.conftest import Studio

TITLE = "www.evil.example [x](//evil.example) ![i](//evil.example/i.png) a@evil.example **b** :red[c] $d$"
OUTSIDE = "a[href*='evil'], img[src*='evil']"


@pytest.fixture(scope="module")
def runs(studio: Studio) -> tuple[Run, Run]:
    """Two runs of this title that are over."""
    store = open_store(studio.home / "glassbox.sqlite")
    task = demos.task("digits")
    made = []
    for epochs in (1, 2):
        config = to_json(task.Config(epochs=epochs))
        run = store.book.create("digits", config, phases=(epochs,), owner="eve", title=TITLE)
        store.book.request_stop(run.id)
        made.append(store.book.get(run.id))
    return made[0], made[1]


SHOWN = "title => document.body.innerText.replaceAll('\\u2060', '').includes(title)"  # without what has no width


def assert_plain(page: Page) -> None:
    page.wait_for_function(SHOWN, arg=TITLE)
    expect(page.locator(OUTSIDE)).to_have_count(0)
    expect(page.get_by_text("\\[")).to_have_count(0)
    expect(page.locator("[aria-label*='\\\\']")).to_have_count(0)  # as screen readers say it


def test_no_page_makes_anything_of_a_title(page: Page, runs: tuple[Run, Run]) -> None:
    first, second = runs
    for address in ("/runs", f"/digits?view=train&run={first.id}", f"/runs?compare={first.id},{second.id}", "/home"):
        page.goto(address)
        if address == "/home":
            expect(page.get_by_text("Watch a network learn")).to_be_visible()
            expect(page.locator(OUTSIDE)).to_have_count(0)
            continue
        if address == "/runs":
            for run in runs:  # the boxes come after the words
                expect(page.get_by_role("checkbox", name=re.compile(f"^Compare.*{run.id}"))).to_be_attached()
        assert_plain(page)


def test_the_badge_of_a_running_job_shows_its_title_as_it_is(page: Page, studio: Studio) -> None:
    store = open_store(studio.home / "glassbox.sqlite")
    task = demos.task("digits")
    run = store.book.create("digits", to_json(task.Config(epochs=1)), phases=(1,), owner="eve", title=TITLE)
    lease = store.claims.claim("the hand of this test", max_running=9)
    if lease is not None:  # else the studio's own worker was faster, which is as good
        store.claims.renew(lease, progress=Standing(step=1, total_steps=10, epoch=0.1), status="training")
    try:
        page.goto("/generator")
        assert_plain(page)
    finally:
        store.book.delete(run.id)
