"""Two deep networks that differ in their activation, and the gradient in each of their layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.contract import Metric, Preset
from core.data import registry
from core.knobs import Choice, Config, Integer, Real, knob
from core.lessons.gradient_flow.figures import LANES, NUM_STEPS
from core.lessons.trained_place import length, lesson

if TYPE_CHECKING:
    from core.lessons.side_by_side import Lane

BATCH = 32
NUM_DIGITS = registry.find("mnist5k").sizes[0]
WIDTH = 32  # neurons in each hidden layer
OPTIONS = {"sigmoid": "Sigmoid", "tanh": "tanh", "relu": "ReLU"}


@dataclass(frozen=True)
class GradientsConfig(Config):
    """Two networks that differ in their activation alone."""

    first: str = knob(Choice(label="First network", help="Its activation.", options=OPTIONS), "sigmoid")
    second: str = knob(Choice(label="Second network", help="Its activation.", options=OPTIONS), "relu")
    depth: int = knob(Integer(label="Hidden layers", help=f"Each has {WIDTH} neurons.", low=1, high=10), 8)
    scale: float = knob(
        Real(
            label="Scale of the first weights",
            help="He's rule is 1, which fits ReLU. Larger weights make gradients explode, smaller ones vanish.",
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
    epochs: int = knob(length(NUM_STEPS), 1)


@dataclass(frozen=True)
class GradientSettings(GradientsConfig):
    """What is trained, and the step that is looked at."""

    step: int = knob(Integer(label="Look at step", help="Of the training.", low=1, high=NUM_STEPS), 1)


def _lanes(config: GradientsConfig) -> dict[str, Lane]:
    import torch
    from torch import nn

    from core.lessons.side_by_side import Lane, layered

    activations = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}

    def made(activation: str) -> Lane:
        hidden = [WIDTH] * config.depth
        network = layered(hidden, activations[activation], seed=config.seed, scale=config.scale)
        return Lane(network, torch.optim.SGD(network.parameters(), lr=config.learning_rate), NUM_DIGITS)

    return {lane: made(getattr(config, lane)) for lane in LANES}


DEMO = lesson(
    _lanes,
    steps=NUM_STEPS,
    batch=BATCH,
    layers=True,
    name="gradients",
    title="Gradients layer by layer",
    order=103,
    icon=":material/waterfall_chart:",
    sentence="How much of the gradient reaches the first layer of two deep networks.",
    Config=GradientsConfig,
    presets=(
        Preset(
            name="vanish",
            label="Gradients that vanish",
            sentence="Eight sigmoid layers beside ReLU.",
            values={},
        ),
        Preset(
            name="explode",
            label="Gradients that explode",
            sentence="Weights three times too large, ReLU beside tanh.",
            values={"first": "relu", "second": "tanh", "scale": 3.0},
        ),
    ),
    metrics=tuple(Metric(name=f"{lane}.loss", label=f"Loss of the {lane} network") for lane in LANES),
)
