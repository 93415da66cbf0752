"""The real studio in the real browser: one server for all tests of this folder, a fresh page for each test.

A test fails when its page throws, and leaves a picture of the page in build/screenshots whenever it fails.
"""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
START_SECONDS = 180.0
PATIENCE_MS = 30_000  # how long an expectation waits: two busy cores are slow

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@dataclass
class Studio:
    """A running server."""

    address: str  # "http://127.0.0.1:8501"
    home: Path  # its GLASSBOX_HOME
    log: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """SIGKILL the web process alone, as the operating system would when memory is short."""
        self.process.kill()
        self.process.wait()

    def worker_pids(self) -> set[int]:
        """Ids of all processes that work for this studio, beside the web process."""
        return _pids_of(self.home) - {self.process.pid}

    def end(self) -> None:
        """End the web process and all that it started; workers have process groups of their own."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()
        while pids := _pids_of(self.home):
            for pid in pids:
                _signal(pid, signal.SIGKILL)
            time.sleep(0.1)


StartStudio = Callable[..., Studio]


def _pids_of(home: Path) -> set[int]:
    """Processes that were started with this GLASSBOX_HOME, a folder that no other process uses."""
    wanted = f"GLASSBOX_HOME={home}".encode()
    found = set()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in environment.read_bytes().split(b"\0"):
                found.add(int(environment.parent.name))
        except OSError:  # ended meanwhile, or somebody else's
            continue
    return found - {os.getpid()}


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(address: str, certificate: str | None) -> bool:
    trusted = ssl.create_default_context(cafile=certificate)
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2, context=trusted) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _start(home: Path, port: int | None = None, *, script: Path = ROOT / "Home.py", **settings: str) -> Studio:
    port = port or _free_port()
    home.mkdir(parents=True, exist_ok=True)
    log = home.parent / f"{home.name}-{port}.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GLASSBOX_")}
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "--server.address", "127.0.0.1", "--server.headless", "true"],
            cwd=ROOT,
            env={**environment, "PYTHONPATH": str(ROOT), "GLASSBOX_HOME": str(home), **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    certificate = settings.get("STREAMLIT_SERVER_SSL_CERT_FILE")
    scheme = "http" if certificate is None else "https"
    studio = Studio(f"{scheme}://127.0.0.1:{port}", home, log, process)
    limit = time.monotonic() + START_SECONDS
    while not _answers(studio.address, certificate):
        if process.poll() is not None or time.monotonic() > limit:
            studio.end()
            pytest.fail(f"The studio did not start:\n{log.read_text(errors='replace')[-3000:]}", pytrace=False)
        time.sleep(0.2)
    return studio


@pytest.fixture(scope="session")
def start_studio() -> Iterator[StartStudio]:
    """Starts further studios: `start_studio(home, port=None, script=…, GLASSBOX_…="…")`; ended after the last test.

    They speak HTTPS where `STREAMLIT_SERVER_SSL_CERT_FILE` is given, with a certificate for 127.0.0.1.
    """
    started: list[Studio] = []

    def start(home: Path, port: int | None = None, **settings: str) -> Studio:
        started.append(_start(home, port, **settings))
        return started[-1]

    yield start
    for studio in started:
        studio.end()


@pytest.fixture(scope="session")
def studio(start_studio: StartStudio, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """The server that the tests of this folder share."""
    return start_studio(tmp_path_factory.mktemp("studio") / "home")


def _chromium() -> str:
    given = os.environ.get("CHROMIUM")
    found = [shutil.which(name) for name in ([given] if given else ["chromium", "chromium-browser", "google-chrome"])]
    path = next(filter(None, found), None)
    if path is None:
        reason = (
            f"CHROMIUM is {given}, which is no program" if given else "no Chromium found (apt-get install chromium)"
        )
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; in CI no test in a browser may be skipped", pytrace=False)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window, from the system."""
    path = _chromium()
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser, studio: Studio, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a fresh visitor, 1280×900, nothing opened yet: `page.goto("/digits")`."""
    context = browser.new_context(base_url=studio.address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    visited = context.new_page()
    thrown: list[Error] = []
    visited.on("pageerror", lambda error: thrown.append(error))  # Playwright wants a function of its own
    yield visited
    if thrown or FAILED in request.node.stash:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        visited.screenshot(path=SCREENSHOTS / f"{re.sub(r'[^0-9A-Za-z_-]+', '-', request.node.name)}.png")
    context.close()
    if thrown:
        pytest.fail("The page threw: " + "; ".join(str(error) for error in thrown), pytrace=False)
