"""Latent vectors by seed, and ways through their space, without PyTorch: the same numbers on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.demos.generator.config import GeneratorConfig

Latents = npt.NDArray[np.float32]
NUM_CLASSES = 10
FIXED_ROWS = 4  # of the grid that is drawn again and again, a column for each class
FIXED_SEED = 4


def latents(count: int, size: int, *, seed: int) -> Latents:
    """(count, size) float32, standard normal.

    `RandomState` because NumPy promises its stream across versions (NEP 19), which it does not for `default_rng`.
    """
    return np.random.RandomState(seed).standard_normal((count, size)).astype(np.float32)


def fixed_grid(config: GeneratorConfig) -> dict[str, Any]:
    """What every run draws again and again: 40 pictures, and D's scores with them.

    They are 4 latent vectors in each of the ten classes, or 40 vectors where the networks are told no class.
    """
    num_vectors = FIXED_ROWS if config.has_classes else FIXED_ROWS * NUM_CLASSES
    vectors = latents(num_vectors, config.latent, seed=FIXED_SEED)
    rows = vectors.repeat(FIXED_ROWS * NUM_CLASSES // num_vectors, axis=0)
    labels = [*range(NUM_CLASSES)] * FIXED_ROWS
    return {"latents": rows.round(4).tolist(), "labels": labels, "scores": True}


def slerp(first: Latents, last: Latents, steps: int) -> Latents:
    """(size,) and (size,) → (steps, size): from one vector to the other, both included, along the arc between them.

    The straight line would pass vectors that are shorter than any that the generator was trained with (White 2016,
    arXiv:1609.04468).
    """
    fraction = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    lengths = np.linalg.norm(first), np.linalg.norm(last)
    if min(lengths) == 0:
        return (1 - fraction) * first + fraction * last
    angle = np.arccos(np.clip(first @ last / (lengths[0] * lengths[1]), -1, 1))
    if np.sin(angle) < 1e-4:
        return (1 - fraction) * first + fraction * last
    way: Latents = (np.sin((1 - fraction) * angle) * first + np.sin(fraction * angle) * last) / np.sin(angle)
    return way.astype(np.float32)
