"""The knobs of the generator in the plane and its presets. Light: no PyTorch here."""

from dataclasses import dataclass, replace
from typing import ClassVar

from core.contract import Preset
from core.data.points import Points
from core.demos.generator.config import GeneratorConfig
from core.knobs import Choice, Config, Integer, knob, knobs

_OF_PICTURES = knobs(GeneratorConfig)


@dataclass(frozen=True)
class PlaneConfig(Config):
    """What a person can turn about two small networks that compete over points."""

    shape: str = knob(
        Choice(
            label="Points",
            help="What the generated points are to look like.",
            options={
                "ring": "Eight heaps on a ring",
                "grid": "25 heaps on a grid",
                "moons": "Two moons",
                "spiral": "A spiral",
                "cross": "A cross",
                "painted": "Your own, painted",
            },
        ),
        "ring",
    )
    painted: str = knob(
        Points(
            label="Painting",
            help="Painted on this page; a little is scattered around each.",
            when={"shape": ("painted",)},
        ),
        "",
    )
    loss: str = knob(_OF_PICTURES["loss"], "relativistic")
    penalty: float = knob(_OF_PICTURES["penalty"], 0.1)
    penalty_every: int = knob(_OF_PICTURES["penalty_every"], 1)
    width: int = knob(
        Integer(
            label="Width",
            help="Neurons in each of the two hidden layers of both.",
            unit="neurons",
            low=8,
            high=128,
            step=8,
        ),
        64,
    )
    latent: int = knob(
        Integer(
            label="Latent size",
            help="Random numbers behind each point. With 1 or 2 the mapping itself can be drawn.",
            unit="numbers",
            low=1,
            high=16,
            choices=(1, 2, 4, 16),
        ),
        2,
    )
    generator_rate: float = knob(_OF_PICTURES["generator_rate"], 2e-3)
    discriminator_rate: float = knob(_OF_PICTURES["discriminator_rate"], 2e-3)
    generator_optimizer: str = knob(_OF_PICTURES["generator_optimizer"], "adam")
    discriminator_optimizer: str = knob(_OF_PICTURES["discriminator_optimizer"], "adam")
    discriminator_steps: int = knob(_OF_PICTURES["discriminator_steps"], 1)
    averaging: float = knob(_OF_PICTURES["averaging"], 0.95)
    batch_size: int = knob(
        replace(
            _OF_PICTURES["batch_size"], help="Real points behind each step, and as many generated ones.", unit="points"
        ),
        128,
    )
    epochs: int = knob(knobs(Config)["epochs"], 60)
    augmentation: ClassVar[str] = "none"


PRESETS = (
    Preset(
        name="ring",
        label="Eight heaps",
        sentence="The usual test: either the generator finds all eight, or it falls for a few.",
        values={},
    ),
    Preset(
        name="collapse",
        label="Collapse on purpose",
        sentence="A fast generator, a slow discriminator and the loss of 2014: it runs after one heap, then the next.",
        values={
            "loss": "non_saturating",
            "generator_rate": 1e-2,
            "discriminator_rate": 3e-5,
            "averaging": 0.0,
        },
    ),
    Preset(
        name="painted",
        label="Your own shape",
        sentence="Paint points, and the generator learns where they are.",
        values={"shape": "painted"},
        open=("painted",),
    ),
    Preset(
        name="line",
        label="A line for a spiral",
        sentence="One random number alone: the generator bends a line until it lies on the spiral.",
        values={"shape": "spiral", "latent": 1},
    ),
)
