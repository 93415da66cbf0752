"""The release model of the Digits demo: `weights/digits/`, with its config and its measured figures beside it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from core.contract import from_json
from core.demos.digits.config import DigitsConfig

FOLDER = Path(__file__).parents[3] / "weights" / "digits"


@cache
def release_card() -> dict[str, Any]:
    """What `weights/digits/model.json` says: config, figures with their sets, how it was trained."""
    card: dict[str, Any] = json.loads((FOLDER / "model.json").read_text())
    return card


def release_config() -> DigitsConfig:
    """The config that the release model was trained with."""
    config, _ = from_json(DigitsConfig, release_card()["config"])
    return config


def release_weights() -> dict[str, torch.Tensor]:
    """Weights of the release model, float32."""
    return {
        name: value.float() if value.is_floating_point() else value
        for name, value in load_file(FOLDER / "model.safetensors").items()
    }
