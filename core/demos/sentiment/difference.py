"""A fine-tuned encoder stored as its difference to the encoder that it began with, in whole numbers of 8 bits.

Fine-tuning changes weights little, so a step of 1/127 of the largest change in a row is a small one, and the file is a
quarter as large as the weights themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from core.demos.sentiment import minilm
from core.demos.sentiment.config import SentimentConfig
from core.release import ReleaseModel

LARGEST = 127  # of a signed byte; −128 is not used
STEP = ".step"  # ends the name of the steps of a matrix


def pack(weights: Mapping[str, torch.Tensor], *, base: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Matrices of the base as rounded differences to it, everything else as it is.

    Args:
        weights: by name; what is not in `base` (the head) and what is no matrix (norms, biases) stays float32.
        base: weights of the encoder.

    Returns:
        For a matrix (R, C): int8 (R, C) under its name, and float32 (R,) under its name and `STEP`: the difference that
        1 stands for. No number is farther from the truth than half a step of its row.
    """
    packed: dict[str, torch.Tensor] = {}
    for name, value in weights.items():
        value = value.float()
        if name not in base or value.dim() != 2:
            packed[name] = value.contiguous()
            continue
        difference = value - base[name].float()
        steps = difference.abs().amax(1) / LARGEST
        rounded = (difference / steps.clamp_min(torch.finfo(torch.float32).tiny)[:, None]).round()
        packed[name], packed[name + STEP] = rounded.to(torch.int8).contiguous(), steps
    return packed


def unpack(packed: Mapping[str, torch.Tensor], *, base: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights again, float32: `pack` undone with the same base."""
    return {
        name: base[name].float() + value * packed[name + STEP][:, None] if value.dtype == torch.int8 else value
        for name, value in packed.items()
        if not name.endswith(STEP)
    }


def weights_of(release: ReleaseModel) -> dict[str, torch.Tensor]:
    """Weights of a release model, float32, whether they are stored in half precision or as a difference.

    Raises:
        DataUnavailableError: they are a difference to the encoder MiniLM, and that is not here or not the right one.
    """
    if release.config(SentimentConfig).network == "minilm":
        return unpack(release.stored(), base=minilm.weights())
    return release.weights()
