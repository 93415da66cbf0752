"""A visitor who leaves while a file is read: nothing goes on for nobody."""

import os
import signal
import time
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.conftest import ROOT, StartStudio, Studio
from tests.support.waiting import wait_until

PATIENT = """
from core.reading import pool

pool.PATIENCE = 1000.0
"""


def reading_pids(studio: Studio) -> set[int]:
    """The reading processes of a studio."""
    pids = set()
    for children in Path(f"/proc/{studio.process.pid}/task").glob("*/children"):
        for pid in children.read_text().split():
            if b"core.reading.child" in Path(f"/proc/{pid}/cmdline").read_bytes():
                pids.add(int(pid))
    return pids


def test_a_visitor_who_leaves_ends_the_reading_of_the_file(
    start_studio: StartStudio, browser: Browser, tmp_path: Path
) -> None:
    """Nothing but leaving ends a reading process that hangs, in this studio."""
    home = (ROOT / "Home.py").read_text().replace('"ui/navigation.py"', repr(str(ROOT / "ui" / "navigation.py")))
    (tmp_path / "Home.py").write_text(home + PATIENT)
    studio = start_studio(tmp_path / "home", script=tmp_path / "Home.py")
    context = browser.new_context(base_url=studio.address)
    page = context.new_page()
    page.goto("/digits")
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").wait_for(state="attached")
    wait_until(lambda: reading_pids(studio))
    before = reading_pids(studio)
    for pid in before:
        os.kill(pid, signal.SIGSTOP)  # it reads for ever
    page.locator("input[type=file]").set_input_files(
        {"name": "slow.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(100)}
    )
    time.sleep(1.5)  # until the page waits for it
    assert before <= reading_pids(studio)
    context.close()
    wait_until(lambda: not before & reading_pids(studio))
