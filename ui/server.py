"""What surrounds the pages in the web process: warm-up, threads beside the pages, routes, headers and the owner cookie.

No page is drawn here and nothing is trained.
"""

import gc
import importlib
import logging
import secrets
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.reading.pool import readers
from ui import demo_pages, garbage, health
from ui.live_chart import plotly_route

OWNER_COOKIE = "glassbox_owner"
YEAR = 31_536_000  # seconds
OUTSIDE = "streamlit.runtime.scriptrunner_utils.script_run_context"  # warns that what is cached here has no page
HEADERS = {
    "Content-Security-Policy": "img-src 'self' data: blob:",  # no page, whatever is typed into it, asks foreign hosts
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Import what is slow before the first page is served, then look after the workers until the server ends."""
    warm_up()
    readers().warm_up()
    from core.runs.store import RunStore
    from core.service.supervisor import Supervisor

    supervisor = Supervisor(RunStore())
    stop = threading.Event()
    threads = [
        threading.Thread(target=duty, args=(stop,), name=name, daemon=True)
        for name, duty in (("supervisor", supervisor.run_forever), ("garbage", garbage.collect_until))
    ]
    for thread in threads:
        thread.start()
    health.watch(supervisor, threads[0])
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=5)
        supervisor.close()


def warm_up() -> None:
    """Import PyTorch and the pages' modules in this thread, and take all that out of garbage collection.

    Frozen objects are not looked at, so that a collection takes milliseconds.
    """
    import torch

    import ui.foundations.page  # noqa: F401

    torch.set_num_threads(1)  # a page answers one small input; the other cores are for training
    outside = logging.getLogger(OUTSIDE)
    level = outside.level
    outside.setLevel(logging.ERROR)
    for name in demo_pages.tasks():
        importlib.import_module(f"ui.{name}.page").warm_up()  # so that the first visitor does not wait for it
    outside.setLevel(level)
    gc.collect()
    gc.freeze()


def routes() -> list[BaseRoute]:
    """Routes beside Streamlit's own."""
    return [plotly_route(), *health.routes()]


def middleware() -> list[Middleware]:
    """What every HTTP answer passes through."""
    return [Middleware(OwnerAndHeaders)]


class OwnerAndHeaders:
    """Adds security headers, and gives each new browser a random owner id, which makes the queue fair."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_known = OWNER_COOKIE in HTTPConnection(scope).cookies

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if not is_known and headers.get("content-type", "").startswith("text/html"):
                    cookie = f"{OWNER_COOKIE}={secrets.token_hex(16)}; Max-Age={YEAR}; Path=/; HttpOnly; SameSite=Lax"
                    headers.append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_with_headers)
