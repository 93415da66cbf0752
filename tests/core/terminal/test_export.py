"""`export`: a release model or a run as a file, and what is said where a file is not there to be had."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core import demos
from core.contract import Checkpointed, Placement
from core.data.pictures import sources
from core.demos.digits.config import RELEASE, DigitsConfig
from core.demos.digits.learner import make_learner
from core.demos.digits.reader import read_model
from core.demos.sentiment.config import SMALL
from core.demos.sentiment.reader import read_model as read_text_model
from core.demos.voice.hearing import read_model as read_voice_model
from core.errors import DataUnavailableError
from core.export import open_onnx, run_onnx
from core.knobs import to_json
from core.release import ReleaseModel
from core.runs import checkpoints, export
from core.runs.store import open_store
from core.terminal.commands import main


def exported(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["export", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def finished(config: DigitsConfig) -> str:
    """A run of Digits with one checkpoint."""
    store = open_store()
    run = store.book.create("digits", to_json(config), phases=(1,), owner="ada", title="Mine")
    lease = store.claims.claim("a worker", max_running=1)
    assert lease is not None
    state = {"learner": make_learner(config, Placement()).state_dict()}
    saved = Checkpointed(10, 1.0, state, {"loss": 2.3, "accuracy": 12.0}, True)
    checkpoints.write(store, lease, saved)
    store.claims.finish(lease, "completed", metrics={"loss": 2.3, "accuracy": 11.0})
    return run.id


def test_the_onnx_file_of_the_release_model_answers_as_its_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "digits.onnx"
    status, said, _ = exported(capsys, "digits", "--format", "onnx", "--out", str(out))
    assert (status, json.loads(said)["bytes"]) == (0, out.stat().st_size)
    images = sources.held_out_digits()[0][:30].astype(np.float32) / 255
    answers = run_onnx(open_onnx(out.read_bytes()), images[:, None]).argmax(1)
    assert answers.tolist() == read_model().probabilities(images).argmax(1).tolist()


def test_the_bundle_of_a_run_says_how_far_onnx_is_from_pytorch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = finished(DigitsConfig(width=4, depth=1, seed=3))
    out = tmp_path / "mine.zip"
    status, said, _ = exported(capsys, "digits", "--model", run_id, "--format", "bundle", "--out", str(out))
    assert status == 0
    assert json.loads(said)["largest_difference"] < 1e-5
    with zipfile.ZipFile(out) as files:
        assert f"Run {run_id}, weights after 1 of 1 epochs" in files.read("README.md").decode()
    assert exported(capsys, "sentiment", "--model", run_id, "--out", str(out))[0] == 1


def test_the_weights_of_each_demos_release_model_are_those_that_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answering = {
        "digits": read_model().network,
        "voice": read_voice_model().network,
        "generator": demos.find("generator").models.of_release(demos.find("generator").releases["release"]).generator,
    }
    for demo, network in answering.items():
        out = tmp_path / f"{demo}.safetensors"
        assert exported(capsys, demo, "--out", str(out))[0] == 0
        weights = load_file(out)
        assert all(torch.equal(weights[name], value) for name, value in network.state_dict().items())


def test_the_temperature_of_a_text_model_is_in_its_exported_head(tmp_path: Path) -> None:
    content = export.content(export.of_release(demos.find("sentiment"), "small"), "onnx")
    reader = read_text_model(SMALL)
    ids = np.array([reader.tokenizer.encode("A wonderful film.").ids], np.int64)
    np.testing.assert_allclose(run_onnx(open_onnx(content), ids), reader.logits(["A wonderful film."]), atol=1e-4)


def test_a_file_that_a_demo_has_not_is_refused_with_those_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, said = exported(capsys, "generator", "--format", "onnx", "--out", str(tmp_path / "g.onnx"))
    assert status == 1
    assert "--format is one of: safetensors" in said


def test_weights_that_are_not_those_of_their_card_are_not_read(tmp_path: Path) -> None:
    for file in RELEASE.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(DataUnavailableError, match="not those that"):
        read_model(ReleaseModel(tmp_path))


@pytest.mark.parametrize("out", ["", ".", "/", "a file/x"])
def test_a_place_where_no_file_can_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a file").touch()
    status, answer, said = exported(capsys, "digits", "--out", out)
    assert (status, answer) == (1, "")
    assert f"{out}” a folder" in said.replace(",", "") or f"{out} could not be written" in said
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]
