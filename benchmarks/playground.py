"""Pictures a second while the playground of page Foundations learns, in a real browser."""

import time
from typing import TYPE_CHECKING

from benchmarks import chromium, machine, studio
from benchmarks.results import Figure, Findings, Options

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession

TITLE = "Pictures a second of the playground"
METHOD = (
    "The playground of page Foundations in Chromium without a window and without a graphics card, on as many cores as "
    "are asked for: one epoch of training, computed in the page itself, between two pictures of the surface, of every "
    "neuron and of the loss. The default network, and the largest one: 6 layers of 16 neurons, 500 points. Beside the "
    "pictures a second stands the processor time that the page's thread needs for one: on a machine that others use as "
    "well, the first depends on them, the second hardly."
)
REPEATS = 3
SECONDS = 10.0
LARGEST = "&layers=" + "-".join(["relu16"] * 6) + "&data=spirals&num_points=500&init=he&rates=0.003"
NETWORKS = {"Default network": "", "Largest network": LARGEST}
COUNT = """async (node, seconds) => {
    const play = node.playground;
    const advance = play.advance.bind(play);
    let frames = 0;
    play.advance = (steps) => { advance(steps); frames += 1; };
    play.play();
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    play.pause();
    return frames;
}"""


def measure(options: Options) -> Findings:
    """Play both networks, each repeat in a page of its own."""
    machine.limit(options.threads)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in NETWORKS}
    with studio.running() as server, chromium.browser() as browser:
        for _ in range(options.repeats or REPEATS):
            for name, knobs in NETWORKS.items():
                found[name].append(_played(browser, f"http://{server.address}/foundations?place=playground{knobs}"))
    figures = []
    for name, values in found.items():
        figures.append(Figure(f"{name}: pictures", [rate for rate, _ in values], "a second", "at least 15"))
        figures.append(Figure(f"{name}: processor time", [spent for _, spent in values], "ms a picture"))
    return Findings(figures, [], [f"{options.threads} cores; {SECONDS:g} s each."])


def _played(browser: "Browser", address: str) -> tuple[float, float]:
    """Pictures a second, and milliseconds of the page's thread for each."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(address)
    page.locator(".playground .state", has_text="step").wait_for()
    page.wait_for_timeout(2_000)  # the page has settled
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before, start = _thread_seconds(session), time.perf_counter()
    pictures = int(page.locator(".playground").evaluate(COUNT, SECONDS))
    passed, computed = time.perf_counter() - start, _thread_seconds(session) - before
    page.close()
    return pictures / passed, 1000 * computed / pictures


def _thread_seconds(session: "CDPSession") -> float:
    """Processor time of the page's thread so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))
