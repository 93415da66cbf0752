"""Small warps of pictures, drawn from given random numbers, so that the same numbers give the same warp."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

GRID = 4  # control points of the bend in each direction
NUM_CHANCES = 6 + 2 * GRID**2


@dataclass(frozen=True)
class Warp:
    """Largest size of each distortion."""

    rotation: float  # degrees
    shift: float  # share of the side
    scale: float  # 0.1: from 1/1.1 to 1.1, in each direction on its own
    shear: float  # tangent of the slant
    bend: float  # pixels that the control points of the elastic bend move


LIGHT = Warp(rotation=10.0, shift=0.07, scale=0.08, shear=0.0, bend=0.0)
STRONG = Warp(rotation=15.0, shift=0.09, scale=0.15, shear=0.25, bend=1.2)


def warp(images: torch.Tensor, chance: torch.Tensor, amount: Warp) -> torch.Tensor:
    """Rotate, shift, scale, slant and bend each picture on its own.

    Args:
        images: (B, 1, H, W) float32.
        chance: (B, NUM_CHANCES) float32 uniform in [0, 1), one row per picture.
        amount: the largest distortions.

    Returns:
        (B, 1, H, W) float32, bilinear, zero outside.

    Source: affine and elastic distortions after Simard, Steinkraus and Platt (2003), with the displacement field
    interpolated from a coarse grid.
    """
    signed = chance * 2 - 1  # (B, C) in [-1, 1)
    angle = signed[:, 0] * math.radians(amount.rotation)
    scale_x = (1 + amount.scale) ** signed[:, 1]
    scale_y = (1 + amount.scale) ** signed[:, 2]
    shear = signed[:, 3] * amount.shear
    shift_x, shift_y = signed[:, 4] * 2 * amount.shift, signed[:, 5] * 2 * amount.shift
    cos, sin = angle.cos(), angle.sin()
    matrix = torch.stack(  # (B, 2, 3): where each output pixel is taken from
        [
            torch.stack([cos / scale_x, (shear * cos - sin) / scale_x, shift_x], dim=1),
            torch.stack([sin / scale_y, (shear * sin + cos) / scale_y, shift_y], dim=1),
        ],
        dim=1,
    )
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)  # (B, H, W, 2)
    if amount.bend:
        coarse = signed[:, 6:].reshape(-1, 2, GRID, GRID) * (2 * amount.bend / images.shape[-1])
        field = F.interpolate(coarse, size=images.shape[-2:], mode="bicubic", align_corners=True)
        grid = grid + field.permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, align_corners=False)
