"""One neuron: y = activation(w·x + b) with two to four inputs. The activations themselves are in `activations.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.knobs import Choice, Integer, Real, Settings, knob
from core.lessons.activations import ACTIVATIONS, Array, softmax, softmax_jacobian

PLANE = 3.0  # the plane of two inputs goes from -PLANE to PLANE
SATURATED = 0.05  # a slope below this lets almost nothing through


def _real(label: str, help_: str, low: float, high: float, **more: Any) -> Real:
    return Real(label=label, help=help_, low=low, high=high, step=0.1, **more)


def _input(index: int) -> Real:
    when = {"inputs": tuple(range(index, 5))} if index > 2 else {}
    return _real(f"x{index}", f"Input {index}: a number that comes in.", -PLANE, PLANE, when=when)


def _weight(index: int) -> Real:
    when = {"inputs": tuple(range(index, 5))} if index > 2 else {}
    return _real(
        f"w{index}", f"Weight {index}: how much input {index} counts, and in which direction.", -4.0, 4.0, when=when
    )


def _score(index: int) -> Real:
    return _real(f"Score {index}", f"Sum z of output neuron {index}.", -6.0, 6.0)


@dataclass(frozen=True)
class NeuronSettings(Settings):
    """What can be turned about one neuron."""

    inputs: int = knob(Integer(label="Inputs", help="Numbers that come in.", low=2, high=4), 2)
    activation: str = knob(
        Choice(
            label="Activation",
            help="What the neuron does with its sum.",
            options={name: activation.label for name, activation in ACTIVATIONS.items()},
        ),
        "sigmoid",
    )
    x1: float = knob(_input(1), 1.0)
    x2: float = knob(_input(2), -0.5)
    x3: float = knob(_input(3), 0.5)
    x4: float = knob(_input(4), -1.0)
    w1: float = knob(_weight(1), 1.5)
    w2: float = knob(_weight(2), 1.0)
    w3: float = knob(_weight(3), -1.0)
    w4: float = knob(_weight(4), 0.5)
    b: float = knob(_real("b", "Bias: what the neuron adds by itself. It moves the line.", -6.0, 6.0), 0.0)
    z1: float = knob(_score(1), 2.0)
    z2: float = knob(_score(2), 1.0)
    z3: float = knob(_score(3), -1.0)


@dataclass(frozen=True)
class Neuron:
    """Everything a neuron computes for one input."""

    x: tuple[float, ...]
    w: tuple[float, ...]
    b: float
    products: tuple[float, ...]
    z: float  # weighted sum with bias
    y: float  # output
    slope: float  # dy/dz

    @property
    def is_saturated(self) -> bool:
        """Whether a change of the sum hardly changes the output."""
        return abs(self.slope) < SATURATED


def neuron(settings: NeuronSettings) -> Neuron:
    """All numbers on the way from the inputs to the output."""
    count = settings.inputs
    x = tuple(float(getattr(settings, f"x{i + 1}")) for i in range(count))
    w = tuple(float(getattr(settings, f"w{i + 1}")) for i in range(count))
    products = tuple(a * b for a, b in zip(x, w, strict=True))
    z = sum(products) + settings.b
    activation = ACTIVATIONS[settings.activation]
    at = np.array([z])
    return Neuron(x, w, settings.b, products, z, float(activation.value(at)[0]), float(activation.derivative(at)[0]))


def surface(settings: NeuronSettings, axis: Array) -> Array:
    """Outputs over the plane of the first two inputs, the others as they are: (len(axis), len(axis)), rows are x2."""
    now = neuron(settings)
    rest = now.z - now.products[0] - now.products[1]
    z = now.w[0] * axis[None, :] + now.w[1] * axis[:, None] + rest
    return ACTIVATIONS[settings.activation].value(z)


def line(settings: NeuronSettings) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Ends of the line z = 0 inside the plane of the first two inputs; None where it does not cross the plane."""
    now = neuron(settings)
    w1, w2 = now.w[:2]
    rest = now.z - now.products[0] - now.products[1]
    ends = []
    for side in (-PLANE, PLANE):
        if w2:
            ends.append((side, -(w1 * side + rest) / w2))
        if w1:
            ends.append((-(w2 * side + rest) / w1, side))
    inside = sorted({(round(a, 9), round(b, 9)) for a, b in ends if max(abs(a), abs(b)) <= PLANE + 1e-9})
    return (inside[0], inside[-1]) if len(inside) > 1 else None


def probabilities(settings: NeuronSettings) -> tuple[Array, Array]:
    """Softmax of the three scores: (3,) probabilities and (3, 3) derivatives."""
    z = np.array([settings.z1, settings.z2, settings.z3])
    return softmax(z), softmax_jacobian(z)
