"""Is it copied? The training picture that is nearest to a generated one, by the distance of their pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.demos.generator.pictures import Pixels

CHUNK = 5000  # pictures that are turned into float at a time


@dataclass(frozen=True)
class Nearest:
    """The nearest of many pictures to each of a few."""

    index: npt.NDArray[np.int64]  # (N,) into the many
    distance: npt.NDArray[np.float64]  # (N,) root of the mean squared difference of pixels in [0, 1]: 0 is a copy


def nearest(few: Pixels, many: Pixels) -> Nearest:
    """Search all of `many` (M, H, W) for each of `few` (N, H, W), uint8, by |a - b|² = |a|² - 2ab + |b|².

    The products of whole numbers below 2²⁴ · 784 are not exact in float32, so the winner's distance is computed again.
    """
    flat = few.reshape(len(few), -1).astype(np.float32)
    best = np.full(len(few), np.inf, dtype=np.float32)
    index = np.zeros(len(few), dtype=np.int64)
    for start in range(0, len(many), CHUNK):
        chunk = many[start : start + CHUNK].reshape(-1, flat.shape[1]).astype(np.float32)
        squared = np.square(chunk).sum(1) - 2 * flat @ chunk.T  # |a|² is the same for all
        winner = squared.argmin(1)
        value = squared[np.arange(len(few)), winner]
        better = value < best
        best[better], index[better] = value[better], start + winner[better]
    difference = (few.astype(np.float64) - many[index]) / 255
    return Nearest(index, np.sqrt(np.square(difference).mean(axis=(1, 2))))
