"""The release models of the Generator demo: `weights/generator/`, with config and measured figures in `model.json`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from core.demos.generator.config import GeneratorConfig
from core.errors import NotFoundError
from core.knobs import from_json

FOLDER = Path(__file__).parents[3] / "weights" / "generator"


@cache
def release_card(folder: Path = FOLDER) -> dict[str, Any]:
    """What `model.json` in a folder says: under "models" a model for each data set, with config and figures."""
    card: dict[str, Any] = json.loads((folder / "model.json").read_text())
    return card


def release_sets(folder: Path = FOLDER) -> tuple[str, ...]:
    """Data sets that there is a release model of."""
    return tuple(release_card(folder)["models"])


def release_model_card(data: str, folder: Path = FOLDER) -> dict[str, Any]:
    """The part of the card about one data set; raises `NotFoundError`, naming those that exist."""
    models = release_card(folder)["models"]
    if data not in models:
        raise NotFoundError(f"There is no release model of “{data}”. There are: {', '.join(models)}.")
    card: dict[str, Any] = models[data]
    return card


def release_config(data: str, folder: Path = FOLDER) -> GeneratorConfig:
    """The config that the model of a data set was trained with."""
    config, _ = from_json(GeneratorConfig, release_model_card(data, folder)["config"])
    return config


def release_weights(data: str, folder: Path = FOLDER) -> dict[str, dict[str, torch.Tensor]]:
    """Weights of the averaged "generator" and of the "discriminator", float32; stored in half precision."""
    stored = load_file(folder / release_model_card(data, folder)["file"])
    weights: dict[str, dict[str, torch.Tensor]] = {"generator": {}, "discriminator": {}}
    for name, value in stored.items():
        network, _, rest = name.partition(".")
        weights[network][rest] = value.float() if value.is_floating_point() else value
    return weights
