"""The places of Foundations that train: never on the page; what is shown is the run of the same settings."""

from pathlib import Path
from typing import Any

import pytest

from core import demos
from core.contract import Checkpointed, Ended, Placement
from core.knobs import to_json
from core.runs.records import Lease, Run
from core.runs.store import RunStore, open_store
from core.training.engine import train
from tests.support.foundations_page import opened, text
from tests.support.session_records import settings_of

PLACES = ("race", "gradients", "overfitting")


@pytest.fixture
def store(glassbox_home: Path) -> RunStore:
    return open_store(glassbox_home / "glassbox.sqlite")


def carried(store: RunStore, place: str, *, completed: bool = True, **values: Any) -> Run:
    """A run as the worker carries it out."""
    task = demos.training(place)
    config = task.Config(**values)
    run = store.book.create(place, to_json(config), phases=(config.epochs,), owner="ada", title=demos.find(place).title)
    lease = store.claims.claim(f"worker of {run.id}")
    assert lease is not None
    events = list(train(task, config, task.load(config), learner=task.learner(config, Placement())))
    store.claims.append_events(lease, [event for event in events if not isinstance(event, Checkpointed | Ended)])
    store.claims.renew(lease, status="training")
    if completed:
        assert isinstance(events[-1], Ended)
        store.claims.append_events(lease, [events[-1]])
        store.claims.finish(lease, "completed", metrics=events[-1].metrics)
    return store.book.get(run.id)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_trains_when_it_is_asked_to_and_on_the_worker(store: RunStore, place: str) -> None:
    app = opened(place=place)
    assert store.book.find(task=place) == []
    app.button(key=f"{place}.train").click().run()
    assert not app.exception
    (run,) = store.book.find(task=place)
    assert run.state == "queued"
    assert app.button(key="run.stop").label == "Stop"
    assert f"{place}.train" not in {button.key for button in app.button}


def test_while_the_race_runs_its_curves_are_there_and_nothing_is_concluded(store: RunStore) -> None:
    carried(store, "race", completed=False)
    app = opened(place="race")
    assert text(app).count("of 4 rates get there") == 3
    assert app.button(key="run.stop").label == "Stop"


def test_the_race_on_digits_says_who_arrives_and_again_at_the_end(store: RunStore) -> None:
    run = carried(store, "race")
    app = opened(place="race")
    assert text(app).count("of 4 rates get there") == 6
    assert f"Trained in run {run.id}" in text(app)


def test_every_remedy_is_compared_with_none(store: RunStore) -> None:
    carried(store, "overfitting")
    app = opened(place="overfitting")
    app.button_group(key="overfitting.remedies").set_value(["dropout", "l2", "data", "early"]).run()
    assert not app.exception
    shown = text(app)
    assert all(f"{name}: validation loss" in shown for name in ("Dropout", "L2", "More data", "Early stopping"))


def test_the_settings_decide_which_run_is_shown(store: RunStore) -> None:
    carried(store, "gradients", depth=2)
    app = opened(place="gradients")
    assert app.button(key="gradients.train").label == "Train both networks"
    app = opened(place="gradients", depth="2", step="30")
    assert "times less gradient" in text(app)
    assert "Gradient in each layer at step 30" in text(app)
    assert "gradients.train" not in {button.key for button in app.button}


def test_a_network_that_explodes_is_told_with_its_step(store: RunStore) -> None:
    carried(store, "gradients", scale=4.0, learning_rate=1.0, first="relu", second="sigmoid")
    app = opened(place="gradients", scale="4", learning_rate="1", first="relu", second="sigmoid", step="60")
    assert "ReLU: diverged at step" in text(app)


def test_the_address_of_a_run_opens_its_place_with_its_settings(store: RunStore) -> None:
    run = carried(store, "gradients", depth=3, scale=2.0)
    app = opened(view="train", run=run.id)
    assert app.title[0].value == "Vanishing and exploding gradients"
    assert f"Trained in run {run.id}" in text(app)
    assert settings_of(app, "gradients").depth == 3
    assert "run" not in app.query_params


def test_the_address_of_a_race_shows_this_race(store: RunStore) -> None:
    run = carried(store, "race", epochs=2, seed=5)
    app = opened(view="train", run=run.id)
    assert app.title[0].value == "Optimizer race"
    assert f"Trained in run {run.id}" in text(app)
    assert "within 10 steps" in text(app)
    app.button(key="race.wild").click().run()
    assert not app.exception
    assert f"Trained in run {run.id}" in text(app)
    assert app.query_params["run"] in ([run.id], run.id)


def test_a_run_of_another_place_or_none_is_said(store: RunStore) -> None:
    run = carried(store, "race")
    assert "belongs to another place" in opened(place="gradients", run=run.id).error[0].value
    assert "no run" in opened(place="gradients", run="nothere").error[0].value.lower()


def test_a_stopped_training_can_go_on(store: RunStore) -> None:
    run = carried(store, "overfitting", completed=False)
    assert run.worker is not None
    store.claims.finish(Lease(run.id, run.attempt, run.worker, slot=0), "stopped", reason="Stopped.")
    app = opened(place="overfitting")
    assert app.button(key="run.resume").label == "Resume"
