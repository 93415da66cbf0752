"""Writing the weights of a release model. What else belongs into its card is said where it is trained."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file


def save_weights(file: Path, weights: Mapping[str, torch.Tensor]) -> dict[str, object]:
    """Write weights, floating-point ones in half precision.

    Returns:
        For the card: "sha256" of the file, and its "bytes".
    """
    return save_tensors(file, {name: halved(value) for name, value in weights.items()})


def halved(value: torch.Tensor) -> torch.Tensor:
    """In half precision where it is floating point, as the file has it."""
    return (value.half() if value.is_floating_point() else value).contiguous().cpu()


def save_tensors(file: Path, tensors: Mapping[str, torch.Tensor]) -> dict[str, object]:
    """Write tensors as they are; returns what `save_weights` does."""
    save_file(dict(tensors), file)
    return {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "bytes": file.stat().st_size}
