"""The release models of the Sentiment demo: a folder each in `weights/`, with tokenizer, config and figures beside the
weights."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from core.demos.sentiment import difference, minilm
from core.demos.sentiment.config import SentimentConfig
from core.errors import DataUnavailableError
from core.knobs import from_json

WEIGHTS = Path(__file__).parents[3] / "weights"
FOLDER = WEIGHTS / "sentiment"  # the small model, which needs nothing else and which runs may start from
FOLDERS = {"encoder": WEIGHTS / "sentiment-encoder", "small": FOLDER}  # by name, the best one first


@cache
def release_card(folder: Path = FOLDER) -> dict[str, Any]:
    """What `model.json` in a folder says: config, classes, temperature, figures with their sets.

    Raises:
        DataUnavailableError: there is no model in the folder.
    """
    file = folder / "model.json"
    if not file.is_file():
        raise DataUnavailableError(f"There is no model in {folder}; it comes with Glassbox. Install Glassbox again.")
    card: dict[str, Any] = json.loads(file.read_text())
    return card


def release_config(folder: Path = FOLDER) -> SentimentConfig:
    """The config that the model in a folder was trained with."""
    config, _ = from_json(SentimentConfig, release_card(folder)["config"])
    return config


def release_weights(folder: Path = FOLDER) -> dict[str, torch.Tensor]:
    """Weights of the model in a folder, float32; they are stored in half precision, or as a difference.

    Raises:
        DataUnavailableError: they are a difference to the encoder MiniLM, and that is not here or not the right one.
    """
    is_difference = release_config(folder).network == "minilm"
    stored = load_file(folder / "model.safetensors")
    if is_difference:
        return difference.unpack(stored, base=minilm.weights())
    return {name: value.float() if value.is_floating_point() else value for name, value in stored.items()}


@cache
def release_tokenizer(folder: Path = FOLDER) -> str:
    """The tokenizer of the model in a folder, as the JSON text of the library `tokenizers`."""
    return (folder / "tokenizer.json").read_text(encoding="utf-8")
