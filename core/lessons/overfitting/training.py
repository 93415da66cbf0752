"""A big network that learns few examples, and three more of its kind with a remedy each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from core.contract import Metric, Preset
from core.knobs import Config, Integer, Real, knob
from core.lessons.overfitting.figures import EVERY, LANES, NUM_PARTS
from core.lessons.small_digits import NUM_CLASSES, NUM_FEATURES
from core.lessons.trained_place import length, lesson

if TYPE_CHECKING:
    from core.lessons.side_by_side import Lane

HIDDEN, BATCH = 128, 25
RATE = 1e-3  # of Adam
WIDTHS = (NUM_FEATURES, HIDDEN, HIDDEN, NUM_CLASSES)
NUM_WEIGHTS = sum((before + 1) * after for before, after in pairwise(WIDTHS))


@dataclass(frozen=True)
class OverfittingConfig(Config):
    """How much of each remedy."""

    examples: int = knob(
        Integer(label="Examples", help="Training digits of the first network.", low=20, high=400, step=20), 100
    )
    dropout: float = knob(
        Real(label="Dropout", help="Share of hidden neurons switched off in each step.", low=0.1, high=0.8, step=0.1),
        0.5,
    )
    l2: float = knob(
        Real(label="L2", help="Pull on every weight towards 0 (weight decay).", low=0.001, high=0.1, step=0.001), 0.02
    )
    more: int = knob(
        Integer(
            label="More data", help="Training digits of the network with more of them.", low=200, high=3000, step=100
        ),
        1000,
    )
    seed: int = knob(Integer(label="Seed", help="Start of all random numbers.", low=0, high=99), 0)
    epochs: int = knob(length(EVERY), NUM_PARTS)


def _lanes(config: OverfittingConfig) -> dict[str, Lane]:
    import torch
    from torch import nn

    from core.lessons.side_by_side import Lane, layered

    def made(lane: str) -> Lane:
        dropout = config.dropout if lane == "dropout" else 0.0
        network = layered([HIDDEN, HIDDEN], nn.ReLU, seed=config.seed, dropout=dropout)
        examples = config.more if lane == "data" else config.examples
        optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
        return Lane(network, optimizer, examples, l2=config.l2 if lane == "l2" else 0.0)

    return {lane: made(lane) for lane in LANES}


DEMO = lesson(
    _lanes,
    steps=EVERY,
    batch=BATCH,
    measures_all=True,
    name="overfitting",
    title="Overfitting and its remedies",
    order=104,
    icon=":material/menu_book:",
    sentence="A big network and few digits, and what helps.",
    Config=OverfittingConfig,
    presets=(
        Preset(
            name="hundred",
            label="Overfitting: 100 digits",
            sentence="A network without a remedy and three with one, 240 steps.",
            values={},
        ),
    ),
    metrics=tuple(
        Metric(name=f"{lane}.test.accuracy", label=f"Test accuracy, {label}", unit="%", goal="max")
        for lane, label in LANES.items()
    ),
)
