"""How large the gradient is in each layer of a deep network while it learns: where it vanishes, where it explodes.

Hochreiter 1991; Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.foundations.digits import NUM_CLASSES, NUM_FEATURES
from core.knobs import Choice, Integer, Real, Settings, knob

if TYPE_CHECKING:
    import torch

NUM_STEPS = 60
WIDTH = 32  # neurons in each hidden layer
BATCH = 32
OPTIONS = {"sigmoid": "Sigmoid", "tanh": "tanh", "relu": "ReLU"}


@dataclass(frozen=True)
class GradientSettings(Settings):
    """Two networks that differ in their activation alone."""

    first: str = knob(Choice(label="First network", help="Its activation.", options=OPTIONS), "sigmoid")
    second: str = knob(Choice(label="Second network", help="Its activation.", options=OPTIONS), "relu")
    depth: int = knob(Integer(label="Hidden layers", help=f"Each has {WIDTH} neurons.", low=1, high=10), 8)
    scale: float = knob(
        Real(
            label="Scale of the first weights",
            help="1 is He's rule, which fits ReLU. Larger weights make gradients explode, smaller ones vanish.",
            low=0.2,
            high=4.0,
            step=0.1,
        ),
        1.0,
    )
    learning_rate: float = knob(
        Real(label="Learning rate", help="Size of a step of SGD.", low=0.001, high=1.0, step=0.001, scale="log"), 0.1
    )
    seed: int = knob(Integer(label="Seed", help="Start of all random numbers.", low=0, high=99), 0)
    step: int = knob(Integer(label="Look at step", help="Of the training.", low=1, high=NUM_STEPS), 1)


@dataclass(frozen=True)
class Flow:
    """One network's training."""

    sizes: npt.NDArray[np.float64]  # (steps, layers) root mean square of each layer's weight gradient
    losses: tuple[float, ...]  # of the batch, before each step
    diverged_at: int | None  # first step whose loss or gradient was not finite


def flow(settings: GradientSettings, activation: str, inputs: torch.Tensor, targets: torch.Tensor) -> Flow:
    """Train a network for `NUM_STEPS` and write down its gradients.

    Args:
        inputs: (N, 196) float32.
        targets: (N,) int64 classes.
    """
    import torch
    from torch.nn import functional as F

    generator = torch.Generator().manual_seed(settings.seed)
    bend = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}[activation]
    sizes = [NUM_FEATURES, *([WIDTH] * settings.depth), NUM_CLASSES]
    weights = []
    for before, after in itertools.pairwise(sizes):
        weight = torch.randn(after, before, generator=generator) * settings.scale * (2 / before) ** 0.5
        weights.append(weight.requires_grad_())
    biases = [torch.zeros(size, requires_grad=True) for size in sizes[1:]]
    measured: list[list[float]] = []
    losses: list[float] = []
    for step in range(NUM_STEPS):
        rows = torch.randint(len(inputs), (BATCH,), generator=generator)
        values = inputs[rows]
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            values = bend(F.linear(values, weight, bias))
        loss = F.cross_entropy(F.linear(values, weights[-1], biases[-1]), targets[rows])
        gradients = torch.autograd.grad(loss, [*weights, *biases])
        now = [float(gradient.double().square().mean().sqrt()) for gradient in gradients[: len(weights)]]
        if not np.isfinite([float(loss.detach()), *now]).all():
            return Flow(np.array(measured).reshape(step, len(weights)), tuple(losses), step + 1)
        measured.append(now)
        losses.append(float(loss.detach()))
        with torch.no_grad():
            for parameter, gradient in zip([*weights, *biases], gradients, strict=True):
                parameter -= settings.learning_rate * gradient
    return Flow(np.array(measured), tuple(losses), None)
