"""Looking into a trained pair: what each block of G passes on, what D's score hangs on, and a plane of latent space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.demos.generator.latents import Latents
from core.demos.generator.painter import Painter
from core.demos.generator.pictures import Pixels
from core.explain.attribution import IntegratedGradients, integrated_gradients

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Stage:
    """What G has made of a latent vector up to some layer."""

    label: str
    sentence: str
    values: Values  # (N,) numbers or (C, H, W) maps


@torch.no_grad()
def stages(painter: Painter, vector: Latents, label: int) -> list[Stage]:
    """From a latent vector (latent,) and a class to the picture (1, 28, 28) in [0, 1], block by block."""
    network = painter.generator
    start = network.start(torch.from_numpy(vector)[None], torch.tensor([label]))
    found = [
        Stage("Random numbers", "the latent vector: all that makes this picture differ from others", vector),
    ]
    if painter.config.has_classes:
        found.append(
            Stage("Class", "numbers that training has chosen for this class", start[0, painter.config.latent :].numpy())
        )
    maps = start
    for block, name, sentence in (
        (network.seed, "7 × 7", "a linear layer spreads the numbers over a coarse grid, then ReLU"),
        (network.first_up, "14 × 14", "a transposed convolution doubles the side, then ReLU"),
        (network.second_up, "28 × 28", "another one doubles it again, then ReLU"),
        (network.picture, "Picture", "a convolution adds the maps up, and a sigmoid makes grey values of the sums"),
    ):
        maps = block(maps)
        found.append(Stage(name, sentence, maps[0].numpy()))
    return found


class _Score(nn.Module):
    """D with its class already chosen, as a network with a single answer: (B, 1, 28, 28) → (B, 1)."""

    def __init__(self, painter: Painter, label: int) -> None:
        super().__init__()
        self.discriminator, self.label = painter.discriminator, label

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.discriminator(images, torch.full((len(images),), self.label))[:, None]


def looked_at(painter: Painter, image: Pixels, label: int) -> IntegratedGradients:
    """What each pixel of a picture (28, 28) uint8 adds to D's score, in comparison with a blank one."""
    given = torch.from_numpy(image.astype(np.float32) / 255)[None, None]
    return integrated_gradients(_Score(painter, label), given, target=0)


def plane(painter: Painter, centre: Latents, *, first: int, second: int, reach: float, side: int) -> Latents:
    """(side · side, latent): a grid around a vector along two of the strongest directions, rows from the top.

    Args:
        centre: (latent,).
        first, second: numbers of the directions to the right and upwards.
        reach: how far the grid goes to each side, in standard deviations.
        side: odd, so that the vector itself is in the middle.
    """
    steps = np.linspace(-reach, reach, side, dtype=np.float32)
    right, up = painter.directions[first], painter.directions[second]
    grid = centre + steps[None, :, None] * right + steps[::-1, None, None] * up
    return grid.reshape(side * side, -1).astype(np.float32)
