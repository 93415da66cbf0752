"""An encoder of MiniLM's make with random weights and few of them, and a release model that is fine-tuned from it."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.demos.sentiment import difference, minilm
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import make_network
from core.demos.sentiment.network import Transformer
from core.demos.sentiment.tokenizer import train_tokenizer
from core.knobs import to_json

SHAPE = {"VOCABULARY": 300, "WIDTH": 24, "FEED_FORWARD": 32, "UNKNOWN_ID": 1}
TEXTS = [
    "a good film , warm and funny",
    "a bad film , cold and dull",
    "it is not good",
    "i do n't like it",
    "the acting is wonderful , not dull",
    "dull , dull , dull and never funny",
] * 4


def put_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the encoder that is on this machine."""
    for name, value in SHAPE.items():
        monkeypatch.setattr(minilm, name, value)
    monkeypatch.setattr(minilm, "tokenizer", lambda: train_tokenizer(TEXTS, vocabulary=300))
    monkeypatch.setattr(minilm, "weights", weights)


def weights() -> dict[str, torch.Tensor]:
    """Its weights, the same with every call."""
    torch.manual_seed(3)
    made = minilm.network(num_classes=2).state_dict()
    return {name: value for name, value in made.items() if not name.startswith("head.")}


def write_release(folder: Path) -> Transformer:
    """A model in a folder as a release model is, its weights a small step away from the encoder's; the network."""
    config = SentimentConfig(network="minilm", embeddings=True, length=32)
    network = make_network(config, num_classes=2).eval()
    assert isinstance(network, Transformer)
    network.load_state_dict(weights(), strict=False)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.01 * torch.randn_like(parameter)
    folder.mkdir()
    save_file(difference.pack(network.state_dict(), base=weights()), folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(minilm.tokenizer().to_str())
    figures = [{"set": "872 SST-2 dev sentences", "examples": 872, "accuracy": 50.0, "headline": True}]
    card = {"config": to_json(config), "classes": ["negative", "positive"], "temperature": 1.0, "figures": figures}
    (folder / "model.json").write_text(json.dumps(card))
    return network
