"""What visitors do in several tests."""

import re
from pathlib import Path

from playwright.sync_api import Page


def start(page: Page, **knobs: object) -> str:
    """Start a run from an address with these knobs; returns the run's id."""
    page.goto("/digits?view=train&" + "&".join(f"{name}={value}" for name, value in knobs.items()))
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"run=\w{6}"))
    match = re.search(r"run=(\w{6})", page.url)
    assert match is not None
    return match[1]


def download(page: Page, label: str, folder: Path) -> Path:
    with page.expect_download() as waited:
        page.get_by_role("button", name=label).click()
    path = folder / waited.value.suggested_filename
    waited.value.save_as(path)
    return path
