"""The two places of Foundations whose figures come from runs: More data, and machine learning beside deep learning."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.contract import Ended, Evaluated, Stepped
from core.experiments.classical.config import ClassicalConfig
from core.experiments.more_data.config import MoreDataConfig, planned
from core.knobs import to_json
from core.runs.records import Lease, Run, Standing
from core.runs.store import RunStore, open_store
from tests.support.foundations_page import opened, text
from tests.support.stored_runs import ended
from ui.frame.words import standing


@pytest.fixture
def store(glassbox_home: Path) -> RunStore:
    return open_store(glassbox_home / "glassbox.sqlite")


def carried(store: RunStore, run: Run, accuracies: list[float], *, completed: bool = True) -> Run:
    """A run of fits as a worker writes it, one second each."""
    lease = store.claims.claim(f"worker of {run.id}")
    assert lease is not None
    store.claims.append_events(lease, [Evaluated(0, 0.0, {"accuracy": 10.0}, 0.0, 1e-6)])
    for step, accuracy in enumerate(accuracies, start=1):
        standing = Standing(step=step, total_steps=sum(run.phases), epoch=step)
        events = [
            Stepped(step, step, {"bytes": 1000.0 * step}),
            Evaluated(step, step, {"accuracy": accuracy}, float(step), 2e-3),
        ]
        store.claims.append_events(lease, events, progress=standing)
    store.claims.renew(lease, status="training")
    if completed:
        last = {"accuracy": accuracies[-1]}
        store.claims.append_events(lease, [Ended(len(accuracies), len(accuracies), "completed", "Completed.", last)])
        store.claims.finish(lease, "completed", metrics=last)
    return store.book.get(run.id)


def more_data(store: RunStore, fits: int = 126) -> Run:
    """The network gains most, and every seed a little."""
    config = MoreDataConfig()
    run = store.book.create("more_data", to_json(config), phases=(config.epochs,), owner="ada", title="More data")
    plan = [planned(config, index) for index in range(fits)]
    found = [
        {10: 40.0, 30: 60.0, 100: 80.0, 300: 91.0, 1_000: 95.0, 3_500: 97.0}[fit.examples]
        + (-5 if fit.method == "network" and fit.examples == 10 else fit.method == "network")
        + 0.5 * fit.seed
        for fit in plan
    ]
    return carried(store, run, found, completed=fits == config.epochs)


def plain(app: AppTest) -> str:
    return text(app).replace("\u00a0", " ")


def test_a_measurement_starts_with_a_button_and_has_an_address(store: RunStore) -> None:
    app = opened(place="more_data")
    assert "Nothing is measured on these pictures yet" in app.info[0].value
    app.button(key="more_data.start").click().run()
    assert not app.exception
    (run,) = store.book.find(task="more_data")
    assert run.phases == (126,)
    assert app.query_params["run"] in ([run.id], run.id)
    assert app.button(key="run.stop").label == "Stop"


def test_a_running_one_says_how_far_it_is_and_can_be_stopped_and_resumed(store: RunStore) -> None:
    run = more_data(store, fits=50)
    app = opened(place="more_data")
    said = str(next(iter(app.get("progress"))).proto)
    assert "Seed 2 of 3: Logistic regression on gradient histograms, 30 examples" in said
    assert "50 of 126 fitted" in said
    assert "left" in said
    assert standing(run) == "fit 51/126"
    app.button(key="run.stop").click().run()
    assert store.book.get(run.id).stop_requested
    assert run.worker is not None
    store.claims.finish(Lease(run.id, run.attempt, run.worker, slot=0), "stopped")
    app.run()
    app.button(key="run.resume").click().run()
    assert not app.exception
    assert store.book.get(run.id).state == "queued"


def test_what_was_seen_names_the_measured_figures_and_the_set(store: RunStore) -> None:
    run = more_data(store)
    app = opened(view="train", run=run.id)  # as page Runs links to it
    assert app.title[0].value == "More data"
    shown = plain(app)
    assert "From **10 examples**, Logistic regression on pixels is best: 40.5 % of the 1,000 MNIST test images" in shown
    assert "The network reaches 35.5 % (35.0 to 36.0 % over 3 seeds)" in shown
    assert "From **3,500 examples**, the network reaches 98.5 %" in shown
    assert "from 300 examples on" in shown
    assert len([one for one in app.get("bidi_component") if "more_data." in str(one.proto)]) == 4


def test_the_comparison_is_empty_at_first_and_says_what_to_start(store: RunStore) -> None:
    app = opened(place="beside")
    tables = [one.value for one in app.table]
    assert len(tables) == 3
    assert all("not measured yet" in table.to_string() and "not trained yet" in table.to_string() for table in tables)
    app.button(key="beside.classical").click().run()
    assert not app.exception
    (run,) = store.book.find(task="classical")
    assert run.config["data"] == "mnist5k"
    assert "beside.classical" not in {button.key for button in app.button}


def test_the_comparison_is_filled_with_what_finished_runs_measured(store: RunStore) -> None:
    network = ended(store, share=50.0)
    config = ClassicalConfig(share=50.0)
    run = store.book.create("classical", to_json(config), phases=(8,), owner="ada", title="Classical")
    carried(store, run, [92.6, 94.4, 88.4, 94.4, 92.6, 94.4, 94.8, 97.0])
    app = opened(place="beside")
    shown = app.table[0].value.to_string().replace("\u00a0", " ")
    for part in ("SVM on gradient histograms", "97.0 % of 1,000 test images", "96.4 % of 1,000 test images", "8 kB"):
        assert part in shown
    assert "1,750 images (MNIST)" in shown
    assert network.id in shown
    assert "the classical method is 0.6 percentage points ahead" in plain(app)
