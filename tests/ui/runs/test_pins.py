"""Pins on a run: each session has its own, and an answer is shown beside the input that it is of."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.caching import clear_session_resource_cache
from streamlit.testing.v1 import AppTest

from core.contract import Previewed
from core.runs.records import Lease, Run, pin_name
from core.runs.store import RunStore, open_store
from tests.support import stored_runs as runs
from tests.support.paths import ROOT
from tests.support.session_records import kept
from ui.demos.sentiment.text_box import Typed
from ui.runs import pins

PAGE = str(ROOT / "pages" / "sentiment.py")
GOOD, BAD = "a good film", "a bad film"


@pytest.fixture
def store(glassbox_home: Path) -> RunStore:
    return open_store(glassbox_home / "glassbox.sqlite")


@pytest.fixture
def run(store: RunStore) -> Run:
    return runs.running(store, demo="sentiment", accuracies=(60.0,))


def session(run: Run, text: str = "") -> AppTest:
    """A tab that shows the run, with a text in its box."""
    app = AppTest.from_file(PAGE, default_timeout=150)
    app.query_params["run"] = run.id
    if text:
        typed(app, text)
    return seen(app)


def typed(app: AppTest, text: str) -> None:
    box = kept(app, Typed, "sentiment")
    box.text, box.version = text, hash(text)  # the box takes another text only as another version


def seen(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def answer(store: RunStore, run: Run, step: int) -> None:
    """What a worker does once a second: 90 % positive for the good film, 20 % for every other text."""
    pinned = store.book.pins(run.id)
    answers = {name: [0.1, 0.9] if given == GOOD else [0.8, 0.2] for name, given in pinned.items()}
    assert run.worker is not None
    store.claims.append_events(Lease(run.id, run.attempt, run.worker, slot=0), [Previewed(step, step / 100, answers)])


def of(app: AppTest, run: Run) -> pins.Answered | None:
    """What this session is shown."""
    found: list[pins.Answered | None] = app.session_state["found"]
    return found[-1]


@pytest.fixture(autouse=True)
def shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the page is given to show."""
    import streamlit as st

    answered = pins.answered

    def kept(run: Run, **watched: Any) -> pins.Answered | None:
        found = answered(run, **watched)
        st.session_state.setdefault("found", []).append(found)
        return found

    monkeypatch.setattr(pins, "answered", kept)


def test_two_sessions_of_one_browser_see_each_the_answer_to_their_own_input(store: RunStore, run: Run) -> None:
    one, other = session(run, GOOD), session(run, BAD)
    answer(store, run, 200)
    answer(store, run, 300)
    for app, text, expected in ((one, GOOD, [0.1, 0.9]), (other, BAD, [0.8, 0.2])):
        found = of(seen(app), run)
        assert found is not None
        assert (found.whose, found.given) == ("session", text)
        assert found.answers == [expected, expected]


def test_a_changed_input_shows_no_answer_of_the_one_before_and_begins_a_curve_of_its_own(
    store: RunStore, run: Run
) -> None:
    app = session(run, GOOD)
    answer(store, run, 200)
    typed(app, BAD)
    found = of(seen(app), run)
    assert found is not None
    assert found.events == []
    assert any(caption.value == pins.IN_A_MOMENT for caption in app.caption)
    answer(store, run, 300)
    found = of(seen(app), run)
    assert found is not None
    assert [event.step for event in found.events] == [300]
    typed(app, GOOD)
    answer(store, run, 400)  # of what is no longer in the box, before the worker heard of it
    found = of(seen(app), run)
    assert found is not None
    assert [event.step for event in found.events] == [200]


def test_a_page_that_is_loaded_again_begins_with_what_its_browser_had_pinned(store: RunStore, run: Run) -> None:
    session(run, GOOD)
    answer(store, run, 200)
    again = session(run)
    found = of(again, run)
    assert found is not None
    assert (found.whose, found.given) == ("browser", GOOD)
    assert any(f"“{GOOD}”" in text.value for text in again.markdown)


def test_what_another_visitor_pinned_is_shown_with_its_input(store: RunStore, run: Run) -> None:
    store.book.set_pin(run.id, "eve/1", BAD)
    answer(store, run, 200)
    app = session(run)
    found = of(app, run)
    assert found is not None
    assert (found.whose, found.given) == ("visitor", BAD)
    assert any(f"“{BAD}”" in text.value for text in app.markdown)


def test_a_session_that_ends_leaves_its_pin_to_its_browser(store: RunStore, run: Run) -> None:
    session(run, GOOD)
    session(run, BAD)
    assert len(store.book.pins(run.id)) == 2
    clear_session_resource_cache("test session id")  # as Streamlit does at the end of a connection
    assert len(store.book.pins(run.id)) == 1


def test_after_a_lost_connection_a_session_has_its_pin_again(store: RunStore, run: Run) -> None:
    one, other = session(run, GOOD), session(run, BAD)
    clear_session_resource_cache("test session id")
    seen(one)
    seen(other)
    assert set(store.book.pins(run.id).values()) == {GOOD, BAD}


def test_the_answers_of_a_run_from_before_are_shown_beside_its_input(store: RunStore) -> None:
    run = runs.running(store, demo="sentiment", accuracies=(60.0,))
    assert run.worker is not None
    store.book.set_pin(run.id, "local", GOOD)
    lease = Lease(run.id, run.attempt, run.worker, slot=0)
    store.claims.append_events(lease, [Previewed(100, 1.0, {"local": [0.1, 0.9]})])
    found = of(session(run), run)
    assert found is not None
    assert (found.name, found.given, found.answers) == ("local", GOOD, [[0.1, 0.9]])
    assert pin_name("local", GOOD) != "local"
