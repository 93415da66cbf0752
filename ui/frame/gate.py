"""What every request passes: the names by which the studio may be called, security headers, and the owner cookie."""

import base64
import hashlib
import re
import secrets
from functools import cache
from importlib.resources import files
from urllib.parse import quote

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from core import settings

OWNER_COOKIE = "glassbox_owner"
YEAR = 31_536_000  # seconds
METRICS = "/_stcore/metrics"  # of Streamlit, open to everybody
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}
STRANGER = (
    "The studio may not be called by this name. Whoever started it can allow it with the option server.allowedHosts, "
    "as docs/settings.md describes."
)


class Gate:
    """Turns away requests under a foreign name, adds security headers, and gives each new browser a random owner id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = {**HEADERS, **framing(), "Content-Security-Policy": content_policy()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one connection."""
        if scope["type"] == "websocket":
            await self._connection(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _connection(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except WebSocketDisconnected:
            return  # the visitor left while something was sent, and Streamlit closed what was closed already

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HTTPConnection(scope)
        is_known = OWNER_COOKIE in request.cookies

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                if page := _page_above(request, headers):
                    message["status"], headers["location"] = 307, page
                if not is_known and headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", owner_cookie())
                if scope["scheme"] == "https" and settings.frame_parents():
                    reach_into_frames(headers)
            await send(message)

        app = self.app
        if not is_host_allowed(request.headers.get("host")):
            app = PlainTextResponse(STRANGER, status_code=403)
        elif scope["path"].endswith(METRICS):
            app = PlainTextResponse("Not found", status_code=404)
        await app(scope, receive, send_with_headers)


def _page_above(request: HTTPConnection, headers: MutableHeaders) -> str:
    """Where somebody goes on who opens an address below a page: nothing is there, but Streamlit sends its page.

    That finds its scripts beside its own address, so it would stay blank. Frames of components lie deep, too.
    """
    if request.headers.get("sec-fetch-dest") != "document" or not headers.get("content-type", "").startswith(
        "text/html"
    ):
        return ""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    page, _, below = str(request.scope["path"]).strip("/").removeprefix(base).strip("/").partition("/")
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{f'/{base}' if base else ''}/{quote(page)}{query}" if below else ""


def content_policy() -> str:
    """What a page may load, whatever is typed into it: from the studio itself, and what it makes in the browser.

    Streamlit writes styles into the page, and runs a component from a `blob:`.
    """
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", "blob:", *_inline_scripts()]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(["'self'", *settings.frame_parents()]),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def framing() -> dict[str, str]:
    """The older header that keeps other pages from framing the studio; it cannot name those that may."""
    return {} if settings.frame_parents() else {"X-Frame-Options": "SAMEORIGIN"}


def owner_cookie() -> str:
    """A new browser's cookie."""
    return f"{OWNER_COOKIE}={secrets.token_hex(16)}; Max-Age={YEAR}; Path=/; HttpOnly; SameSite=Lax"


def reach_into_frames(headers: MutableHeaders) -> None:
    """Have browsers keep all cookies of an answer inside pages of other sites too, for each of these sites apart.

    They do so over HTTPS alone. Streamlit takes no file without the cookie that it sets itself.
    """
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        own = re.sub(r"; (SameSite=\w+|Secure)(?=;|$)", "", cookie)
        headers.append("set-cookie", f"{own}; SameSite=None; Secure; Partitioned")


@cache
def _inline_scripts() -> list[str]:
    """Hashes of the scripts in Streamlit's page itself."""
    page = files("streamlit").joinpath("static/index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
