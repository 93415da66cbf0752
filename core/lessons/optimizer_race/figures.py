"""Optimizers side by side: on surfaces of two numbers, in plain formulas, and what a race on digits found.

SGD; momentum (Polyak 1964) as PyTorch has it; Adam (Kingma and Ba 2015). The race on digits is run by
`core.lessons.optimizer_race.training`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contract import Evaluated, Event
from core.knobs import Choice, Integer, Real, Settings, knob

Array = npt.NDArray[np.float64]
OPTIMIZERS = {"sgd": "SGD", "momentum": "Momentum", "adam": "Adam"}
MOMENTUM, BETA1, BETA2, EPSILON = 0.9, 0.9, 0.999, 1e-8
FAR = 1e6  # a path that goes further has diverged
RATES = (0.001, 0.01, 0.1, 1.0)  # on digits
EVERY, NUM_PARTS = 5, 12  # steps between two measurements; measurements
NUM_STEPS = EVERY * NUM_PARTS

Line = tuple[tuple[int, float], ...]  # steps done, loss then
Losses = dict[str, dict[float, Line]]  # optimizer → rate → its line


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


def lane(optimizer: str, rate: float) -> str:
    """The name of a network: "sgd 0.1"."""
    return f"{optimizer} {rate:g}"


LANES = {lane(optimizer, rate): (optimizer, rate) for optimizer in OPTIMIZERS for rate in RATES}


def losses(events: Iterable[Event]) -> Losses:
    """What a run has found so far; the line of a network that left the range of float32 ends there."""
    found = [event for event in events if isinstance(event, Evaluated)]

    def line(name: str) -> Line:
        return tuple((event.step, event.metrics[name]) for event in found if name in event.metrics)

    return {optimizer: {rate: line(f"{lane(optimizer, rate)}.loss") for rate in RATES} for optimizer in OPTIMIZERS}
