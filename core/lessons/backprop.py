"""One step of learning in a 2-3-1 network: all its numbers. `backprop_substeps.py` tells them one by one.

The arithmetic is plain Python (float64), so that it can be read; `autograd` computes the same with PyTorch.
Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors" (1986).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import InvalidInputError
from core.knobs import Choice, Integer, Real, Settings, knob
from core.lessons.activations import ACTIVATIONS

HIDDEN = (1, 2, 3)
INPUTS = (1, 2)
NUM_STEPS = 20  # sub-steps of `backprop_substeps.py`
PARAMETERS = tuple(
    [f"w{j}{i}" for j in HIDDEN for i in INPUTS] + [f"b{j}" for j in HIDDEN] + [f"v{j}" for j in HIDDEN] + ["c"]
)


def _weight(name: str) -> Real:
    kinds = {"w": "Weight from input {1} to hidden neuron {0}.", "b": "Bias of hidden neuron {0}."}
    kinds |= {"v": "Weight from hidden neuron {0} to the output.", "c": "Bias of the output."}
    return Real(label=name, help=kinds[name[0]].format(*name[1:], "", ""), low=-10.0, high=10.0, step=0.1)


@dataclass(frozen=True)
class StepSettings(Settings):
    """The example, the network and the sub-step that is looked at."""

    x1: float = knob(Real(label="Input x1", help="First number of the example.", low=-2.0, high=2.0, step=0.1), 1.0)
    x2: float = knob(Real(label="Input x2", help="Second number of the example.", low=-2.0, high=2.0, step=0.1), -0.5)
    target: float = knob(Real(label="Target t", help="What the network should say.", low=0.0, high=1.0, step=0.1), 1.0)
    activation: str = knob(
        Choice(
            label="Hidden activation",
            help="What the three hidden neurons do with their sums.",
            options={name: ACTIVATIONS[name].label for name in ("sigmoid", "tanh", "relu")},
        ),
        "tanh",
    )
    loss: str = knob(
        Choice(
            label="Loss",
            help="How far the output is from the target, as one number.",
            options={"mse": "Squared error", "cross_entropy": "Cross-entropy"},
        ),
        "mse",
    )
    learning_rate: float = knob(
        Real(label="Learning rate", help="Size of the step.", low=0.01, high=10.0, step=0.01, scale="log"), 0.5
    )
    w11: float = knob(_weight("w11"), 0.6)
    w12: float = knob(_weight("w12"), -0.4)
    w21: float = knob(_weight("w21"), -0.3)
    w22: float = knob(_weight("w22"), 0.8)
    w31: float = knob(_weight("w31"), 0.5)
    w32: float = knob(_weight("w32"), 0.2)
    b1: float = knob(_weight("b1"), 0.1)
    b2: float = knob(_weight("b2"), 0.0)
    b3: float = knob(_weight("b3"), -0.2)
    v1: float = knob(_weight("v1"), 0.7)
    v2: float = knob(_weight("v2"), -0.5)
    v3: float = knob(_weight("v3"), 0.3)
    c: float = knob(_weight("c"), 0.0)
    step: int = knob(Integer(label="Sub-step", help="How far the step has gone.", low=0, high=NUM_STEPS), 0)


def numbers(settings: StepSettings) -> dict[str, float]:
    """All numbers of the step by name: sums z, outputs h and y, loss L, gradients d…, updated parameters new_…"""
    n = _forward(settings, {name: float(getattr(settings, name)) for name in PARAMETERS})
    n |= _backward(settings, n)
    rate = settings.learning_rate
    new = {name: n[name] - rate * n[f"d{name}"] for name in PARAMETERS}
    n |= {f"new_{name}": value for name, value in new.items()}
    n["new_y"], n["new_L"] = (_forward(settings, new)[name] for name in ("y", "L"))
    return n


def _forward(settings: StepSettings, parameters: dict[str, float]) -> dict[str, float]:
    n = {**parameters, "x1": settings.x1, "x2": settings.x2, "t": settings.target}
    bend = _scalar(ACTIVATIONS[settings.activation].value)
    for j in HIDDEN:
        n[f"z{j}"] = n[f"w{j}1"] * n["x1"] + n[f"w{j}2"] * n["x2"] + n[f"b{j}"]
        n[f"h{j}"] = bend(n[f"z{j}"])
    n["z"] = sum(n[f"v{j}"] * n[f"h{j}"] for j in HIDDEN) + n["c"]
    n["y"] = _scalar(ACTIVATIONS["sigmoid"].value)(n["z"])
    n["L"] = _loss(settings.loss, n["y"], n["t"])
    return n


def _loss(kind: str, y: float, t: float) -> float:
    if kind == "mse":
        return (y - t) ** 2
    if y in (0.0, 1.0):
        raise InvalidInputError(
            f"The output rounds to exactly {y:.0f}, and the logarithm of 0 does not exist, so there is no "
            "cross-entropy. Choose smaller weights."
        )
    return -t * math.log(y) - (1 - t) * math.log(1 - y)


def _backward(settings: StepSettings, n: dict[str, float]) -> dict[str, float]:
    slope = _scalar(ACTIVATIONS[settings.activation].derivative)
    y, t = n["y"], n["t"]
    d = {"dy": 2 * (y - t) if settings.loss == "mse" else (y - t) / (y * (1 - y))}
    d["dc"] = d["dz"] = d["dy"] * y * (1 - y)
    for j in HIDDEN:
        d[f"dv{j}"] = d["dz"] * n[f"h{j}"]
        d[f"dh{j}"] = d["dz"] * n[f"v{j}"]
        d[f"slope{j}"] = slope(n[f"z{j}"])
        d[f"db{j}"] = d[f"dz{j}"] = d[f"dh{j}"] * d[f"slope{j}"]
        for i in INPUTS:
            d[f"dw{j}{i}"] = d[f"dz{j}"] * n[f"x{i}"]
    return d


def _scalar(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[float], float]:
    return lambda value: float(function(np.array([value]))[0])


def autograd(settings: StepSettings) -> dict[str, float]:
    """Loss "L" and all gradients "dw11" … as PyTorch's autograd computes them, in float64."""
    import torch

    def leaf(names: list[str]) -> torch.Tensor:
        return torch.tensor([float(getattr(settings, n)) for n in names], dtype=torch.float64, requires_grad=True)

    names = {
        "w": [f"w{j}{i}" for j in HIDDEN for i in INPUTS],
        "b": [f"b{j}" for j in HIDDEN],
        "v": [f"v{j}" for j in HIDDEN],
        "c": ["c"],
    }
    leaves = {kind: leaf(parts) for kind, parts in names.items()}
    bend = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}[settings.activation]
    x = torch.tensor([settings.x1, settings.x2], dtype=torch.float64)
    hidden = bend(leaves["w"].view(3, 2) @ x + leaves["b"])
    y = torch.sigmoid(leaves["v"] @ hidden + leaves["c"])
    target = torch.full((1,), settings.target, dtype=torch.float64)
    functional = torch.nn.functional
    loss = functional.mse_loss(y, target) if settings.loss == "mse" else functional.binary_cross_entropy(y, target)
    loss.backward()
    found = {"L": float(loss.detach())}
    for kind, parts in names.items():
        gradient = leaves[kind].grad
        assert gradient is not None
        found |= {f"d{name}": value for name, value in zip(parts, gradient.tolist(), strict=True)}
    return found


def after(settings: StepSettings) -> dict[str, float]:
    """The updated parameters, to six digits as the address carries them and inside the allowed range."""
    n = numbers(settings)
    return {name: max(-10.0, min(10.0, float(f"{n[f'new_{name}']:g}"))) for name in PARAMETERS}
