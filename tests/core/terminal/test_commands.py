"""The terminal: evaluating, data, runs and help with good and bad input; downloads that end by Ctrl-C."""

import argparse
import gzip
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import demos
from core.contract import Checkpointed, Placement
from core.data import registry
from core.data.pictures import sources
from core.data.pictures.idx import File, IdxFiles
from core.data.pictures.pen_strokes import strokes_from_json
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import make_learner
from core.demos.digits.reader import read_model, run_reader
from core.runs import checkpoints
from core.runs.store import RunStore, open_store
from core.service.launch import start
from core.terminal.commands import main, parser
from core.terminal.output import ProgressLine
from tests.support.file_server import serving
from tests.support.processes import ROOT, Call
from tests.support.terminal_inputs import seven
from tests.support.tiny_images import idx, tiny_files, tiny_source

NUM_TEST = 200


def digit_run(store: RunStore, *, saved: bool = True, **values: Any) -> tuple[str, dict[str, Any]]:
    """Id and learner state of a small digit run that was stopped, or is running and has saved nothing yet."""
    config = DigitsConfig(**{"network": "plain", "hidden_size": 8, **values})
    run = start(store.book, demos.task("digits"), config, owner="ada")
    lease = store.claims.claim(f"worker of {run.id}")
    assert lease is not None
    state = make_learner(config, Placement()).state_dict()
    if saved:
        event = Checkpointed(step=1, epoch=0.1, state={"learner": state}, metrics={"accuracy": 12.5}, best=True)
        checkpoints.write(store, lease, event)
        store.claims.finish(lease, "stopped", metrics={"accuracy": 12.5})
    return run.id, state


def test_a_run_answers_in_place_of_the_release_model(call: Call, tmp_path: Path) -> None:
    run_id, state = digit_run(open_store())
    drawn = seven(tmp_path / "seven.json")
    status, (line,), _ = call("predict", "digits", drawn, "--model", run_id)
    assert status == 0
    expected = run_reader(open_store().book.get(run_id).config, state).read(
        strokes_from_json(Path(drawn).read_text(encoding="utf-8"))
    )
    assert tuple(line["probabilities"].values()) == pytest.approx(expected.probabilities, abs=2e-6)


def test_a_model_that_is_not_there_is_refused_with_the_reason(call: Call, tmp_path: Path) -> None:
    store = open_store()
    other = store.book.create("toy", {}, phases=(1,), owner="bob").id
    store.book.request_stop(other)
    unsaved, _ = digit_run(store, saved=False)
    for name, reason in ((other, "of the demo “toy”"), (unsaved, "no model yet"), ("zzzzzz", "no run “zzzzzz”")):
        status, lines, err = call("predict", "digits", seven(tmp_path / "seven.json"), "--model", name)
        assert (status, lines) == (1, [])
        assert reason in err


