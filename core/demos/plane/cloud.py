"""The points that the generator in the plane is to imitate: five shapes, or what a person has painted. No PyTorch."""

import numpy as np
import numpy.typing as npt

from core.data.points import PLANE, decode
from core.demos.plane.config import PlaneConfig
from core.errors import InvalidInputError

POINTS_SEED = 7
REACH = 1.3  # of the plane that is looked at, to each side
FEWEST = 20  # painted points

Cloud = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]


def check(config: PlaneConfig) -> None:
    """Raise `InvalidInputError` where too few points are painted."""
    if config.shape == "painted" and (count := len(decode(config.painted))) < FEWEST:
        raise InvalidInputError(
            f"{count or 'No'} points are painted; at least {FEWEST} are needed, or there is no shape to imitate. Paint "
            "more on the canvas of the Generator page, or choose one of the shapes."
        )


def points(config: PlaneConfig, count: int, *, seed: int) -> Cloud:
    """(count, 2) float32, nearly all in [-REACH, REACH]; raises `InvalidInputError` where too few are painted."""
    check(config)
    random = np.random.RandomState(seed)
    along, angle = random.rand(2, count)
    centres, spread = _centres(config, along, angle)
    cloud: Cloud = (centres + spread * random.standard_normal((count, 2))).astype(np.float32)
    return cloud


def _centres(config: PlaneConfig, along: Array, across: Array) -> tuple[Array, float]:
    """(N, 2) places on a shape, out of twice N random numbers in [0, 1), and the deviation of the points from them."""
    match config.shape:
        case "ring":
            return 0.8 * _on_circle(np.floor(8 * along) / 8), 0.05
        case "grid":
            place = np.floor(25 * along)
            return 0.4 * np.stack([place % 5, place // 5], axis=1) - 0.8, 0.03
        case "moons":
            moon = _on_circle(across / 2)
            return 0.6 * np.where((along < 0.5)[:, None], [0.5, 0.25] - moon, moon - [0.5, 0.25]), 0.04
        case "spiral":
            turns = 0.196 + 1.304 * np.sqrt(along)
            return 0.66 * turns[:, None] * _on_circle(turns), 0.02
        case "cross":
            arm = 1.6 * across - 0.8
            return np.stack([arm, np.where(along < 0.5, arm, -arm)], axis=1), 0.04
        case _:
            own = decode(config.painted)[:, :2] * (REACH / PLANE)
            return own[np.floor(len(own) * along).astype(int)], 0.02


def _on_circle(turns: Array) -> Array:
    return np.stack([np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)], axis=1)
