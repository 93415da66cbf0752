"""What a page says while its server is away, and that it is whole again afterwards."""

import re
import resource
import socket
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import StartStudio

TABLE = b"text,label\n" + b"".join(
    b"a fine film number %d,good\na dull film number %d,bad\n" % (i, i) for i in range(30)
)


MOST_LINES = 300  # of a log, for a few errors with their tracebacks


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_a_lost_connection_is_told_to_a_pupil_and_heals(page: Page, start_studio: StartStudio, tmp_path: Path) -> None:
    studio = start_studio(tmp_path / "home")
    page.goto(f"http://localhost:{port_of(studio.address)}/sentiment?view=train")
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    studio.kill()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("No connection to the studio")
    expect(dialog).to_contain_text("tell whoever started it")
    expect(dialog).not_to_contain_text("streamlit", ignore_case=True, use_inner_text=True)
    start_studio(tmp_path / "home", port_of(studio.address))
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_a_file_that_went_with_the_connection_is_asked_for_again(
    page: Page, start_studio: StartStudio, tmp_path: Path
) -> None:
    studio = start_studio(tmp_path / "home")
    page.goto(f"{studio.address}/sentiment?view=train&data=own")
    file = {"name": "films.csv", "mimeType": "text/csv", "buffer": TABLE}
    chooser = page.locator("[data-testid=stFileUploader] input[type=file]")
    chooser.set_input_files(files=[file])
    expect(page.get_by_role("button", name=re.compile("Use this table"))).to_be_visible()
    studio.kill()
    start_studio(tmp_path / "home", port_of(studio.address))
    expect(page.get_by_text("the studio no longer has this file")).to_be_visible()
    expect(page.get_by_text("films.csv")).to_be_visible()
    chooser.set_input_files(files=[file])
    expect(page.get_by_role("button", name=re.compile("Use this table"))).to_be_visible()
    expect(page.get_by_text("the studio no longer has this file")).to_be_hidden()


def test_a_part_that_could_not_be_loaded_says_so_and_comes_when_the_line_is_back(page: Page) -> None:
    line_is_down = False

    def slider(route: Route) -> None:
        nonlocal line_is_down
        line_is_down = line_is_down or not has_healed
        health(route)

    def health(route: Route) -> None:
        if line_is_down:
            route.abort()
        else:
            route.continue_()

    has_healed = False
    page.route("**/static/js/Slider.*.js", slider)
    page.route("**/_stcore/health", health)
    page.goto("/digits?view=train")
    expect(page.get_by_text("Not here yet: this part is loaded again").first).to_be_visible()
    expect(page.get_by_text("dynamically imported module").filter(visible=True)).to_have_count(0)
    has_healed, line_is_down = True, False
    expect(page.get_by_role("slider", name="Epochs")).to_be_visible()
    expect(page.get_by_text("Not here yet: this part is loaded again")).to_have_count(0)


def test_used_up_file_handles_are_told_fill_no_log_and_pass(
    page: Page, start_studio: StartStudio, tmp_path: Path
) -> None:
    studio = start_studio(tmp_path / "home")
    page.goto(f"{studio.address}/digits?view=train&network=plain&epochs=1&share=5")
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_enabled()
    pid, handles = studio.process.pid, resource.RLIMIT_NOFILE
    limits = resource.prlimit(pid, handles)
    resource.prlimit(pid, handles, (10, limits[1]))  # those that are open stay, no other is given
    with socket.create_connection(("127.0.0.1", port_of(studio.address))):  # knocks: it cannot be let in
        start.click()
        expect(page.get_by_text("too many files are open at once")).to_be_visible()
        page.wait_for_timeout(3000)  # each second the server tries some thousand times to let it in
    resource.prlimit(pid, handles, limits)
    start.click()
    expect(page.get_by_text("test images").first).to_be_visible()
    lines = studio.log.read_text().splitlines()
    assert "OSError: [Errno 24] Too many open files" in lines
    assert len(lines) < MOST_LINES
