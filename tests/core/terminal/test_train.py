"""`python -m core train`: as processes that are stopped and killed, and what it says to wrong settings."""

import json
import signal
import subprocess
from typing import Any

import pytest

from core import demos
from core.contract import Ended, Evaluated, Placement
from core.knobs import knobs
from core.runs import checkpoints
from core.runs.store import open_store
from core.terminal.commands import parser
from core.terminal.train import measured
from core.training.engine import train
from tests.support.processes import Call, spawn
from tests.support.same import assert_same
from tests.support.waiting import wait_until


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_DEMOS", "tests.support.toy_demos")


def finished(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    out, err = process.communicate(timeout=200)
    return process.returncode, json.loads(out), err


@pytest.mark.usefixtures("toys")
def test_ctrl_c_saves_and_stops_and_the_resumed_run_equals_an_uninterrupted_one() -> None:
    process = spawn("train", "toy", "--epochs", "3", "--delay", "20", "--seed", "4")
    store = open_store()
    wait_until(lambda: any(saved.step >= 20 for run in store.book.find() for saved in store.book.checkpoints(run.id)))
    process.send_signal(signal.SIGINT)
    status, stopped, err = finished(process)
    assert (status, stopped["state"], stopped["owner"]) == (130, "stopped", "terminal")
    assert 0 < stopped["epochs_done"] < 3
    assert f"python -m core train --resume {stopped['run']}" in err
    assert "epoch 1/3" in err or "epoch 2/3" in err
    assert store.book.checkpoints(stopped["run"])[0].epoch == pytest.approx(stopped["epochs_done"], abs=1e-3)

    status, resumed, err = finished(spawn("train", "--resume", stopped["run"]))
    assert (status, resumed["state"], resumed["epochs_done"]) == (0, "completed", 3)
    assert "epoch 3, validation: Loss" in err

    task = demos.task("toy")
    config = task.Config(**{**resumed["config"], "delay": 0})
    learner = task.learner(config, Placement())
    assert isinstance(list(train(task, config, task.load(config), learner=learner, phases=(3,)))[-1], Ended)
    restored = checkpoints.restore(store.book, store.files, stopped["run"])
    assert restored is not None
    assert_same(restored.state["learner"], learner.state_dict())
    assert resumed["metrics"]["accuracy"] == pytest.approx(store.book.get(resumed["run"]).metrics["accuracy"] / 100)


@pytest.mark.usefixtures("toys")
def test_a_completed_run_is_extended_and_a_failed_one_has_its_reason() -> None:
    status, run, _ = finished(spawn("train", "toy", "--epochs", "1", "--title", "Mine"))
    assert (status, run["title"], run["epochs"]) == (0, "Mine", 1)
    status, run, _ = finished(spawn("train", "--resume", run["run"], "--extend", "1"))
    assert (status, run["epochs"], run["epochs_done"]) == (0, 2, 2)
    assert len(open_store().book.events(run["run"], kinds=[Evaluated])) >= 3
    status, run, err = finished(spawn("train", "toy", "--trouble", "nan", "--epochs", "2"))
    assert (status, run["state"]) == (1, "failed")
    assert run["reason"] in err


@pytest.mark.usefixtures("toys")
def test_a_terminal_that_is_killed_leaves_a_run_that_another_one_takes_over() -> None:
    process = spawn("train", "toy", "--epochs", "2", "--delay", "50")
    store = open_store()
    wait_until(lambda: any(run.state == "running" and run.status == "training" for run in store.book.find()))
    process.kill()
    process.communicate()
    (run,) = store.book.find()
    assert store.book.get(run.id).state == "running", "its worker does not depend on the terminal"
    status, taken_over, _ = finished(spawn("train", "--resume", run.id))
    assert (status, taken_over["state"], store.book.get(run.id).attempt) == (0, "completed", 1)


@pytest.mark.parametrize(
    ("demo", "said"),
    [
        ("digits", "epoch 2, validation: Accuracy 97.5 %"),
        ("classical", "fit 2, validation: Accuracy 97.5 %"),
        ("more_data", "fit 2, test: Test accuracy of the last fit 97.5 %"),
    ],
)
def test_a_job_of_fits_counts_fits_and_a_training_epochs(demo: str, said: str) -> None:
    assert measured(demos.task(demo), Evaluated(2, 2.0, {"accuracy": 97.5})) == said


@pytest.mark.parametrize(
    ("arguments", "reasons"),
    [
        (["digits", "--learning-rate", "99"], ["Learning rate is “99”", "a number from 1e-05 to 10"]),
        (["digits", "--learning-rate", "nan"], ["Learning rate is “nan”"]),
        (["digits", "--depth", "two"], ["Depth is “two”", "a whole number from 1 to 4"]),
        (["digits", "--optimizer", "best"], ["one of sgd, momentum, adam, adamw"]),
        (["digits", "--normalisation", "perhaps"], ["on or off"]),
        (["digits", "--depht", "3"], ["--depht 3", "--depth", "--learning-rate"]),
        (["digits", "--preset", "huge"], ["small_cnn"]),
        (["nothing"], ["digits"]),
        ([], ["digits", "--resume"]),
        (["--resume", "abcdef", "digits"], ["keeps its settings"]),
    ],
)
def test_a_wrong_training_command_says_what_is_allowed(call: Call, arguments: list[str], reasons: list[str]) -> None:
    status, lines, err = call("train", *arguments)
    assert (status, lines) == (2, [])
    for reason in reasons:
        assert reason in err


def test_what_only_the_data_can_tell_is_refused_before_a_run_exists(call: Call) -> None:
    status, lines, err = call("train", "digits", "--share", "0.1")
    assert (status, lines) == (1, [])
    assert "Raise the share" in err
    status, lines, err = call("train", "digits", "--data", "mnist")
    assert (status, lines) == (1, [])
    assert "data --download" in err
    assert open_store().book.find() == []


@pytest.mark.usefixtures("toys")
def test_every_knob_of_every_demo_is_an_option_with_its_range_in_the_help(call: Call) -> None:
    for name in demos.names():
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COLUMNS", "1000")
            subparser = parser().parse_args(["train", name]).parser
            shown = subparser.format_help()
        for knob, declared in knobs(demos.task(name).Config).items():
            assert f"--{knob.replace('_', '-')} " in shown
            assert declared.help in shown
            assert declared.allowed() in shown
