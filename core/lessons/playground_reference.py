"""The playground's training in PyTorch, float32: what the browser must compute as well.

Order of examples and dropout come from Mulberry32 (Tommy Ettinger, 2017, public domain), a generator of a few lines
that exists once here and once in `ui/lessons/browser/network.js`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch.nn import functional as F

from core.lessons.playground import REGRESSIONS, Array, PlaygroundSettings, layers, rates, start

_MASK = 0xFFFFFFFF
_BEND: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "linear": lambda z: z,
}
MOMENTUM = 0.9


def uniform(seed: int, stream: int, position: int) -> Iterator[float]:
    """Endless numbers in [0, 1), different for each seed, stream (0 order, 1 dropout) and position."""
    state = (seed * 0x9E3779B1 ^ (2 * position + stream + 1) * 0x85EBCA6B) & _MASK
    while True:
        state = (state + 0x6D2B79F5) & _MASK
        t = ((state ^ state >> 15) * (state | 1)) & _MASK
        t ^= (t + (((t ^ t >> 7) * (t | 61)) & _MASK)) & _MASK
        yield (t ^ t >> 14) / 2**32


def order(seed: int, epoch: int, count: int) -> list[int]:
    """The examples of an epoch in a random order (Fisher and Yates)."""
    numbers = uniform(seed, 0, epoch)
    places = list(range(count))
    for last in range(count - 1, 0, -1):
        other = int(next(numbers) * (last + 1))
        places[last], places[other] = places[other], places[last]
    return places


def train(settings: PlaygroundSettings, steps: int) -> tuple[list[Array], list[Array]]:
    """Weights (out, in) and biases (out,) of every layer after so many steps."""
    begin = start(settings)
    weights = [torch.tensor(weight, requires_grad=True) for weight in begin.weights]
    biases = [torch.zeros(len(weight), requires_grad=True) for weight in begin.weights]
    optimizer = _optimizer(settings, weights, biases)
    inputs, targets = torch.from_numpy(begin.inputs), torch.from_numpy(begin.targets)
    per_epoch = -(-begin.num_train // settings.batch_size)
    changes = rates(settings.rates)
    places: list[int] = []
    for step in range(steps):
        epoch, within = divmod(step, per_epoch)
        if within == 0:
            places = order(settings.seed, epoch, begin.num_train)
        batch = places[within * settings.batch_size : (within + 1) * settings.batch_size]
        for group in optimizer.param_groups:
            group["lr"] = next(rate for since, rate in reversed(changes) if since <= step)
        loss = _loss(settings, _forward(settings, weights, biases, inputs[batch], step), targets[batch])
        loss = loss + settings.l1 * torch.stack([weight.abs().sum() for weight in weights]).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [w.detach().numpy() for w in weights], [b.detach().numpy() for b in biases]


def _forward(
    settings: PlaygroundSettings,
    weights: list[torch.Tensor],
    biases: list[torch.Tensor],
    values: torch.Tensor,
    step: int,
) -> torch.Tensor:
    """(B, F) features → (B,) outputs before the last activation, with dropout."""
    numbers = uniform(settings.seed, 1, step)
    for (activation, count), weight, bias in zip(layers(settings.layers), weights, biases, strict=False):
        values = _BEND[activation](values @ weight.T + bias)
        if settings.dropout:
            drawn = np.array(list(itertools.islice(numbers, len(values) * count))).reshape(len(values), count)
            kept = torch.from_numpy((drawn >= settings.dropout).astype(np.float32))
            values = values * kept / (1 - settings.dropout)
    return (values @ weights[-1].T + biases[-1])[:, 0]


def _loss(settings: PlaygroundSettings, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    if settings.data in REGRESSIONS:
        return F.mse_loss(outputs, targets)
    if settings.loss == "mse":
        return F.mse_loss(outputs.sigmoid(), targets)
    return F.binary_cross_entropy_with_logits(outputs, targets)


def _optimizer(
    settings: PlaygroundSettings, weights: list[torch.Tensor], biases: list[torch.Tensor]
) -> torch.optim.Optimizer:
    groups = [{"params": weights, "weight_decay": settings.l2}, {"params": biases, "weight_decay": 0.0}]
    if settings.optimizer == "adam":
        return torch.optim.Adam(groups, lr=0.1)
    return torch.optim.SGD(groups, lr=0.1, momentum=MOMENTUM if settings.optimizer == "momentum" else 0.0)
