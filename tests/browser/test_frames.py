"""The studio inside pages of other sites: who may show it, and what works there over HTTP and over HTTPS.

`localhost` and `127.0.0.1` are two sites, whatever their ports; `127.0.0.1` on two ports is one. The browser keeps no
cookies of other sites than the one in its address bar, unless they are partitioned.
"""

import io
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Frame, Page, expect

from core.runs.store import open_store
from tests.browser.conftest import PATIENCE_MS, StartStudio, Studio
from tests.support.hand import write
from ui.frame.gate import OWNER_COOKIE

OTHER, SAME = "localhost", "127.0.0.1"  # site of the page around the studio, which is at 127.0.0.1
TRAIN = "/digits?view=train&network=plain&epochs=1&share=5"
KEPT_PLAIN = (
    """() => { document.cookie = "plain=1; SameSite=None; Secure"; return document.cookie.includes("plain"); }"""
)
MAY_HEAR = """() => document.featurePolicy.allowsFeature("microphone")"""


class Parent(BaseHTTPRequestHandler):
    """A page with nothing but a frame: `?src=…` is what it shows, `&allow=…` what it lets it do."""

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        src, allow = query.get("src", [""])[0], query.get("allow", [""])[0]
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<iframe src="{src}" allow="{allow}" width="1200" height="1400"></iframe>'.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def parent(secure: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server of such pages."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Parent)
    if secure is not None:
        server.socket = secure.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@dataclass(frozen=True)
class Framed:
    """A studio that two pages may show: one of another site and one of its own."""

    studio: Studio
    port: int  # of both

    def address(self, host: str, path: str, *, allow: str = "") -> str:
        """Of a page at this host that shows this path of the studio."""
        scheme = urlsplit(self.studio.address).scheme
        src = (self.studio.address + path).replace("&", "%26")
        return f"{scheme}://{host}:{self.port}/?allow={allow}&src={src}"


def framed(start_studio: StartStudio, home: Path, port: int, scheme: str, **settings: str) -> Framed:
    parents = ", ".join(f"{scheme}://{host}:{port}" for host in (OTHER, SAME))
    return Framed(start_studio(home, GLASSBOX_FRAME_PARENTS=parents, **settings), port)


@pytest.fixture(scope="module")
def plain(start_studio: StartStudio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Framed]:
    """Over HTTP."""
    with parent() as port:
        yield framed(start_studio, tmp_path_factory.mktemp("plain") / "home", port, "http")


@pytest.fixture(scope="module")
def secure(start_studio: StartStudio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Framed]:
    """Over HTTPS, with a certificate that was made a moment ago."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate, and is not installed")
    folder = tmp_path_factory.mktemp("secure")
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
    names = ["-days", "2", "-subj", "/CN=studio", "-addext", f"subjectAltName=DNS:{OTHER},IP:{SAME}"]
    subprocess.run([*command, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    files = {"STREAMLIT_SERVER_SSL_CERT_FILE": certificate, "STREAMLIT_SERVER_SSL_KEY_FILE": key}
    with parent(context) as port:
        yield framed(start_studio, folder / "home", port, "https", **files)


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Makes pages, each of a browser that has been nowhere."""
    contexts = []

    def arrive() -> Page:
        contexts.append(browser.new_context(ignore_https_errors=True, viewport={"width": 1300, "height": 1500}))
        contexts[-1].set_default_timeout(PATIENCE_MS)
        return contexts[-1].new_page()

    yield arrive
    for context in contexts:
        context.close()


def show(page: Page, address: str) -> Frame:
    """The frame of the page at this address."""
    page.goto(address)
    return page.frames[1]


def is_refused(page: Page, address: str) -> bool:
    """Whether the browser shows an error of its own in the frame, because of what the studio's answer says."""
    with page.expect_event("requestfailed") as failed:
        frame = show(page, address)
    frame.wait_for_url("chrome-error://**")
    return bool(failed.value.failure == "net::ERR_BLOCKED_BY_RESPONSE")


def draws(page: Page, frame: Frame) -> None:
    """A digit that is drawn in the frame is answered there: the connection works."""
    write(page, frame.locator("canvas.upper-canvas"), 7)
    expect(frame.get_by_role("status", name=re.compile("^Answer: 7,"))).to_be_visible()


