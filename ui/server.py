"""What surrounds the pages in the web process: warm-up, threads beside the pages, routes and what requests pass.

No page is drawn here and nothing is trained.
"""

import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from core import settings
from core.reading.pool import readers
from core.service.logs import Seldom
from ui.frame import demo_pages, garbage, health
from ui.frame.fragments import keep_ends
from ui.frame.gate import Gate
from ui.runs import readers as models
from ui.widgets.live_chart import plotly_route

FLOODING = (  # where each refused request, and each message that is none, says the same again
    "asyncio",
    "uvicorn.error",
    "streamlit.error_util",
    "streamlit.runtime.app_session",
    "streamlit.web.server.starlette.starlette_websocket",
)
OUTSIDE = "streamlit.runtime.scriptrunner_utils.script_run_context"  # warns that what is cached here has no page


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Import what is slow before the first page is served, then look after the workers until the server ends."""
    keep_ends()
    for name in FLOODING:
        logging.getLogger(name).addFilter(Seldom())
    warm_up()
    readers().warm_up()
    from core.runs.store import open_store
    from core.service.supervisor import Supervisor

    supervisor = Supervisor(open_store())
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

    import ui.lessons.page  # noqa: F401

    torch.set_num_threads(1)  # a page answers one small input; the other cores are for training
    outside = logging.getLogger(OUTSIDE)
    level = outside.level
    outside.setLevel(logging.ERROR)
    for name, demo in demo_pages.with_page().items():
        if demo.releases:  # the last one needs nothing else; so that the first visitor does not wait for it
            models.release(name, list(demo.releases)[-1])
    outside.setLevel(level)
    gc.collect()
    gc.freeze()


def routes() -> list[BaseRoute]:
    """Routes beside Streamlit's own."""
    return [plotly_route(), *health.routes()]


def middleware() -> list[Middleware]:
    """What every request passes; raises `InvalidSettingError`: a wrong parent ends the start, not every request."""
    settings.frame_parents()
    return [Middleware(Gate)]
