"""Optimizers side by side: on surfaces of two numbers, in plain formulas, and on small digits, with PyTorch's own.

SGD; momentum (Polyak 1964) as PyTorch has it; Adam (Kingma and Ba 2015).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.foundations.digits import NUM_CLASSES, NUM_FEATURES
from core.knobs import Choice, Integer, Real, Settings, knob

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[np.float64]
OPTIMIZERS = {"sgd": "SGD", "momentum": "Momentum", "adam": "Adam"}
MOMENTUM, BETA1, BETA2, EPSILON = 0.9, 0.9, 0.999, 1e-8
FAR = 1e6  # a path that goes further has diverged
DIGIT_RATES = (0.001, 0.01, 0.1, 1.0)
DIGIT_STEPS = 60


@dataclass(frozen=True)
class Surface:
    """A loss of two weights. `value` takes numbers, arrays and tensors alike."""

    label: str
    value: Callable[[Any, Any], Any]
    gradient: Callable[[float, float], tuple[float, float]]
    start: tuple[float, float]
    x: tuple[float, float]  # range that is shown
    y: tuple[float, float]
    lowest: tuple[tuple[float, float], ...]  # where the minima are


SURFACES = {
    "valley": Surface(
        "A narrow valley",
        lambda x, y: 0.05 * x * x + y * y,
        lambda x, y: (0.1 * x, 2 * y),
        (-4.0, 1.5),
        (-5, 5),
        (-2.5, 2.5),
        ((0.0, 0.0),),
    ),
    "bent": Surface(
        "A bent valley (Rosenbrock)",
        lambda x, y: 0.1 * (1 - x) ** 2 + (y - x * x) ** 2,
        lambda x, y: (-0.2 * (1 - x) - 4 * x * (y - x * x), 2 * (y - x * x)),
        (-1.5, 1.8),
        (-2, 2),
        (-1, 3),
        ((1.0, 1.0),),
    ),
    "saddle": Surface(
        "A saddle",
        lambda x, y: 0.5 * x * x - 0.5 * y * y + 0.05 * y**4 + 1.25,
        lambda x, y: (x, -y + 0.2 * y**3),
        (-2.5, 0.01),
        (-3, 3),
        (-3.5, 3.5),
        ((0.0, 5**0.5), (0.0, -(5**0.5))),
    ),
    "hills": Surface(
        "Four hollows (Himmelblau)",
        lambda x, y: 0.02 * ((x * x + y - 11) ** 2 + (x + y * y - 7) ** 2),
        lambda x, y: (
            0.08 * x * (x * x + y - 11) + 0.04 * (x + y * y - 7),
            0.04 * (x * x + y - 11) + 0.08 * y * (x + y * y - 7),
        ),
        (-0.5, -0.9),
        (-5, 5),
        (-5, 5),
        ((3.0, 2.0), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126)),
    ),
}


def _rate(label: str) -> Real:
    return Real(label=f"Rate of {label}", help="Its learning rate.", low=0.001, high=10.0, step=0.001, scale="log")


@dataclass(frozen=True)
class RaceSettings(Settings):
    """The surface, the rates and the length of the race."""

    surface: str = knob(
        Choice(label="Loss surface", help="The loss of two weights; dark is high.",
               options={name: surface.label for name, surface in SURFACES.items()}),
        "valley",
    )  # fmt: skip
    sgd: float = knob(_rate("SGD"), 0.1)
    momentum: float = knob(_rate("Momentum"), 0.1)
    adam: float = knob(_rate("Adam"), 0.1)
    steps: int = knob(Integer(label="Steps", help="Length of the race.", low=10, high=300, step=10), 100)


@dataclass(frozen=True)
class Path:
    """Where an optimizer went."""

    places: Array  # (steps + 1, 2); shorter if it diverged
    losses: Array  # (steps + 1,)
    diverged: bool

    def steps_to(self, loss: float) -> int | None:
        """The first step at which the loss is that small."""
        below = np.flatnonzero(self.losses <= loss)
        return int(below[0]) if len(below) else None


def paths(settings: RaceSettings) -> dict[str, Path]:
    """The path of every optimizer, all from the same start."""
    return {name: path(settings.surface, name, float(getattr(settings, name)), settings.steps) for name in OPTIMIZERS}


def path(surface: str, optimizer: str, rate: float, steps: int) -> Path:
    """Follow the gradient of a surface."""
    on = SURFACES[surface]
    place = np.array(on.start)
    first, second = np.zeros(2), np.zeros(2)
    places = [place]
    for step in range(1, steps + 1):
        gradient = np.array(on.gradient(float(place[0]), float(place[1])))
        match optimizer:
            case "sgd":
                place = place - rate * gradient
            case "momentum":
                first = MOMENTUM * first + gradient
                place = place - rate * first
            case _:
                first = BETA1 * first + (1 - BETA1) * gradient
                second = BETA2 * second + (1 - BETA2) * gradient**2
                spread = np.sqrt(second / (1 - BETA2**step)) + EPSILON
                place = place - rate * first / (1 - BETA1**step) / spread
        if np.abs(place).max() > FAR:
            break
        places.append(place)
    gone = np.array(places)
    return Path(gone, np.asarray(on.value(gone[:, 0], gone[:, 1])), len(gone) <= steps)


def digit_race(inputs: torch.Tensor, targets: torch.Tensor, *, seed: int) -> dict[str, dict[float, tuple[float, ...]]]:
    """A 196-32-10 network with every optimizer and rate, same start, same batches of 32.

    Args:
        inputs: (N, 196) float32.
        targets: (N,) int64.

    Returns:
        Optimizer → rate → the loss of all examples given, before training and after every tenth step.
    """
    import torch
    from torch.nn import functional as F

    found: dict[str, dict[float, tuple[float, ...]]] = {}
    for optimizer in OPTIMIZERS:
        found[optimizer] = {}
        for rate in DIGIT_RATES:
            generator = torch.Generator().manual_seed(seed)
            parameters = _first(generator)
            stepper = _stepper(optimizer, parameters, rate)
            losses = []
            for step in range(DIGIT_STEPS + 1):
                if step % 10 == 0:
                    with torch.no_grad():
                        losses.append(float(F.cross_entropy(_logits(parameters, inputs), targets)))
                rows = torch.randint(len(inputs), (32,), generator=generator)
                loss = F.cross_entropy(_logits(parameters, inputs[rows]), targets[rows])
                stepper.zero_grad()
                loss.backward()
                stepper.step()
            found[optimizer][rate] = tuple(losses)
    return found


def _first(generator: torch.Generator) -> list[torch.Tensor]:
    """Weights by He's rule and biases of 0, of both layers."""
    import torch

    made = []
    for outputs, inputs in ((32, NUM_FEATURES), (NUM_CLASSES, 32)):
        made.append(torch.randn(outputs, inputs, generator=generator) * (2 / inputs) ** 0.5)
        made.append(torch.zeros(outputs))
    return [tensor.requires_grad_() for tensor in made]


def _logits(parameters: list[torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
    from torch.nn import functional as F

    return F.linear(F.relu(F.linear(inputs, parameters[0], parameters[1])), parameters[2], parameters[3])


def _stepper(optimizer: str, parameters: list[torch.Tensor], rate: float) -> torch.optim.Optimizer:
    import torch

    if optimizer == "adam":
        return torch.optim.Adam(parameters, lr=rate)
    return torch.optim.SGD(parameters, lr=rate, momentum=MOMENTUM if optimizer == "momentum" else 0.0)
