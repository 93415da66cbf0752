"""A store that version 0003 wrote opens today: read as it was then, migrated, and its stopped run goes on."""

import dataclasses
import json
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch

from core import demos
from core.contract import Placement
from core.runs import checkpoints
from core.runs.records import Run
from core.runs.sql import database
from core.runs.store import RunStore, open_store
from core.service.supervisor import Supervisor
from core.training.engine import train

# Written by the code and the toy demo of commit d2e3c5f (its logs left out); told.json is what that code read of it.
OLD = Path(__file__).parents[2] / "data" / "store-0003"
TOLD: dict[str, dict[str, Any]] = json.loads((OLD / "told.json").read_text(encoding="utf-8"))
PATIENCE = 150.0  # seconds, on a busy machine


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("GLASSBOX_DEMOS", "tests.support.toy_demos")
    shutil.copytree(OLD, tmp_path / "old")
    return open_store(tmp_path / "old" / "glassbox.sqlite")


def named(state: str) -> str:
    return next(run_id for run_id, told in TOLD.items() if told["state"] == state)


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def test_an_old_store_is_migrated_and_says_what_it_said(old: RunStore) -> None:
    assert version(OLD / "glassbox.sqlite") == 3
    assert version(Path(old.address)) == len(list(database.MIGRATIONS.glob("*.sql")))
    assert {run.id for run in old.book.find()} == set(TOLD)
    for run_id, told in TOLD.items():
        run = old.book.get(run_id)
        assert (run.title, run.state, run.owner) == (told["title"], told["state"], told["owner"])
        assert (run.config, list(run.phases), run.metrics) == (told["config"], told["phases"], told["metrics"])
        events = [[seq, type(event).__name__, dataclasses.asdict(event)] for seq, event in old.book.events(run_id)]
        assert json.loads(json.dumps(events)) == told["events"]
        assert list(old.book.pins(run_id).values()) == list(told["pins"].values())


def test_every_checkpoint_of_an_old_store_is_intact(old: RunStore) -> None:
    saved = [checkpoint for run_id in TOLD for checkpoint in old.book.checkpoints(run_id)]
    assert len(saved) == 4
    for checkpoint in saved:
        assert set(checkpoints.read(old.files, checkpoint)["learner"]) == {"network", "velocity"}


def test_the_stopped_run_of_an_old_store_goes_on_to_the_weights_of_an_uninterrupted_one(old: RunStore) -> None:
    stopped = old.book.get(named("stopped"))
    assert 0 < old.book.checkpoints(stopped.id)[0].step < 40
    old.book.request_stop(named("queued"))
    old.book.resume(stopped.id)
    run = _over(old, stopped.id)
    assert run.state == "completed", run.reason
    restored = checkpoints.restore(old.book, old.files, run.id)
    assert restored is not None
    assert restored.checkpoint.step == 40

    task = demos.task("toy")
    config = task.Config(**{**run.config, "delay": 0})
    learner = task.learner(config, Placement())
    for _ in train(task, config, task.load(config), learner=learner, phases=run.phases):
        pass
    torch.testing.assert_close(restored.state["learner"], learner.state_dict())  # made on another processor, maybe


def _over(store: RunStore, run_id: str) -> Run:
    supervisor = Supervisor(store, max_running=1)
    deadline = time.monotonic() + PATIENCE
    try:
        while not store.book.get(run_id).is_over:
            assert time.monotonic() < deadline, store.book.get(run_id)
            supervisor.tick()
            time.sleep(0.03)
    finally:
        supervisor.close()
        for child in supervisor._children:
            child.process.kill()
            child.process.wait()
    return store.book.get(run_id)
