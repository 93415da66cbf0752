"""The release model of the Voice demo: `weights/voice/`, with its config and its measured figures beside it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from core.demos.voice.config import VoiceConfig
from core.knobs import from_json

FOLDER = Path(__file__).parents[3] / "weights" / "voice"


@cache
def release_card(folder: Path = FOLDER) -> dict[str, Any]:
    """What `model.json` in a folder says: config, classes, threshold, figures with their sets, how it was trained."""
    card: dict[str, Any] = json.loads((folder / "model.json").read_text())
    return card


def release_config(folder: Path = FOLDER) -> VoiceConfig:
    """The config that the model in a folder was trained with."""
    config, _ = from_json(VoiceConfig, release_card(folder)["config"])
    return config


def release_weights(folder: Path = FOLDER) -> dict[str, torch.Tensor]:
    """Weights of the model in a folder, float32; they are stored in half precision."""
    stored = load_file(folder / "model.safetensors")
    return {name: value.float() if value.is_floating_point() else value for name, value in stored.items()}


def rehearsal(folder: Path = FOLDER) -> tuple[torch.Tensor, torch.Tensor]:
    """What the release model's last layer saw of clips that it was trained on: (N, width) float32, (N,) int64 classes.

    A training of the answer layer alone repeats them, so that the words they stand for are not forgotten.
    """
    stored = load_file(folder / "rehearsal.safetensors")
    return stored["pooled"].float(), stored["targets"].long()
