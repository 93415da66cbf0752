"""Two clicks in a hurry start one run; another wish, or the same one after the first has ended, starts another."""

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.store import open_store
from ui.runs import start


def page() -> None:
    import streamlit as st

    from core import demos
    from core.demos.digits.config import DigitsConfig
    from ui.runs.start import start_run

    for seed in (1, 2):
        if st.button(f"Seed {seed}", key=f"seed{seed}"):
            st.session_state["run"] = start_run(demos.task("digits"), DigitsConfig(seed=seed)).id


def started(app: AppTest, seed: int) -> str:
    app.button(key=f"seed{seed}").click().run()
    assert not app.exception
    return str(app.session_state["run"])


def test_a_double_click_starts_one_run() -> None:
    app = AppTest.from_function(page).run()
    first = started(app, 1)
    assert started(app, 1) == first
    assert started(app, 2) != first
    assert len(open_store().book.find()) == 2


@pytest.mark.parametrize("end", ["stop", "delete"])
def test_after_its_end_the_same_can_be_started_again(end: str) -> None:
    app = AppTest.from_function(page).run()
    first = started(app, 1)
    open_store().book.request_stop(first) if end == "stop" else open_store().book.delete(first)
    assert started(app, 1) != first


def test_the_same_wish_later_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppTest.from_function(page).run()
    first = started(app, 1)
    monkeypatch.setattr(start, "HURRY_SECONDS", 0.0)
    assert started(app, 1) != first
