"""What a person waits for, in a real browser: the first page, the first answer, new bars after a stroke."""

import math
import re
import time
from typing import TYPE_CHECKING

from benchmarks import chromium, studio
from benchmarks.results import Figure, Findings, Options, percentile
from core.runs.store import open_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TITLE = "In the browser"
METHOD = (
    "Chromium without a window, already open, on the machine that also serves and trains. First page: from starting "
    "`streamlit run Home.py` to the drawn canvas of Digits. First prediction: to the answer to a stroke drawn as soon "
    "as the canvas is there. Stroke to new bars: from lifting the pen in Try to the frame with the changed bars, by "
    "the browser's clock, while a run trains on the same machine; from the second stroke of a drawing on."
)
REPEATS, NUM_STROKES, STROKES_A_DRAWING = 3, 30, 7
PATIENCE_MS = 120_000
TRAINING = "/digits?view=train&epochs=100&augmentation=strong&width=64"  # minutes, on any machine

# Milliseconds from lifting the pen to the frame after the answer's bars got their new label.
WATCH = """() => {
  window.waits = [];
  let lifted = null;
  document.addEventListener("pointerup", () => { lifted = performance.now(); }, true);
  new MutationObserver((changes) => {
    const bars = changes.some(({ target }) => (target.getAttribute("aria-label") ?? "").startsWith("Answer:")
      && target.classList.contains("glassbox-chart"));
    if (bars && lifted !== null) {
      const start = lifted;
      lifted = null;
      requestAnimationFrame(() => setTimeout(() => window.waits.push(performance.now() - start)));
    }
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["aria-label"] });
}"""


def measure(options: Options) -> Findings:
    """Start, first prediction, and strokes while a run trains; each repeat with a server of its own."""
    repeats = options.repeats or REPEATS
    first_pages, first_answers, waits = [], [], []
    with chromium.browser() as browser:
        for _ in range(repeats):
            with studio.running(wait=False) as server:
                page = _page(browser, server)
                studio.until_healthy(server)
                page.goto("/digits")
                page.locator("canvas.upper-canvas").wait_for()
                first_pages.append(time.monotonic() - server.started)
                _stroke(page, 0)
                page.get_by_role("status", name=re.compile("^Answer: ")).wait_for()
                first_answers.append(time.monotonic() - server.started)
                waits.append(_while_training(page, server))
                page.context.close()
    return Findings(
        [
            Figure("Start to first page", first_pages, "s", "at most 2 s", 2),
            Figure("Start to first prediction, cold", first_answers, "s", "at most 5 s", 2),
            Figure("Stroke to new bars, p50", [percentile(ms, 50) for ms in waits], "ms", digits=0),
            Figure("Stroke to new bars, p95", [percentile(ms, 95) for ms in waits], "ms", "at most 250 ms", 0),
        ],
        [],
        [f"Percentiles of {NUM_STROKES} strokes a repeat."],
    )


def _while_training(page: "Page", server: studio.Studio) -> list[float]:
    """Milliseconds from each stroke to its bars; a stroke begins when the bars of the one before have come."""
    page.goto(TRAINING)
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"run=\w{6}"))
    run_id = page.url.partition("run=")[2][:6]
    store = open_store(server.home / "glassbox.sqlite")
    until = time.monotonic() + PATIENCE_MS / 1000
    while not ((progress := store.book.get(run_id).progress) and progress.step) and time.monotonic() < until:
        time.sleep(0.2)
    waits: list[float] = []
    while len(waits) < NUM_STROKES:
        page.goto("/digits")
        page.locator("canvas.upper-canvas").wait_for()
        _stroke(page, 0)
        page.get_by_role("status", name=re.compile("^Answer: ")).wait_for()
        page.evaluate(WATCH)
        for number in range(1, STROKES_A_DRAWING):
            _stroke(page, number)
            page.wait_for_function(f"window.waits.length === {number}")
        waits += page.evaluate("window.waits")
    if store.book.get(run_id).is_over:
        raise RuntimeError("The run was over before the last stroke.")
    store.book.request_stop(run_id)
    return waits


def _stroke(page: "Page", number: int) -> None:
    """One line through the middle of the canvas, at another angle for each number."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box is not None
    side, angle = box["width"], math.pi * (0.5 - number / STROKES_A_DRAWING)
    x, y = box["x"] + side / 2, box["y"] + side / 2
    reach_x, reach_y = 0.35 * side * math.cos(angle), 0.35 * side * math.sin(angle)
    page.mouse.move(x - reach_x, y - reach_y)
    page.mouse.down()
    page.mouse.move(x + reach_x, y + reach_y, steps=8)
    page.mouse.up()


def _page(browser: "Browser", server: studio.Studio) -> "Page":
    context = browser.new_context(base_url=f"http://{server.address}", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()
