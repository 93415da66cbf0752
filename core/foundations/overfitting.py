"""A big network and few examples: it learns them by heart. And what helps: dropout, L2, more data, stopping early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.foundations.digits import NUM_CLASSES, NUM_FEATURES
from core.knobs import Integer, Real, Settings, knob

if TYPE_CHECKING:
    import torch

HIDDEN = 256
BATCH = 25
NUM_STEPS = 240
EVERY = 8  # steps between two measurements
RATE = 1e-3  # of Adam
REMEDIES = {"dropout": "Dropout", "l2": "L2", "data": "More data", "early": "Early stopping"}


@dataclass(frozen=True)
class OverfittingSettings(Settings):
    """How much of each remedy."""

    examples: int = knob(
        Integer(label="Examples", help="Training digits of the first run.", low=20, high=400, step=20), 100
    )
    dropout: float = knob(
        Real(label="Dropout", help="Share of hidden neurons switched off in each step.", low=0.1, high=0.8, step=0.1),
        0.5,
    )
    l2: float = knob(
        Real(label="L2", help="Pull on every weight towards 0 (weight decay).", low=0.001, high=0.1, step=0.001), 0.02
    )
    more: int = knob(
        Integer(label="More data", help="Training digits of the run with more of them.", low=200, high=3000, step=100),
        1000,
    )
    seed: int = knob(Integer(label="Seed", help="Start of all random numbers.", low=0, high=99), 0)


@dataclass(frozen=True)
class Digits:
    """Small digits in three parts; the first `examples` of `train` are learned from."""

    train: tuple[torch.Tensor, torch.Tensor]
    validation: tuple[torch.Tensor, torch.Tensor]
    test: tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Learned:
    """One run. Losses are cross-entropy (nats), accuracies shares in [0, 1]."""

    examples: int
    steps: tuple[int, ...]
    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    validation_accuracy: tuple[float, ...]
    test_accuracy: tuple[float, ...]

    @property
    def best(self) -> int:
        """Index of the measurement with the lowest validation loss: where early stopping goes back to."""
        return int(np.argmin(self.validation_loss))


def learn(settings: OverfittingSettings, digits: Digits, remedy: str = "") -> Learned:
    """Train a 196-256-256-10 network with Adam, with one remedy or none. Early stopping trains as none does."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        dropout = settings.dropout if remedy == "dropout" else 0.0
        network = nn.Sequential(
            nn.Linear(NUM_FEATURES, HIDDEN), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Dropout(dropout), nn.Linear(HIDDEN, NUM_CLASSES),
        )  # fmt: skip
        optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.0)
        count = settings.more if remedy == "data" else settings.examples
        inputs, targets = (part[:count] for part in digits.train)
        rows: list[list[float]] = []
        order = torch.empty(0, dtype=torch.int64)
        for step in range(NUM_STEPS + 1):
            if step % EVERY == 0:
                rows.append([step, *_measured(network, (inputs[:500], targets[:500]), digits)])
            if len(order) == 0:
                order = torch.randperm(count)
            batch, order = order[:BATCH], order[BATCH:]
            loss = F.cross_entropy(network(inputs[batch]), targets[batch])
            if remedy == "l2":
                squares = torch.stack([parameter.square().sum() for parameter in network.parameters()]).sum()
                loss = loss + settings.l2 / 2 * squares
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    columns = list(zip(*rows, strict=True))
    return Learned(count, tuple(int(step) for step in columns[0]), *columns[1:])


def _measured(network: torch.nn.Module, train: tuple[torch.Tensor, torch.Tensor], digits: Digits) -> list[float]:
    """Loss on training and validation digits, accuracy on training, validation and test digits."""
    import torch
    from torch.nn import functional as F

    network.eval()
    found = []
    with torch.no_grad():
        for inputs, targets in (train, digits.validation, digits.test):
            logits = network(inputs)
            right = float((logits.argmax(1) == targets).float().mean())
            found.append((float(F.cross_entropy(logits, targets)), right))
    network.train()
    (train_loss, train_right), (validation_loss, validation_right), (_, test_right) = found
    return [train_loss, validation_loss, train_right, validation_right, test_right]
