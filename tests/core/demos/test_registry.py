"""A demo is one module: another one, with two networks that generate, trains on a worker with no edit anywhere."""

from pathlib import Path

import pytest

from core import demos
from core.contract import Evaluated, Previewed, Stepped
from core.plots.curves import curves_info
from core.runs import checkpoints
from core.runs.records import pin_name
from core.runs.store import open_store
from core.service import launch
from core.service.supervisor import Supervisor
from core.training.estimate import Speed, estimate
from tests.support.waiting import wait_until


def test_two_networks_train_on_a_worker_and_generate_for_a_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_DEMOS", "tests.support.toy_demos")
    store = open_store(tmp_path / "store" / "glassbox.sqlite")
    task = demos.task("rings")
    run = launch.start(store.book, task, task.Config(epochs=40), owner="ada")
    store.book.set_pin(run.id, "ada", [0.5, -1.0, 0.2, 0.0])
    supervisor = Supervisor(store, max_running=1, keep_warm=False)
    try:
        wait_until(lambda: (supervisor.tick(), store.book.get(run.id).is_over and not supervisor._children)[1])
    finally:
        supervisor.close()

    ended = store.book.get(run.id)
    assert ended.state == "completed", ended.reason
    events = [event for _, event in store.book.events(run.id)]
    assert {"generator", "discriminator"} <= {name for e in events if isinstance(e, Stepped) for name in e.metrics}
    distances = [event.metrics["distance"] for event in events if isinstance(event, Evaluated)]
    assert distances[-1] < distances[0]
    name = pin_name("ada", [0.5, -1.0, 0.2, 0.0])
    assert len([e for e in events if isinstance(e, Previewed)][-1].answers[name]) == 2
    restored = checkpoints.restore(store.book, store.files, run.id, prefer="best")
    assert restored is not None
    assert set(restored.state["learner"]["optimizers"]) == {"generator", "discriminator"}
    assert curves_info(events, select=None).best_epoch is None
    assert estimate(task, task.Config(), speed=Speed(1e10, 1e5)).seconds > 0
