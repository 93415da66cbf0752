"""Which pixels a score hangs on, by gradients and by covering them. It says where a network looks, not why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Grey = npt.NDArray[np.float32]
STEPS = 50
PATCH, STRIDE = 4, 2  # pixels


@dataclass(frozen=True)
class IntegratedGradients:
    """Attributions whose sum should be the score's difference between the image and a blank one."""

    values: Grey  # (H, W), in units of the score
    score: float  # of the class for the image, before softmax
    blank_score: float  # of the class for a blank image
    error: float  # sum of the values minus the difference of the scores


@dataclass(frozen=True)
class Occlusion:
    """How far the score falls when a patch over a pixel is blanked, on average over the patches that cover it."""

    values: Grey  # (H, W), in units of the score
    largest_drop: float  # of one patch
    top_left: tuple[int, int]  # row and column of that patch


def integrated_gradients(
    network: nn.Module, image: torch.Tensor, *, target: int, steps: int = STEPS
) -> IntegratedGradients:
    """Gradients of a class's score, added up on the straight way from a blank image to this one.

    Args:
        network: in evaluation mode, images → logits.
        image: (1, 1, H, W) float32 in [0, 1].
        target: index of the class.
        steps: points on the way (Gauss-Legendre); more make the error smaller.

    Source: Sundararajan, Taly and Yan 2017, https://arxiv.org/abs/1703.01365, as captum computes it.
    """
    from captum.attr import IntegratedGradients as Captum  # takes about a second to import

    blank = torch.zeros_like(image)
    values = Captum(network).attribute(image, blank, target=target, n_steps=steps)
    with torch.no_grad():
        score, blank_score = (float(value) for value in network(torch.cat([image, blank]))[:, target])
    total = float(values.double().sum())
    return IntegratedGradients(
        values[0, 0].detach().numpy().astype(np.float32), score, blank_score, total - (score - blank_score)
    )


@torch.no_grad()
def occlusion(
    network: nn.Module, image: torch.Tensor, *, target: int, patch: int = PATCH, stride: int = STRIDE
) -> Occlusion:
    """Blank a square patch at every place and see how far a class's score falls; all places in one batch.

    Args:
        network: in evaluation mode, images → logits.
        image: (1, 1, H, W) float32 in [0, 1]; the patches have to reach every pixel.
        target: index of the class.

    Source: Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901; averaged as in captum's Occlusion.
    """
    height, width = image.shape[2:]
    places = [(r, c) for r in range(0, height - patch + 1, stride) for c in range(0, width - patch + 1, stride)]
    covered = torch.zeros(len(places), 1, height, width)
    for index, (row, column) in enumerate(places):
        covered[index, :, row : row + patch, column : column + patch] = 1
    drops = network(image)[0, target] - network(image * (1 - covered))[:, target]
    average = (covered[:, 0] * drops[:, None, None]).sum(0) / covered[:, 0].sum(0)
    largest = int(drops.argmax())
    return Occlusion(average.numpy(), float(drops[largest]), places[largest])