def give_file(frame: Frame) -> None:
    frame.get_by_text("Upload", exact=True).click()
    image, file = Image.new("L", (100, 100), 255), io.BytesIO()
    ImageDraw.Draw(image).line([(30, 20), (70, 20), (45, 80)], 0, 8)
    image.save(file, "PNG")
    given = {"name": "seven.png", "mimeType": "image/png", "buffer": file.getvalue()}
    frame.locator("input[type=file]").set_input_files(given)


def owner_of_a_run(page: Page, around: Framed, host: str) -> str:
    """Start a run in the frame; returns whose it is."""
    frame = show(page, around.address(host, TRAIN))
    frame.get_by_role("button", name="Start", exact=True).click()
    frame.wait_for_url(re.compile(r"run=\w{6}"))
    run_id = parse_qs(urlsplit(frame.url).query)["run"][0]
    return open_store(around.studio.home / "glassbox.sqlite").book.get(run_id).owner


def cookies(page: Page) -> dict[str, str]:
    """What the studio's cookies hold."""
    return {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}


def test_by_default_another_site_may_not_show_the_studio(studio: Studio, visitor: Callable[[], Page]) -> None:
    with parent() as port:
        assert is_refused(visitor(), Framed(studio, port).address(OTHER, "/digits"))


def test_a_site_that_is_not_named_may_not_show_the_studio(plain: Framed, visitor: Callable[[], Page]) -> None:
    with parent() as port:  # of a named host, at a port that is not
        assert is_refused(visitor(), Framed(plain.studio, port).address(OTHER, "/digits"))


def test_over_http_a_named_site_shows_a_studio_that_knows_nobody_and_takes_no_file(
    plain: Framed, visitor: Callable[[], Page]
) -> None:
    page = visitor()
    frame = show(page, plain.address(OTHER, "/digits"))
    draws(page, frame)
    give_file(frame)
    expect(frame.get_by_test_id("stFileUploader").get_by_text("status code 403")).to_be_visible()
    assert owner_of_a_run(page, plain, OTHER) == "local"
    assert cookies(page) == {}


def test_over_http_a_page_of_the_same_site_shows_a_studio_that_knows_its_visitors_and_takes_files(
    plain: Framed, visitor: Callable[[], Page]
) -> None:
    page = visitor()
    frame = show(page, plain.address(SAME, "/digits"))
    draws(page, frame)
    give_file(frame)
    expect(frame.get_by_alt_text("the uploaded picture")).to_be_visible()
    assert owner_of_a_run(page, plain, SAME) == cookies(page)[OWNER_COOKIE]


def test_over_https_a_named_site_shows_a_studio_that_knows_its_visitors_and_takes_files(
    secure: Framed, visitor: Callable[[], Page]
) -> None:
    page = visitor()
    frame = show(page, secure.address(OTHER, "/digits"))
    draws(page, frame)
    give_file(frame)
    expect(frame.get_by_alt_text("the uploaded picture")).to_be_visible()
    assert frame.evaluate(KEPT_PLAIN) is False  # so the browser does block what is not partitioned
    known = cookies(page)[OWNER_COOKIE]
    assert owner_of_a_run(page, secure, OTHER) == known
    assert cookies(page)[OWNER_COOKIE] == known


def test_a_visitor_is_another_one_in_another_browser_and_outside_the_frame(
    secure: Framed, visitor: Callable[[], Page]
) -> None:
    first, second = visitor(), visitor()
    for page in (first, second):
        expect(show(page, secure.address(OTHER, "/digits")).locator("canvas.upper-canvas")).to_be_visible()
    inside = cookies(first)[OWNER_COOKIE]
    assert inside != cookies(second)[OWNER_COOKIE]
    first.goto(f"{secure.studio.address}/digits")
    expect(first.locator("canvas.upper-canvas")).to_be_visible()
    given = [cookie["value"] for cookie in first.context.cookies() if cookie["name"] == OWNER_COOKIE]
    assert len(set(given)) == 2
    assert inside in given


@pytest.mark.parametrize("allow", ["", "microphone"])
def test_the_page_around_decides_whether_the_studio_may_hear(
    secure: Framed, visitor: Callable[[], Page], allow: str
) -> None:
    frame = show(visitor(), secure.address(OTHER, "/voice", allow=allow))
    assert frame.evaluate(MAY_HEAR) is (allow == "microphone")
