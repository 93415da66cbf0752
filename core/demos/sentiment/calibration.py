"""How far probabilities can be trusted: expected calibration error, and the temperature that makes it small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True)
class Calibration:
    """Answers by how sure they were: of those in a bin, `accuracy` were right and `confidence` was claimed."""

    edges: tuple[float, ...]  # one more than bins
    counts: tuple[int, ...]
    confidence: tuple[float, ...]  # mean; 0 where a bin is empty
    accuracy: tuple[float, ...]
    error: float  # mean distance of the two, weighted by counts


def calibration(probabilities: NDArray[np.float32], labels: NDArray[np.int64], *, bins: int = BINS) -> Calibration:
    """Sort answers by the probability of the class that was said, in bins of equal width from 1/K to 1.

    Args:
        probabilities: (N, K); labels: (N,).

    Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599.
    """
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    edges = np.linspace(1 / probabilities.shape[1], 1, bins + 1)
    place = np.clip(np.digitize(confidence, edges) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    of = np.maximum(counts, 1)
    said = np.bincount(place, confidence, minlength=bins) / of
    true = np.bincount(place, right.astype(np.float64), minlength=bins) / of
    error = float((counts * np.abs(said - true)).sum() / max(len(labels), 1))
    return Calibration(
        tuple(map(float, edges)), tuple(map(int, counts)), tuple(map(float, said)), tuple(map(float, true)), error
    )


def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The number that logits are divided by so that the labels become likeliest.

    Args:
        logits: (N, K) float32; labels: (N,) int64; of texts that were not learned from.
    """
    candidates = torch.logspace(-1, 1, 401, base=4.0)
    losses = [float(torch.nn.functional.cross_entropy(logits / t, labels)) for t in candidates]
    return round(float(candidates[int(np.argmin(losses))]), 4)
