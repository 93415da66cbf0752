"""Small changes to a picture that are made to fool a network (fast gradient sign method).

Source of the method: Goodfellow, Shlens and Szegedy 2015, https://arxiv.org/abs/1412.6572.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

BATCH = 250


def gradient_sign(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Direction, pixel by pixel, in which the cross-entropy of the labels grows.

    Args:
        network: in evaluation mode, images → logits.
        images: (B, 1, H, W) float32 in [0, 1].
        labels: (B,) int64.

    Returns:
        (B, 1, H, W) float32 of −1, 0 and 1. No gradient is left on the network's own weights.
    """
    pixels = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(F.cross_entropy(network(pixels), labels, reduction="sum"), pixels)
    return gradient.sign()


def fooled(images: torch.Tensor, sign: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Each pixel moved by `epsilon` along the sign, and kept in [0, 1]."""
    return (images + epsilon * sign).clamp(0, 1)


@torch.no_grad()
def answers(
    network: nn.Module, image: torch.Tensor, sign: torch.Tensor, epsilons: Sequence[float]
) -> npt.NDArray[np.float32]:
    """Probabilities for one image at every epsilon, in one batch.

    Args:
        image: (1, 1, H, W) float32 in [0, 1].
        sign: as `gradient_sign` gives it, for this image.

    Returns:
        (E, C) float32.
    """
    return network(torch.cat([fooled(image, sign, epsilon) for epsilon in epsilons])).softmax(1).numpy()


def accuracies(
    network: nn.Module, images: torch.Tensor, labels: torch.Tensor, epsilons: Sequence[float]
) -> tuple[float, ...]:
    """Share of images answered right at every epsilon, each image attacked through its own gradient.

    Args:
        images: (N, 1, H, W) float32 in [0, 1].
        labels: (N,) int64, the true classes.

    Returns:
        One share in [0, 1] for each epsilon.
    """
    right = [0] * len(epsilons)
    for batch, truth in zip(images.split(BATCH), labels.split(BATCH), strict=True):
        sign = gradient_sign(network, batch, truth)
        with torch.no_grad():
            for index, epsilon in enumerate(epsilons):
                right[index] += int((network(fooled(batch, sign, epsilon)).argmax(1) == truth).sum())
    return tuple(count / len(images) for count in right)


def flip(probabilities: npt.NDArray[np.float32]) -> int | None:
    """Index of the first row whose winner is another than the first row's; None if there is none."""
    winners = probabilities.argmax(1)
    other = np.flatnonzero(winners != winners[0])
    return int(other[0]) if len(other) else None
