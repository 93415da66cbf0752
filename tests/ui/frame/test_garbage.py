"""No click waits for a collection of garbage, and what page runs leave is collected by the timer."""

import gc
import threading
import time
import tomllib
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.support.circle import LEFT, page
from tests.support.paths import ROOT
from ui.frame import garbage

CONFIG = ROOT / ".streamlit" / "config.toml"
OPTION = "runner.postScriptGC"


@pytest.fixture
def as_configured() -> Iterator[None]:
    """Streamlit's own collection as the studio's file sets it; tests do not read that file."""
    before = st.get_option(OPTION)
    st.config.set_option(OPTION, tomllib.loads(CONFIG.read_text())["runner"]["postScriptGC"])
    yield
    st.config.set_option(OPTION, before)


@pytest.fixture
def no_collection_by_chance() -> Iterator[None]:
    """Python's own collections wait, as in a page run that makes few objects."""
    thresholds = gc.get_threshold()
    gc.disable()
    yield
    gc.enable()
    gc.set_threshold(*thresholds)


def test_a_page_run_collects_nothing_and_the_timer_does(as_configured: None, no_collection_by_chance: None) -> None:
    assert not AppTest.from_function(page).run().exception
    (left,) = LEFT
    assert left() is not None  # nobody who clicked waited for it
    stop = threading.Event()
    collector = threading.Thread(target=garbage.collect_until, args=(stop,), kwargs={"pause": 0.01})
    collector.start()
    while left() is not None and collector.is_alive():
        time.sleep(0.01)
    stop.set()
    collector.join()
    assert left() is None
    assert gc.get_threshold()[2] == garbage.NEVER  # a full collection is the timer's alone


class Stop:
    """An event that is set after so many pauses, and remembers how long they were to be."""

    def __init__(self, after: int) -> None:
        self.pauses: list[float] = []
        self._after = after

    def wait(self, pause: float) -> bool:
        self.pauses.append(pause)
        return len(self.pauses) == self._after


def test_a_slow_collection_makes_the_next_pause_longer_and_no_other(
    as_configured: None, no_collection_by_chance: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([0.01, 1.0, 0.01])
    spent = 0.0

    def collect() -> None:
        nonlocal spent
        spent += next(seconds)

    monkeypatch.setattr(gc, "collect", collect)
    monkeypatch.setattr(time, "thread_time", lambda: spent)
    stop = Stop(after=4)
    garbage.collect_until(stop, pause=5.0)
    assert stop.pauses == pytest.approx([5.0, 5.0, 50.0, 5.0])


def test_the_timer_is_off_where_streamlit_collects(no_collection_by_chance: None) -> None:
    before = st.get_option(OPTION), gc.get_threshold()
    st.config.set_option(OPTION, True)
    stop = Stop(after=4)
    garbage.collect_until(stop)
    st.config.set_option(OPTION, before[0])
    assert not stop.pauses
    assert gc.get_threshold() == before[1]
