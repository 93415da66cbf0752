"""Optimizers and learning rates from the same start, on digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.contract import Metric, Preset
from core.knobs import Config, knob
from core.lessons.optimizer_race.figures import EVERY, LANES, MOMENTUM, NUM_PARTS, OPTIMIZERS
from core.lessons.trained_place import length, lesson

if TYPE_CHECKING:
    from core.lessons.side_by_side import Lane

NUM_DIGITS, BATCH, HIDDEN = 500, 32, 32


@dataclass(frozen=True)
class RaceConfig(Config):
    """Three optimizers with four learning rates each."""

    epochs: int = knob(length(EVERY), NUM_PARTS)


def _lanes(config: RaceConfig) -> dict[str, Lane]:
    import torch
    from torch import nn

    from core.lessons.side_by_side import Lane, layered

    def made(optimizer: str, rate: float) -> Lane:
        network = layered([HIDDEN], nn.ReLU, seed=config.seed)
        weights = network.parameters()
        if optimizer == "adam":
            return Lane(network, torch.optim.Adam(weights, lr=rate), NUM_DIGITS)
        momentum = MOMENTUM if optimizer == "momentum" else 0.0
        return Lane(network, torch.optim.SGD(weights, lr=rate, momentum=momentum), NUM_DIGITS)

    return {name: made(*settings) for name, settings in LANES.items()}


DEMO = lesson(
    _lanes,
    steps=EVERY,
    batch=BATCH,
    num_measured=NUM_DIGITS,
    name="race",
    title="Optimizer race on digits",
    order=102,
    icon=":material/flag:",
    sentence="SGD, momentum and Adam with four learning rates, from the same start.",
    Config=RaceConfig,
    presets=(Preset(name="twelve", label="Optimizer race on digits", sentence="Twelve networks.", values={}),),
    metrics=tuple(
        Metric(name=f"{name}.loss", label=f"Loss of {OPTIMIZERS[optimizer]}, rate {rate:g}")
        for name, (optimizer, rate) in LANES.items()
    ),
)
