"""Histograms of oriented gradients: what a picture's edges look like, cell by cell. No learning here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CELL = 7  # pixels: 4 × 4 cells in 28 × 28
BLOCK = 2  # cells on a side that are normalised together
NUM_BINS = 9  # over 180°: an edge from dark to light is the same as one from light to dark
EPSILON = 1e-6  # keeps a block without any edge at zero
CHUNK = 1_000  # pictures at a time, so that the memory needed does not grow with their number


def gradient_histograms(images: NDArray[np.uint8], *, cell: int = CELL) -> NDArray[np.float32]:
    """Histograms of oriented gradients, with bins centred on 0°, 20° … 160°.

    A pixel votes with the length of its gradient for the two bins next to its direction; the 2 × 2 cells of each
    block, which overlap by one cell, are brought to length 1 together.

    Args:
        images: (N, H, W) uint8; H and W are multiples of `cell`.
        cell: side of a cell in pixels.

    Returns:
        (N, (H/cell - 1) · (W/cell - 1) · 36) float32 in [0, 1]: 324 numbers for 28 × 28.

    Raises:
        ValueError: the pictures cannot be cut into whole cells.

    Source: Dalal and Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005.
    """
    height, width = images.shape[1:]
    if height % cell or width % cell:
        raise ValueError(f"Pictures of {width}×{height} cannot be cut into cells of {cell}; use a divisor of both.")
    starts = range(0, max(len(images), 1), CHUNK)
    return np.concatenate([_normalised(_cells(images[start : start + CHUNK], cell)) for start in starts])


def _cells(images: NDArray[np.uint8], cell: int) -> NDArray[np.float32]:
    """(N, rows, columns, 9) votes of each cell."""
    pixels = images.astype(np.float32) / 255
    across, down = np.zeros_like(pixels), np.zeros_like(pixels)
    across[:, :, 1:-1] = pixels[:, :, 2:] - pixels[:, :, :-2]
    down[:, 1:-1] = pixels[:, 2:] - pixels[:, :-2]
    length = np.hypot(across, down)
    direction = np.arctan2(down, across) * np.float32(NUM_BINS / np.pi) % NUM_BINS  # in bins
    shape = (len(images), images.shape[1] // cell, cell, images.shape[2] // cell, cell)
    histograms = []
    for center in range(NUM_BINS):
        distance = np.abs(direction - center)
        vote = length * np.maximum(1 - np.minimum(distance, NUM_BINS - distance), 0)
        histograms.append(vote.reshape(shape).sum(axis=(2, 4)))
    return np.stack(histograms, axis=-1)


def _normalised(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, features): all blocks one after the other, each of length 1, or 0 where there is no edge."""
    rows, columns = cells.shape[1] - BLOCK + 1, cells.shape[2] - BLOCK + 1
    parts = [cells[:, i : i + rows, j : j + columns] for i in range(BLOCK) for j in range(BLOCK)]
    blocks = np.concatenate(parts, axis=-1)  # (N, rows, columns, 36)
    lengths = np.sqrt((blocks**2).sum(axis=-1, keepdims=True) + EPSILON**2)
    return (blocks / lengths).reshape(len(cells), rows * columns * BLOCK**2 * NUM_BINS)
