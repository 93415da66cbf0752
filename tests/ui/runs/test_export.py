"""Take it along, without a browser: what a finished run offers, and what lies behind its buttons."""

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load
from streamlit.testing.v1 import AppTest

from core.contract import Checkpointed, Placement
from core.data.pictures import sources
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import make_learner
from core.export import open_onnx, run_onnx
from core.knobs import to_json
from core.runs import checkpoints
from core.runs.records import Run
from core.runs.store import open_store
from core.settings import home
from tests.support.paths import ROOT
from tests.support.stored_runs import queued
from ui.runs import export

PAGE = str(ROOT / "pages" / "digits.py")
CONFIG = DigitsConfig(width=4, depth=1, seed=3)
BEST = {"loss": 2.3, "accuracy": 12.0}
LABELS = ["The weights (safetensors)", "The network (ONNX)", "Everything (zip)"]


def over(state: Any = "completed") -> Run:
    """A run that ended with a best checkpoint and a newer, worse one."""
    store = open_store()
    run = queued(store, "My first network", **to_json(CONFIG))
    lease = store.claims.claim("a worker", max_running=1)
    assert lease is not None
    learner = make_learner(CONFIG, Placement())
    checkpoints.write(store, lease, Checkpointed(10, 1.0, {"learner": learner.state_dict()}, BEST, True))
    with torch.no_grad():
        for parameter in learner.network.parameters():
            parameter.zero_()
    worse = {"loss": 9.0, "accuracy": 10.0}
    checkpoints.write(store, lease, Checkpointed(20, 2.0, {"learner": learner.state_dict()}, worse, False))
    store.claims.finish(lease, state, metrics={"loss": 2.3, "accuracy": 11.0} if state == "completed" else {})
    return store.book.get(run.id)


def file_of(run: Run, kind: str) -> bytes:
    seq = next(checkpoint.seq for checkpoint in open_store().book.checkpoints(run.id) if checkpoint.best)
    return export.content(kind, str(home()), run.id, seq)


def opened(run: Run) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["run"] = run.id
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("state", ["completed", "stopped"])
def test_a_run_that_is_over_offers_three_files_and_its_parity(state: str) -> None:
    app = opened(over(state))
    assert [button.label for button in app.get("download_button")] == LABELS
    (said,) = [caption.value.replace("\\", "") for caption in app.caption if "Largest difference" in caption.value]
    assert said.startswith("Largest difference to PyTorch on 100 MNIST test images: ")
    difference = float(said.partition("images: ")[2].partition(",")[0])
    assert 0 <= difference < 1e-5


def test_a_run_that_ended_without_a_model_offers_nothing() -> None:
    store = open_store()
    run = queued(store)
    store.book.request_stop(run.id)
    assert not opened(store.book.get(run.id)).get("download_button")


def test_the_weights_are_those_of_the_best_epoch() -> None:
    expected = make_learner(CONFIG, Placement()).network.state_dict()
    weights = load(file_of(over(), "safetensors"))
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_the_onnx_file_answers_digits_as_the_best_epoch_does() -> None:
    images = sources.held_out_digits()[0][:20].astype(np.float32)[:, None] / 255
    network = make_learner(CONFIG, Placement()).network.eval()
    with torch.no_grad():
        expected = network(torch.from_numpy(images)).numpy()
    answers = run_onnx(open_onnx(file_of(over(), "onnx")), images)
    np.testing.assert_allclose(answers, expected, atol=1e-5)


def test_the_bundle_is_about_this_run() -> None:
    run = over()
    content = file_of(run, "bundle")
    assert content == file_of(run, "bundle")
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        card = files.read("README.md").decode()
        assert json.loads(files.read("config.json")) == run.config
        assert json.loads(files.read("metrics.json"))["validation"]["accuracy"] == BEST["accuracy"]
    assert "# My first network" in card
    assert f"Run {run.id}, weights after 1 of 5 epochs" in card
    assert "| Accuracy | 11.00 % | 1,000 MNIST test images |" in card
