"""Every page works under the studio's content policy, and asks no other host for anything."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Studio
from tests.support.hand import write
from tests.support.visits import download, start
from ui.lessons.page import PLACES

DEMOS = ("digits", "voice", "sentiment", "generator")
VIEWS = [f"/{demo}?view={view}" for demo in DEMOS for view in ("try", "train", "inside")]


class Watched:
    """What a page was refused, and the hosts that it asked."""

    def __init__(self, page: Page) -> None:
        self.page, self.refused, self.hosts = page, list[str](), set[str]()
        page.on("console", lambda said: self.refused.append(said.text) if "Content Security" in said.text else None)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def open(self, address: str) -> None:
        """Open a page and wait until all of it has come and has had a moment to load what it shows."""
        self.page.goto(address)
        expect(self.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0)
        self.page.wait_for_load_state("networkidle")

    def assert_calm(self, studio: Studio) -> None:
        """Nothing was refused, and only the studio was asked; data: and blob: have no host."""
        assert self.refused == []
        assert self.hosts - {""} == {urlsplit(studio.address).netloc}


@pytest.mark.parametrize("address", [*VIEWS, "/", "/runs", "/foundations"])
def test_a_page_loads_nothing_that_its_policy_refuses_or_that_is_elsewhere(
    page: Page, studio: Studio, address: str
) -> None:
    watched = Watched(page)
    watched.open(address)
    watched.assert_calm(studio)


def test_no_place_of_foundations_is_refused_anything(page: Page, studio: Studio) -> None:
    watched = Watched(page)
    for place in PLACES:
        watched.open(f"/foundations?place={place.name}")
    watched.assert_calm(studio)


def test_a_drawing_a_training_and_a_download_need_nothing_that_is_refused(
    page: Page, studio: Studio, tmp_path_factory: pytest.TempPathFactory
) -> None:
    watched = Watched(page)
    watched.open("/digits")
    write(page, page.locator("canvas.upper-canvas"), 7)
    expect(page.get_by_role("status", name=re.compile("^Answer: 7,"))).to_be_visible()
    start(page, network="plain", epochs=1, share=5, augmentation="none")
    expect(page.get_by_text(re.compile("Largest difference to PyTorch"))).to_be_visible(timeout=90_000)
    assert download(page, "The weights (safetensors)", tmp_path_factory.mktemp("download")).stat().st_size > 100_000
    watched.assert_calm(studio)


def test_a_page_that_asks_for_a_script_or_an_answer_from_elsewhere_is_refused(page: Page) -> None:
    watched = Watched(page)
    watched.open("/")
    refused = """async () => {
      const policies = new Promise((done) => document.addEventListener("securitypolicyviolation",
        (event) => done(event.effectiveDirective), { once: true }));
      fetch("http://192.0.2.1/").catch(() => null);
      return policies;
    }"""
    assert page.evaluate(refused) == "connect-src"
    script = """() => new Promise((done) => {
      document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective), { once: true });
      const script = document.createElement("script");
      script.textContent = "window.stranger = true";
      document.head.append(script);
    })"""
    assert page.evaluate(script) == "script-src-elem"
