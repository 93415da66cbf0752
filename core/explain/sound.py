"""Which times and pitches of a sound a score hangs on, and what is left of a sound when bands are taken away.

Features are log-mel; their floor stands for silence. It says where a network looks, not why.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy import signal
from torch import nn

from core.explain.attribution import IntegratedGradients, integrated_gradients

Values = npt.NDArray[np.float32]
FILTER_ORDER = 6


class AboveSilence(nn.Module):
    """A network that reads how far features lie above their floor, so that zeros are silence.

    (B, 1, frames, mels) float32, not negative → (B, classes) logits.
    """

    def __init__(self, network: nn.Module, floor: float) -> None:
        super().__init__()
        self.network, self.floor = network, floor

    def forward(self, above: torch.Tensor) -> torch.Tensor:
        """Features as the network itself wants them are `above + floor`."""
        return self.network(above[:, 0] + self.floor)


@dataclass(frozen=True)
class Covered:
    """How far a score falls when a stretch of the features is silence, on average over the stretches there."""

    drops: Values  # (frames,) or (mels,), in units of the score
    largest: float  # of one stretch
    start: int  # where that stretch begins
    width: int


def attribute(network: nn.Module, features: Values, *, floor: float, target: int, steps: int) -> IntegratedGradients:
    """Integrated gradients on the straight way from silence to a sound.

    Args:
        network: (B, frames, mels) → (B, classes) logits, in evaluation mode.
        features: (frames, mels) float32.
        floor: the feature of silence.
        target: index of the class.
        steps: points on the way.
    """
    above = torch.from_numpy(features - np.float32(floor))[None, None]
    return integrated_gradients(AboveSilence(network, floor), above, target=target, steps=steps)


@torch.no_grad()
def occlude(
    network: nn.Module, features: Values, *, floor: float, target: int, axis: int, width: int, stride: int
) -> Covered:
    """Silence a stretch of frames (axis 0) or of bands (axis 1) at every place, and see how far a score falls.

    The last stretch ends with the features, so that every frame and band is covered.

    Source: Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901, with stretches instead of patches.
    """
    length = features.shape[axis]
    starts = sorted({*range(0, length - width + 1, stride), length - width})
    masks = np.zeros((len(starts), length), dtype=bool)
    for row, start in enumerate(starts):
        masks[row, start : start + width] = True
    shaped = masks[:, :, None] if axis == 0 else masks[:, None, :]
    covered = np.where(shaped, np.float32(floor), features[None])
    scores = network(torch.from_numpy(np.concatenate([features[None], covered])))[:, target].numpy()
    drops = scores[0] - scores[1:]
    largest = int(drops.argmax())
    average = (masks * drops[:, None]).sum(axis=0) / masks.sum(axis=0)
    return Covered(average.astype(np.float32), float(drops[largest]), starts[largest], width)


def without_bands(features: Values, kept: npt.NDArray[np.bool_], *, floor: float) -> Values:
    """(frames, mels) features with the floor in every band that is not kept."""
    return np.where(kept[None, :], features, np.float32(floor))


def band_pass(samples: Values, low: float, high: float, *, rate: int) -> Values:
    """What is left of a sound between two frequencies, without a shift in time (Butterworth, forwards and backwards).

    Args:
        samples: (N,) float32.
        low: Hz; 0 cuts nothing off below.
        high: Hz, above `low` and below half the rate.
    """
    if low > 0:
        sections = signal.butter(FILTER_ORDER // 2, (low, high), btype="bandpass", fs=rate, output="sos")
    else:
        sections = signal.butter(FILTER_ORDER, high, btype="lowpass", fs=rate, output="sos")
    return np.clip(signal.sosfiltfilt(sections, samples), -1, 1).astype(np.float32)
