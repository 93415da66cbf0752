"""The release model of the Sentiment demo: `weights/sentiment/`, with its tokenizer, config and figures beside it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from core.demos.sentiment.config import SentimentConfig
from core.knobs import from_json

FOLDER = Path(__file__).parents[3] / "weights" / "sentiment"


@cache
def release_card(folder: Path = FOLDER) -> dict[str, Any]:
    """What `model.json` in a folder says: config, classes, temperature, figures with their sets."""
    card: dict[str, Any] = json.loads((folder / "model.json").read_text())
    return card


def release_config(folder: Path = FOLDER) -> SentimentConfig:
    """The config that the model in a folder was trained with."""
    config, _ = from_json(SentimentConfig, release_card(folder)["config"])
    return config


def release_weights(folder: Path = FOLDER) -> dict[str, torch.Tensor]:
    """Weights of the model in a folder, float32; they are stored in half precision."""
    stored = load_file(folder / "model.safetensors")
    return {name: value.float() if value.is_floating_point() else value for name, value in stored.items()}


@cache
def release_tokenizer(folder: Path = FOLDER) -> str:
    """The tokenizer of the model in a folder, as the JSON text of the library `tokenizers`."""
    return (folder / "tokenizer.json").read_text(encoding="utf-8")