@pytest.fixture
def small_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in the canonical layout whose MNIST has 200 test images, real ones."""
    images, labels = sources.held_out_digits()
    test = (images[:NUM_TEST], labels[:NUM_TEST])
    folder = tmp_path / "given" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    mnist = registry.SETS["mnist"]
    assert isinstance(mnist.origin, IdxFiles)
    files = []
    for file, array in zip(mnist.origin.files, (*test, *test), strict=True):
        content = gzip.compress(idx(array), mtime=0)
        (folder / file.name).write_bytes(content)
        digests = (hashlib.md5(content).hexdigest(), hashlib.sha256(idx(array)).hexdigest())
        files.append(File(file.name, len(content), *digests, array.shape))
    small = replace(mnist, sizes=(NUM_TEST - 10, 10, NUM_TEST), origin=replace(mnist.origin, files=tuple(files)))
    monkeypatch.setitem(registry.SETS, "mnist", small)
    return tmp_path / "given"


def test_evaluate_measures_a_model_on_the_test_images_of_a_folder(call: Call, small_mnist: Path) -> None:
    images, labels = sources.held_out_digits()
    answers = read_model().probabilities(images[:NUM_TEST].astype(np.float32) / 255).argmax(axis=1)
    status, (line,), err = call("evaluate", "digits", "--data", str(small_mnist))
    assert (status, err) == (0, "")
    assert line["accuracy"] == pytest.approx(float((answers == labels[:NUM_TEST]).mean()))
    assert (line["demo"], line["set"], line["examples"]) == ("digits", "200 MNIST test images", NUM_TEST)
    assert "GLASSBOX_DATA" not in os.environ

    run_id, _ = digit_run(open_store())  # it learned from the 5,000; it is measured on what all are measured on
    status, (own,), _ = call("evaluate", "digits", "--data", str(small_mnist), "--model", run_id)
    assert (status, own["model"], own["set"]) == (0, run_id, "200 MNIST test images")
    assert 0 <= own["accuracy"] < line["accuracy"]


def test_evaluate_without_the_data_says_how_to_get_it(call: Call, tmp_path: Path) -> None:
    status, lines, err = call("evaluate", "digits", "--data", str(tmp_path))
    assert (status, lines) == (1, [])
    assert "data --download" in err
    status, lines, err = call("evaluate", "digits", "--data", str(tmp_path / "nowhere"))
    assert (status, lines) == (1, [])
    assert "is not a folder" in err


def test_data_lists_sets_with_size_and_licence(call: Call) -> None:
    status, lines, err = call("data")
    assert (status, err) == (0, "")
    assert [line["name"] for line in lines] == registry.names()
    by_name = {line["name"]: line for line in lines}
    assert by_name["mnist"]["bytes"] == 11_594_722
    assert by_name["mnist"]["licence"] == "CC BY-SA 3.0"
    assert by_name["mnist"]["examples"] == {"train": 55_000, "validation": 5_000, "test": 10_000}
    assert {line["medium"] for line in lines} == {"pictures", "sound", "text"}
    assert (by_name["mnist5k"]["here"], by_name["mnist"]["here"]) == (True, False)
    assert [line["name"] for line in call("data", "digits")[1]] == registry.names("pictures")
    assert [line["name"] for line in call("data", "fashion")[1]] == ["fashion"]
    status, lines, err = call("data", "nothing")
    assert (status, lines) == (1, [])
    assert "mnist5k" in err


@pytest.mark.parametrize("arguments", [("--download", "tiny"), ("tiny", "--download")])
def test_data_downloads_one_by_name(call: Call, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    with serving(tiny_files()) as server:
        monkeypatch.setitem(registry.SETS, "tiny", tiny_source(server.url))
        status, (line,), err = call("data", *arguments)
        assert (status, line["here"]) == (0, True)
        assert "100 %" in err
        num_asked = len(server.asked)
        status, (line,), err = call("data", *arguments)
        assert (status, len(server.asked)) == (0, num_asked)
        assert "already" in err


def test_ctrl_c_ends_a_download_and_keeps_what_has_arrived(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tiny_files()) as server:
        server.chunk_gate = threading.Semaphore(1)
        monkeypatch.setitem(registry.SETS, "tiny", tiny_source(server.url))

        def press() -> None:
            while not server.asked:
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)
            server.chunk_gate.release(1_000_000)  # type: ignore[union-attr]

        thread = threading.Thread(target=press)
        thread.start()
        status, lines, err = call("data", "--download", "tiny")
        thread.join()
        assert (status, lines) == (130, [])
        assert "kept" in err
        assert call("data", "--download", "tiny")[0] == 0


def test_a_download_that_fails_says_why(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.SETS, "tiny", tiny_source())
    status, lines, err = call("data", "--download", "tiny")
    assert (status, lines) == (1, [])
    assert "127.0.0.1" in err
    assert call("data", "--download")[0] == 1


def test_runs_are_listed_newest_first_with_shares_instead_of_per_cent(call: Call) -> None:
    assert call("runs")[:2] == (0, [])
    store = open_store()
    first, _ = digit_run(store)
    second = store.book.create("gone", {}, phases=(2, 3), owner="bob").id
    status, lines, _ = call("runs")
    assert status == 0
    assert [line["run"] for line in lines] == [second, first]
    assert lines[0]["epochs"] == 5
    assert lines[1]["metrics"] == {"accuracy": 0.125}
    assert [line["run"] for line in call("runs", "digits", "--state", "stopped")[1]] == [first]
    assert [line["run"] for line in call("runs", "--limit", "1")[1]] == [second]


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "gradients", "--title", "\udcff"),
        ("train", "--resume", "\udcff"),
        ("export", "digits", "--out", "x", "--model", "\udcff"),
    ],
    ids=["title", "resume", "model"],
)
def test_bytes_that_are_no_text_are_refused_where_text_is_needed(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "bytes that are no text in UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "-1", str(2**63)])
def test_a_limit_that_lists_no_runs_or_that_no_database_takes_is_refused(call: Call, limit: str) -> None:
    status, lines, said = call("runs", "--limit", limit)
    assert (status, lines) == (1, [])
    assert f"--limit is {limit}; allowed is 1 to 1,000,000." in said


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    program = (
        "import sys; from core.terminal.commands import parser; parser().print_help()\n"
        "print(*set(sys.modules) & {'torch', 'streamlit', 'plotly', 'scipy', 'pandas'}, file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stderr.split() == []
    for command in commands():
        assert f"  {command} " in result.stdout


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(action.choices)


def test_every_command_and_option_is_documented() -> None:
    page = (ROOT / "docs" / "terminal.md").read_text(encoding="utf-8")
    for name, command in commands().items():
        assert f"python -m core {name}" in page
        for option in {option for action in command._actions for option in action.option_strings} - {"-h", "--help"}:
            assert f"`{option}" in page or f" {option}" in page, f"{name} {option}"


def test_a_bar_is_rewritten_in_place_on_a_terminal_and_logged_in_tenths_elsewhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ProgressLine()
    for percent in range(101):
        log.show(percent / 100, f"step {percent}")
    log.clear()
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == [str(n) for n in range(0, 101, 10)]

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = ProgressLine()
    bar.show(0.5, "half")
    bar.show(0.5, "half")
    bar.say("saved")
    assert capsys.readouterr().err == "\r\x1b[K[############............]  50 %  half\r\x1b[Ksaved\n"


def test_evaluate_reads_the_dev_sentences_of_a_folder(call: Call, tmp_path: Path) -> None:
    (tmp_path / "dev.tsv").write_text("sentence\tlabel\na wonderful film .\t1\na terrible film .\t0\n")
    status, (line,), _ = call("evaluate", "sentiment", "--data", str(tmp_path))
    assert status == 0
    assert (line["set"], line["examples"], line["accuracy"]) == ("2 SST-2 dev sentences", 2, 1.0)
