"""Sentiment networks taken along: the same answers in ONNX at every size and in plain PyTorch, with the tokenizer."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load
from tokenizers import Tokenizer

from core import export
from core.contract import Placement
from core.demos.sentiment import bundle
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import make_learner
from core.demos.sentiment.reader import run_reader
from core.demos.sentiment.tokenizer import encode_many
from core.knobs import to_json
from tests.support import tiny_encoder

TEXTS = [
    "A good film.",
    "It is dull , dull and never funny at all , I do not like it",
    "good",
    "a [PAD] good [SEP] film",
]
SMALL: dict[str, Any] = {"width": 32, "layers": 1, "feed_forward": 32, "vocabulary": 500, "length": 32, "share": 2.0}


def state_of(config: SentimentConfig) -> dict[str, Any]:
    """A learner's state whose weights are not those that it began with."""
    learner = make_learner(config, Placement())
    with torch.no_grad():
        for parameter in learner.network.parameters():
            if parameter.requires_grad:
                parameter += 0.1 * torch.randn_like(parameter)
    return learner.state_dict()


@pytest.mark.parametrize(
    "values",
    [{**SMALL}, {**SMALL, "positions": "sinusoidal"}, {**SMALL, "network": "lstm"}, {"network": "minilm"},
     {"network": "minilm", "tuning": "lora", "rank": 2}],
    ids=["transformer", "sinusoidal", "lstm", "minilm", "lora"],
)  # fmt: skip
def test_files_answer_as_the_run_does(values: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tiny_encoder.put_in_place(monkeypatch)
    config = SentimentConfig(**values)
    state = state_of(config)
    reader = run_reader(to_json(config), state)
    network = bundle.run_network(to_json(config), state)
    ids = encode_many(reader.tokenizer, TEXTS, length=reader.length).astype(np.int64)
    expected = reader.logits(TEXTS)
    session = export.open_onnx(bundle.onnx_file(network))
    assert export.run_onnx(session, ids) == pytest.approx(expected, abs=1e-4)
    assert export.run_onnx(session, ids[2:3, :3]) == pytest.approx(expected[2:3], abs=1e-4)
    inputs, examples = bundle.compared(to_json(config), state)
    assert export.parity(network, bundle.onnx_file(network), inputs, examples=examples).difference < 1e-4
    compared = export.Parity(1e-6, "100 texts")
    trained = export.Trained(
        network=network, config=config, title="Mine", origin="Run ab12cd", test={"accuracy": 50.0}, validation={},
        events=[],
    )  # fmt: skip
    onnx = bundle.onnx_file(network)
    content = export.bundle(trained, bundle.card(trained, state), onnx=onnx, compared=compared)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    names: dict[str, Any] = {}
    exec(files["network.py"].decode(), names)  # what somebody does who has unpacked it
    names["network"].load_state_dict(load(files["model.safetensors"]))
    tokenizer = Tokenizer.from_str(files["tokenizer.json"].decode())
    for typed in TEXTS:  # what somebody types is text there too
        ids = [piece.id for piece in reader.encode(typed).pieces]
        assert tokenizer.encode(typed).ids == ids
        assert export.run_onnx(session, np.array([ids])) == pytest.approx(reader.logits([typed]), abs=1e-4)
    with torch.no_grad():
        again = names["network"].eval()(torch.tensor([tokenizer.encode(TEXTS[0]).ids]))
        assert names["network"](names["inputs"]).shape == (1, 2)
    assert again.numpy() == pytest.approx(expected[:1], abs=1e-4)
    assert "| Accuracy | 50.00 % | 1,000 Rotten Tomatoes test texts |" in files["README.md"].decode()
    assert json.loads(files["metrics.json"])["onnx"]["largest_difference"] == 1e-6
