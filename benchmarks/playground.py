"""Pictures a second while the playground of page Foundations learns, in headless Chromium without a GPU.

    streamlit run Home.py & python -m benchmarks.playground [--address http://localhost:8501] [--seconds 10]

For the default network and for the largest one, 6 layers of 16 neurons with 500 points; one epoch between two pictures.
Beside the pictures a second stands the processor time that the page's thread needs for one: on a machine that others
use as well, the first depends on them, the second hardly.
"""

import argparse
import json
import os
import platform
import shutil
import time
from typing import Any

from playwright.sync_api import Browser, CDPSession, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
LARGEST = "&layers=" + "-".join(["relu16"] * 6) + "&data=spirals&num_points=500&init=he&rates=0.003"
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


def measure(browser: Browser, address: str, knobs: str, seconds: float) -> dict[str, Any]:
    """Play one network for so many seconds."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/foundations?place=playground{knobs}")
    page.locator(".playground .state", has_text="step").wait_for(timeout=120_000)
    page.wait_for_timeout(2000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before, start = _thread_seconds(session), time.perf_counter()
    pictures = int(page.locator(".playground").evaluate(COUNT, seconds))
    passed, computed = time.perf_counter() - start, _thread_seconds(session) - before
    page.close()
    return {"pictures_a_second": round(pictures / passed, 1), "cpu_ms_a_picture": round(1000 * computed / pictures, 1)}


def _thread_seconds(session: CDPSession) -> float:
    """Processor time of the page's thread so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="http://localhost:8501")
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    result: dict[str, Any] = {"machine": f"{platform.machine()}, {os.cpu_count()} cores", "load": os.getloadavg()[0]}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for name, knobs in (("default", ""), ("largest", LARGEST)):
            result[name] = measure(browser, given.address, knobs, given.seconds)
        browser.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
