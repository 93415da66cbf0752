"""A Chromium without a window for benchmarks. What is measured in it is not known here."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@contextmanager
def browser() -> Iterator["Browser"]:
    """The browser of `CHROMIUM` or the first that is found; raises `RuntimeError` where there is none."""
    from playwright.sync_api import sync_playwright

    names = filter(None, [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"])
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise RuntimeError("No Chromium was found: install it (Debian: apt-get install chromium) or set CHROMIUM.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()
