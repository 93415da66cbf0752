"""When no training can start: what pages say, and what whoever watches the server is answered."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import StorageError
from core.runs.store import open_store
from core.service.supervisor import Supervisor, Trouble
from tests.support.aside import run_aside
from tests.support.paths import ROOT
from tests.support.stored_runs import queued
from ui.frame import health

FRAME = str(ROOT / "ui" / "navigation.py")
DIGITS = str(Path(FRAME).parents[1] / "pages" / "digits.py")
REASON = "the server has too many files open"


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """One that is watched, with a thread that lives as long as the test."""
    monkeypatch.setattr(health, "_watches", [])
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.0)
    made, stop = Supervisor(open_store(), max_running=1), threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    health.watch(made, thread)
    yield made
    stop.set()
    thread.join()


def asked(path: str) -> tuple[int, Any]:
    """Status and JSON of a route, asked as a server asks it."""
    (route,) = [route for route in health.routes() if route.path == path]
    sent: list[Any] = []

    async def ask() -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        await route.app(
            {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}, receive, send
        )

    run_aside(ask())
    return sent[0]["status"], json.loads(sent[1]["body"])


def opened(page: str = FRAME, **query: str) -> AppTest:
    app = AppTest.from_file(page, default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def warnings(app: AppTest) -> str:
    """What warnings say, without the marks that keep Markdown away."""
    return "\n".join(warning.value for warning in app.warning).replace("\\", "")


def test_home_and_a_waiting_run_say_why_nothing_starts_and_when_it_is_tried_again(supervisor: Supervisor) -> None:
    run = queued(open_store())
    assert "cannot start" not in warnings(opened())
    supervisor.trouble = Trouble(REASON, time.monotonic() + 20)
    home = opened()
    assert f"Training cannot start on this server at the moment: {REASON}. It is tried again in " in warnings(home)
    assert any("training cannot start" in element.value for element in home.markdown), "the badge, on every page"
    assert REASON in warnings(opened(DIGITS, run=run.id))
    supervisor.trouble = None
    assert "cannot start" not in warnings(opened())


def test_a_server_is_ready_only_while_it_can_start_and_keep_runs(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked("/readyz") == (200, {"ready": True, "reasons": []})
    supervisor.trouble = Trouble(REASON, time.monotonic() + 20)
    status, answer = asked("/readyz")
    assert status == 503
    assert REASON in answer["reasons"][0]
    supervisor.trouble = None

    def full() -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(supervisor.store.book, "check", full)
    assert asked("/readyz") == (503, {"ready": False, "reasons": ["The disk is full."]})
    assert asked("/livez") == (200, {"live": True})


def test_a_thread_that_has_ended_all_the_same_is_noticed(supervisor: Supervisor) -> None:
    thread = threading.Thread(target=str)
    thread.start()
    thread.join()
    health.watch(supervisor, thread)
    assert health.ENDED in warnings(opened())
    assert asked("/readyz") == (503, {"ready": False, "reasons": [health.ENDED]})


def test_a_store_that_cannot_be_written_is_found_by_writing(supervisor: Supervisor, lock: Callable[[], None]) -> None:
    assert Path(supervisor.store.address).exists()
    lock()
    status, answer = asked("/readyz")
    assert status == 503
    assert supervisor.store.address in answer["reasons"][0]


@pytest.fixture
def lock(supervisor: Supervisor) -> Callable[[], None]:
    """Puts something else in the place of the run store's file, as a damaged disk would."""

    def spoil() -> None:
        supervisor.store.close()
        Path(supervisor.store.address).write_bytes(b"no database" * 1000)

    return spoil


@pytest.mark.parametrize("content", [b"", b"no database " * 500], ids=["empty", "damaged"])
def test_a_lost_run_store_is_said_on_the_page_and_pages_come_back_with_it(glassbox_home: Path, content: bytes) -> None:
    queued(open_store())
    (glassbox_home / "runs" / "abcdef").mkdir(parents=True)
    database = glassbox_home / "glassbox.sqlite"
    kept = database.read_bytes()
    database.write_bytes(content)
    app = opened()
    assert [str(database.name) in error.value for error in app.error] == [True]
    database.write_bytes(kept)
    app.run()
    assert not app.exception
    assert not app.error
