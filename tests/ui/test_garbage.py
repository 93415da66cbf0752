"""No click waits for a collection of garbage, and what page runs leave is collected by the timer."""

import gc
import threading
import time
import tomllib
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ui.frame import garbage

CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"
LEFT: list["weakref.ref[Any]"] = []


def page() -> None:
    """Leaves a circle that only the collector can free."""
    import weakref

    from tests.ui.test_garbage import LEFT, Circle

    LEFT.append(weakref.ref(Circle()))


class Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def no_collection_by_chance() -> Iterator[None]:
    """Python's own collections wait, as in a page run that makes few objects."""
    thresholds = gc.get_threshold()
    gc.disable()
    yield
    gc.enable()
    gc.set_threshold(*thresholds)


def test_a_page_run_collects_nothing_and_the_timer_does(no_collection_by_chance: None) -> None:
    option = tomllib.loads(CONFIG.read_text())["runner"]["postScriptGC"]
    before = st.get_option("runner.postScriptGC")
    st.config.set_option("runner.postScriptGC", option)
    try:
        assert not AppTest.from_function(page).run().exception
    finally:
        st.config.set_option("runner.postScriptGC", before)
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
