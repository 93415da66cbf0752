"""Whether this server can do its work, for pages and for whoever watches it: `/livez` and `/readyz`.

Beside Streamlit's own `/_stcore/health`, by which the browser finds out whether to connect again.
"""

import threading
import time
from dataclasses import dataclass, field

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.errors import StorageError
from core.service.supervisor import Supervisor

CHECK_SECONDS = 2.0  # the store is written to no more often, however often it is asked for
ENDED = "Training cannot start on this server: what starts it has ended. The server must be started again."


@dataclass
class Watch:
    """The supervisor of this process and its thread."""

    supervisor: Supervisor
    thread: threading.Thread
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _checked: tuple[float, str] = (-CHECK_SECONDS, "")

    def no_start(self) -> str:
        """Why no training can start, as sentences; empty where it can."""
        if not self.thread.is_alive():
            return ENDED
        trouble = self.supervisor.trouble
        return str(trouble) if trouble is not None else ""

    def no_store(self) -> str:
        """Why the run store cannot be written, as sentences; empty where it can. Waits for the disk."""
        with self._lock:
            if time.monotonic() - self._checked[0] >= CHECK_SECONDS:
                try:
                    self.supervisor.store.book.check()
                    self._checked = time.monotonic(), ""
                except StorageError as error:
                    self._checked = time.monotonic(), str(error)
            return self._checked[1]


_watches: list[Watch] = []  # of this process: none outside a server, one within


def watch(supervisor: Supervisor, thread: threading.Thread) -> None:
    """From now on this supervisor is the one that pages and watchers are told about."""
    _watches[:] = [Watch(supervisor, thread)]


def no_start() -> str:
    """Why no training can start on this server, as sentences for a page; empty where it can."""
    return next((said for one in _watches if (said := one.no_start())), "")


def routes() -> list[Route]:
    """`/livez`: the process answers. `/readyz`: 503 with the reasons while runs cannot be kept or started."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    prefix = f"/{base}" if base else ""
    return [Route(f"{prefix}/livez", _live, methods=["GET"]), Route(f"{prefix}/readyz", _ready, methods=["GET"])]


async def _live(_request: Request) -> JSONResponse:
    return JSONResponse({"live": True})


def _ready(_request: Request) -> JSONResponse:  # Starlette gives it a thread: the disk may take its time
    reasons = [said for one in _watches for said in (one.no_store(), one.no_start()) if said]
    is_ready = bool(_watches) and not reasons
    return JSONResponse({"ready": is_ready, "reasons": reasons}, status_code=200 if is_ready else 503)
