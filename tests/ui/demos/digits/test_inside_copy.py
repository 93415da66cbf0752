"""The copy that resists: one click starts it, it is found again, and both curves are measured."""

import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.contract import Checkpointed, Placement
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import make_learner
from core.demos.digits.resisting import RELEASE_COPY, copy_config
from core.knobs import from_json, to_json
from core.runs import checkpoints
from core.runs.records import Run
from core.runs.store import RunStore, open_store
from tests.support.paths import ROOT
from tests.support.stored_runs import queued

FRAME = str(ROOT / "ui" / "navigation.py")
SMALL = DigitsConfig(width=4, depth=1, epochs=3, seed=3)


@pytest.fixture(autouse=True)
def few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.demos.digits.inside_attack.NUM_TESTED", 20)


def opened(model: str = "release") -> AppTest:
    app = AppTest.from_file(FRAME, default_timeout=60).run()
    app.switch_page("../pages/digits.py")
    app.query_params["view"] = "inside"
    if model != "release":
        app.query_params["model"] = model
    app.session_state["digits.input"] = "sample"
    app.session_state["inside.part"] = "adversarial"
    app.run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.warning, *app.error]
    return "\n".join(element.value for element in elements).replace("\u00a0", " ")


def has_button(app: AppTest) -> bool:
    return any(button.key == "copy.start" for button in app.button)


def finish(store: RunStore, *, state: Any = "completed") -> Run:
    """Let a worker end the run that waits, with untrained weights."""
    lease = store.claims.claim("a worker", max_running=1)
    assert lease is not None
    config, _ = from_json(DigitsConfig, store.book.get(lease.run_id).config)
    learner = make_learner(config, Placement())
    metrics = {"loss": 2.3, "accuracy": 12.0}
    checkpoints.write(store, lease, Checkpointed(10, 1.0, {"learner": learner.state_dict()}, metrics, True))
    store.claims.finish(lease, state, reason="" if state == "completed" else "Out of memory.", metrics=metrics)
    return store.book.get(lease.run_id)


def test_a_copy_of_a_run_has_its_settings_its_seed_and_all_of_its_epochs() -> None:
    copied = copy_config(SMALL, phases=(3, 2))
    assert copied == replace(SMALL, adversarial=0.1, epochs=5)
    assert copy_config(SMALL, phases=(100, 100)).epochs == 100


def test_one_click_on_the_release_model_trains_its_weights_on_and_is_found_again() -> None:
    app = opened()
    assert re.search(r"About (\d+ min )?\d+ s on this machine\. The release weights learn on for 2 epochs", text(app))
    app.button(key="copy.start").click().run()
    assert not app.exception
    (run,) = open_store().book.find()
    assert (run.state, run.config, run.parent) == ("queued", to_json(RELEASE_COPY), None)
    again = opened()
    assert not has_button(again)
    assert len(open_store().book.find()) == 1


def test_what_the_copy_bought_is_measured_and_said() -> None:
    store = open_store()
    queued(store, "Mine", **to_json(SMALL))
    parent = finish(store)
    app = opened(parent.id)
    app.button(key="copy.start").click().run()
    copy = finish(store)
    assert copy.parent == parent.id
    assert copy.title == "Mine, resists ε 0.1"
    app.run()
    assert not app.exception
    said = re.search(
        r"At ε = 0.10 the copy is right on (\S+) % of the same 20 images, the original on (\S+) %; "
        r"on clean images (\S+) % against (\S+) %\.",
        text(app),
    )
    assert said is not None
    assert said[1] == said[2] and said[3] == said[4]  # both have the first weights of the same seed
    assert not has_button(app)
    assert "learned from such examples itself" in text(opened(copy.id))


def test_a_copy_that_failed_says_why_and_can_be_trained_again() -> None:
    app = opened()
    app.button(key="copy.start").click().run()
    finish(open_store(), state="failed")
    app.run()
    assert "The copy is failed. Out of memory." in text(app)
    app.button(key="copy.start").click().run()
    assert not app.exception
    assert sorted(run.state for run in open_store().book.find()) == ["failed", "queued"]
    assert not has_button(app)
