"""A page that the browser's translator has been at: what changes afterwards is as right as on a page beside it."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, Studio

TRANSLATED = """() => {
    const main = document.querySelector('[data-testid=stMain]');
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
        if (!text.nodeValue.trim() || text.parentElement.closest('font, svg, style, script, textarea')) continue;
        const outer = document.createElement('font'), inner = document.createElement('font');
        inner.textContent = text.nodeValue;
        outer.append(inner);
        text.replaceWith(outer);
    }
}"""
SHOWN = "() => document.querySelector('[data-testid=stMain]').innerText"
TEXTS = (
    *(
        "A wonderful film.",
        "A dull, cold film.",
        "It is not bad.",
        "I would not see it again.",
        "The best of the year.",
    ),
    *(
        "A waste of time.",
        "Warm and funny.",
        "Nothing works in it.",
        "Great actors, weak story.",
        "I loved every minute.",
    ),
)


def shown(page: Page) -> str:
    """All words in sight, but for times, which are never the same."""
    return re.sub(r"\s+", " ", re.sub(r"[\d.,]+ ms", "", page.evaluate(SHOWN)))


def number(label: re.Pattern[str], value: int) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_label(label).fill(str(value))
        page.keyboard.press("Enter")

    return act


def typed(text: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_label("Your text (English)").fill(text)


def sample(page: Page) -> None:
    page.get_by_role("radio", name="Sample").click()


def chosen(label: str, option: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=option, exact=True).click()

    return act


DIGITS = [number(re.compile(r"^Sample \(1 to"), value) for value in (2, 9, 4, 33, 12, 18, 5, 62, 78, 116)]
VOICE = [chosen("Sample", word) for word in ("off", "stop", "go", "left", "right", "up", "down", "yes", "no", "on")]


CLASSES = [chosen("Class", str(digit)) for digit in (1, 4, 5, 9, 2, 6, 8, 7, 0, 3)]  # it starts with 3
QUIET_MS = 1500  # when nothing has changed for so long, the answer is whole


def seen(page: Page, actions: list[Callable[[Page], None]], *, translated: bool) -> list[str]:
    """What stands in the page after each action."""
    found = []
    for act in actions:
        before = shown(page)
        if translated:
            page.evaluate(TRANSLATED)
        act(page)
        last, quiet = before, 0
        for _ in range(PATIENCE_MS // 100):
            page.wait_for_timeout(100)
            now = shown(page)
            runs = page.get_by_test_id("stApp").get_attribute("data-test-script-state") != "notRunning"
            quiet = 0 if runs or now != last else quiet + 100
            last = now
            if now != before and quiet >= QUIET_MS:
                break
        assert last != before
        found.append(last)
    return found


@pytest.fixture
def beside(browser: Browser, studio: Studio) -> Iterator[Page]:
    """The page of another visitor, who has no translator."""
    context = browser.new_context(base_url=studio.address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("address", "actions"),
    [
        ("/digits", [sample, *DIGITS]),
        ("/voice", [sample, *VOICE]),
        ("/sentiment", [typed(text) for text in TEXTS]),
        ("/generator", CLASSES),
    ],
    ids=["digits", "voice", "sentiment", "generator"],
)
def test_every_word_and_number_is_that_of_a_page_without_a_translator(
    page: Page, beside: Page, address: str, actions: list[Callable[[Page], None]]
) -> None:
    said = []
    for each in (page, beside):
        each.goto(address)
        expect(each.get_by_test_id("stHeadingWithActionElements").first).to_be_visible()
        each.wait_for_timeout(QUIET_MS)
        said.append(seen(each, actions, translated=each is page))
    for mine, plain in zip(*said, strict=True):
        assert mine.split() == plain.split()
