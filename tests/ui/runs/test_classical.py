"""Beside classical learning, without a browser: the button, the table, and the runs wherever runs are shown."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.contract import Ended, Evaluated, Stepped
from core.experiments.classical.config import ClassicalConfig
from core.knobs import to_json
from core.runs.records import Lease, Run, Standing
from core.runs.store import RunStore, open_store
from tests.support.paths import ROOT
from tests.support.stored_runs import ended
from ui.frame import demo_pages

FRAME = str(ROOT / "ui" / "navigation.py")
ACCURACIES = (92.6, 94.4, 88.4, 94.4, 92.6, 94.4, 94.8, 97.0)  # of the eight fits


@pytest.fixture
def store(glassbox_home: Path) -> RunStore:
    return open_store(glassbox_home / "glassbox.sqlite")


def page(**query: str) -> AppTest:
    return opened("digits", **query)


def opened(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(FRAME, default_timeout=120).run()
    app.switch_page(f"../pages/{name}.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def measured(store: RunStore, parent: Run, *, fits: int = 8, completed: bool = True, **values: object) -> Run:
    """A run of classical methods as a worker writes it, after so many fits of one second each."""
    config = ClassicalConfig(**values)  # type: ignore[arg-type]
    run = store.book.create("classical", to_json(config), phases=(8,), owner="ada", parent=parent.id, title="Classical")
    lease = store.claims.claim(f"worker of {run.id}")
    assert lease is not None
    assert lease.run_id == run.id
    store.claims.append_events(lease, [Evaluated(0, 0.0, {"accuracy": 10.0}, 0.0, 1e-6)])
    for step, accuracy in enumerate(ACCURACIES[:fits], start=1):
        standing = Standing(step=step, total_steps=8, epoch=step)
        result = Evaluated(step, step, {"accuracy": accuracy}, float(step), 2e-3)
        store.claims.append_events(lease, [Stepped(step, step, {}), result], progress=standing)
    store.claims.renew(lease, status="training")
    if completed:
        store.claims.append_events(lease, [Ended(8, 8.0, "completed", "Completed.", {"accuracy": 98.2})])
        store.claims.finish(lease, "completed", metrics={"accuracy": 98.2})
    return store.book.get(run.id)


def table(app: AppTest) -> list[str]:
    """The rows of the table of methods, each as one text."""
    frame = next(one.value for one in app.table if "Method" in one.value.columns)
    return [" | ".join(map(str, row)).replace("\u00a0", " ") for row in frame.to_numpy().tolist()]


@pytest.mark.parametrize(
    ("demo", "methods", "data", "fits"),
    [
        ("digits", "classical", {"data": "mnist5k"}, 8),
        ("voice", "classical_voice", {"data": "synthetic_speech", "words": "yes,no"}, 8),
        ("sentiment", "classical_sentiment", {"data": "imdb", "table": ""}, 4),
    ],
)
def test_a_button_starts_a_run_on_the_same_data_share_and_seed(
    demo: str, methods: str, data: dict[str, str], fits: int, store: RunStore
) -> None:
    network = ended(store, demo=demo, state="stopped", share=50.0, seed=7, **data)
    app = opened(demo, run=network.id)
    app.button(key="classical.start").click().run()
    assert not app.exception
    (run,) = store.book.find(task=methods)
    assert run.parent == network.id
    same = {**data, "share": 50.0, "seed": 7}
    assert {name: run.config[name] for name in same} == same
    assert run.phases == (fits,)
    assert "classical.start" not in {button.key for button in app.button}
    assert app.button(key="classical.request_stop").label == "Stop"


def test_how_long_much_data_takes_is_said_before_the_start(store: RunStore) -> None:
    much, little = ended(store, data="mnist"), ended(store)
    assert any("With 55,000 training images this takes some minutes" in one.value for one in page(run=much.id).markdown)
    assert not any("takes some minutes" in one.value for one in page(run=little.id).markdown)


def test_the_table_holds_all_fits_and_the_network_the_best_marked_in_words(store: RunStore) -> None:
    network = ended(store)
    measured(store, network)
    rows = table(page(run=network.id))
    assert len(rows) == 9
    assert rows[0] == "SVM on gradient histograms | 97.0 % (best) | 1.00 s | 2.00 ms"
    assert rows[1].startswith("**This network (convolutional)** | 96.4 % | –")  # of a run without times
    assert rows[-1].startswith("Logistic regression on pixels | 88.4 %")
    assert sum("(best)" in row for row in rows) == 1


def test_what_was_measured_on_which_images_is_said(store: RunStore) -> None:
    network = ended(store)
    measured(store, network)
    app = page(run=network.id)
    said = " ".join([*(one.value for one in app.markdown), *(one.value for one in app.caption)]).replace("\u00a0", " ")
    assert "Accuracy on the same 500 validation images (MNIST); time" in said
    assert "from the network's 3,500 training images" in said
    assert "On the 1,000 test images (MNIST)" in said
    assert "**SVM on gradient histograms 98.2 %, this network 96.4 %**" in said
    assert "the SVM, whose time" not in said


def test_a_run_on_other_data_or_of_another_seed_is_not_shown(store: RunStore) -> None:
    network = ended(store)
    measured(store, network, seed=1)
    measured(store, network, share=10.0)
    assert classical_of(store, network) is None
    mine = measured(store, network)
    assert classical_of(store, network) == mine.id
    store.book.delete(mine.id)
    assert classical_of(store, network) is None


def classical_of(store: RunStore, network: Run) -> str | None:
    app = page(run=network.id)
    shown = [link.proto.label for link in app.get("page_link") if "Measured in run" in link.proto.label]
    return shown[0].split()[-1] if shown else None


def test_a_running_one_says_what_is_fitted_and_can_be_stopped_and_resumed(store: RunStore) -> None:
    network = ended(store)
    run = measured(store, network, fits=2, completed=False)
    app = page(run=network.id)
    assert len(table(app)) == 3
    assert any("Logistic regression on pixels · 2 of 8 fitted" in str(one.proto) for one in app.get("progress"))
    app.button(key="classical.request_stop").click().run()
    assert store.book.get(run.id).stop_requested
    assert run.worker is not None
    store.claims.finish(Lease(run.id, run.attempt, run.worker, slot=0), "stopped")
    app.run()
    app.button(key="classical.resume").click().run()
    assert not app.exception
    assert store.book.get(run.id).state == "queued"


def test_its_own_address_shows_the_table_and_nothing_that_needs_a_network(store: RunStore) -> None:
    run = measured(store, ended(store))
    app = page(run=run.id)
    assert len(table(app)) == 9
    keys = {button.key for button in app.button}
    assert not keys & {"run.use", "run.clone", "run.extend", "run.remedy"}
    assert not app.error


def test_of_a_deleted_network_the_methods_remain(store: RunStore) -> None:
    network = ended(store)
    run = measured(store, network)
    store.book.delete(network.id)
    store.purge(older_than=-1)
    assert len(table(page(run=run.id))) == 8


def test_the_svm_on_much_data_says_how_many_examples_it_had(store: RunStore) -> None:
    run = measured(store, ended(store, data="mnist"), data="mnist")
    said = " ".join(one.value for one in page(run=run.id).caption)
    assert "the SVM, whose time grows with their square, from 10,000 of them drawn at random" in said


def test_runs_lists_and_opens_it_and_home_has_no_card_for_it(store: RunStore) -> None:
    run = measured(store, ended(store))
    assert "classical" not in demo_pages.with_page()
    assert demo_pages.run_page("classical") == demo_pages.run_page("digits")
    app = opened("runs")
    text = " ".join(one.value for one in [*app.markdown, *app.caption])
    assert f"run {run.id} · Classical learning" in text
    assert "98.2\u00a0% on the test set of 5,000 MNIST digits" in text
