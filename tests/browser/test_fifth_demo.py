"""A demo of somebody else, of three files and outside the studio, in the real studio: Try, Train, Home and export."""

import importlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from safetensors.torch import save_file

from core.contract import Placement
from core.export import open_onnx, run_onnx
from core.knobs import to_json
from core.training import engine
from tests.browser.conftest import ROOT, StartStudio, Studio
from tests.support.visits import download

IRISES = ROOT / "tests" / "irises"


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The demo in a folder of its own, with a release model that was trained a moment ago."""
    folder = tmp_path_factory.mktemp("elsewhere") / "garden"
    shutil.copytree(IRISES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    sys.path.insert(0, str(folder.parent))
    try:
        iris = importlib.import_module("garden.iris")
        config = iris.IrisConfig(epochs=30)
        learner = iris.make_learner(config, Placement())
        *_, ended = engine.train(iris.TASK, config, iris.load(config), learner=learner)
        weights = folder / "weights"
        weights.mkdir()
        save_file(learner.network.state_dict(), weights / "model.safetensors")
        figure = {"set": "30 test flowers", "examples": 30, "accuracy": ended.metrics["accuracy"]}
        card = {"config": to_json(config), "trained_on": "90 flowers", "figures": [figure]}
        (weights / "model.json").write_text(json.dumps(card), encoding="utf-8")
        yield folder
    finally:
        sys.path.remove(str(folder.parent))


@pytest.fixture(scope="module")
def elsewhere(start_studio: StartStudio, garden: Path, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    path = f"{ROOT}:{garden.parent}"
    return start_studio(tmp_path_factory.mktemp("irises") / "home", GLASSBOX_DEMOS="garden", PYTHONPATH=path)


@pytest.fixture
def visited(browser: Browser, elsewhere: Studio) -> Iterator[Page]:
    context = browser.new_context(base_url=elsewhere.address)
    yield context.new_page()
    context.close()
    assert "Traceback" not in elsewhere.log.read_text(errors="replace")


def test_it_has_three_files() -> None:
    assert sorted(str(file.relative_to(IRISES)) for file in IRISES.rglob("*.py")) == [
        "__init__.py",
        "iris.py",
        "pages/iris.py",
    ]


def test_home_tells_its_figure_and_its_release_model_answers(visited: Page, garden: Path) -> None:
    accuracy = json.loads((garden / "weights" / "model.json").read_text())["figures"][0]["accuracy"]
    visited.goto("/")
    card = visited.locator(".st-key-home-demo-iris")
    expect(card).to_contain_text(f"{accuracy:.2f} % of 30 test flowers")
    visited.goto("/iris")
    expect(visited.get_by_role("heading", name="Iris setosa")).to_be_visible()
    for name in ("Petal length", "Petal width"):
        visited.get_by_role("slider", name=name).press("End")
    expect(visited.get_by_role("heading", name="Iris virginica")).to_be_visible()


def test_it_trains_and_gives_its_network(visited: Page, tmp_path: Path) -> None:
    visited.goto("/iris?view=train&width=8&epochs=20")
    visited.get_by_role("button", name="Start").click()
    right = visited.get_by_role("heading", name=re.compile(r" % of the 30 test flowers"))
    expect(right).to_be_visible(timeout=120_000)
    model = open_onnx(download(visited, "The network (ONNX)", tmp_path).read_bytes())
    logits = run_onnx(model, np.array([[5.0, 3.4, 1.5, 0.2], [6.5, 3.0, 5.8, 2.2]], np.float32))
    assert logits.argmax(1).tolist() == [0, 2]
    visited.get_by_role("button", name="Use it in Try").click()
    expect(visited.get_by_role("heading", name="Iris setosa")).to_be_visible()
    expect(visited).to_have_url(re.compile(r"model="))
