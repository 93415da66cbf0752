"""The knobs of the Generator demo and its presets. Light: no PyTorch here."""

from dataclasses import dataclass, replace

from core.contract import Preset
from core.knobs import Choice, Config, Flag, Integer, Real, Reference, knob, knobs
from core.release import WEIGHTS, ReleaseModel
from core.training.knobs import AVERAGING, BATCH_SIZE, DEVICE, learning_rate_of, optimizer_of

RELEASES = {
    "release": ReleaseModel(WEIGHTS / "generator", part="mnist", label="Digits"),
    "clothes": ReleaseModel(WEIGHTS / "generator", part="fashion", label="Clothes"),
}


@dataclass(frozen=True)
class GeneratorConfig(Config):
    """What a person can turn about two competing networks and their training."""

    data: str = knob(
        Choice(
            label="Data",
            help="What the pictures are to look like.",
            options={
                "mnist5k": "5,000 MNIST digits",
                "mnist": "Full MNIST (70,000)",
                "fashion": "Fashion-MNIST (70,000)",
                "own": "Your own pictures",
            },
        ),
        "mnist5k",
    )
    pictures: str = knob(
        Reference(label="Own pictures", help="The zip that was given on this page.", when={"data": ("own",)}), ""
    )
    conditional: bool = knob(
        Flag(
            label="Conditional",
            help="Both networks are told the class, so that a picture of it can be asked for.",
            when={"data": ("mnist5k", "mnist", "fashion")},
        ),
        True,
    )
    loss: str = knob(
        Choice(
            label="Loss",
            help="How the discriminator's scores become what each of the two networks makes small.",
            options={
                "relativistic": "Relativistic, with R1 and R2 (R3GAN, 2024)",
                "non_saturating": "Non-saturating (2014)",
                "least_squares": "Least squares (2017)",
                "wasserstein": "Wasserstein with gradient penalty (2017)",
            },
        ),
        "relativistic",
    )
    penalty: float = knob(
        Real(
            label="Gradient penalty",
            help="How strongly D's gradient is held small (relativistic) or near one (Wasserstein).",
            low=1e-3,
            high=100.0,
            step=1e-3,
            scale="log",
            more=True,
            when={"loss": ("relativistic", "wasserstein")},
        ),
        0.02,
    )
    penalty_every: int = knob(
        Integer(
            label="Penalty every",
            help="The gradient penalty is computed only so often, and then counts as much more.",
            unit="steps",
            low=1,
            high=16,
            choices=(1, 2, 4, 8, 16),
            more=True,
            when={"loss": ("relativistic", "wasserstein")},
        ),
        8,
    )
    width: int = knob(
        Integer(
            label="Width",
            help="Filters of the layers near the picture, in both.",
            unit="filters",
            low=8,
            high=64,
            step=8,
        ),
        16,
    )
    latent: int = knob(
        Integer(
            label="Latent size",
            help="Random numbers behind each picture.",
            unit="numbers",
            low=2,
            high=128,
            choices=(2, 8, 16, 32, 64, 128),
        ),
        16,
    )
    generator_rate: float = knob(learning_rate_of("G"), 1e-2)
    discriminator_rate: float = knob(learning_rate_of("D"), 3e-3)
    generator_optimizer: str = knob(optimizer_of("G"), "adam")
    discriminator_optimizer: str = knob(optimizer_of("D"), "adam")
    discriminator_steps: int = knob(
        Integer(
            label="Steps of D",
            help="Updates of the discriminator for each one of the generator.",
            unit="steps",
            low=1,
            high=5,
            more=True,
        ),
        1,
    )
    averaging: float = knob(
        replace(
            AVERAGING,
            help="Draws with a moving average of G's weights; 0.99 averages about the last 100 steps. 0 is off.",
        ),
        0.98,
    )
    augmentation: str = knob(
        Choice(
            label="Augmentation of D",
            help="Moves what D sees, real and generated alike, so that it cannot learn few pictures by heart.",
            options={"none": "None", "shift": "Shift", "shift_cut": "Shift and cut out"},
            more=True,
        ),
        "none",
    )
    batch_size: int = knob(
        replace(
            BATCH_SIZE,
            help="Real pictures behind each step, and as many generated ones.",
            unit="images",
            low=16,
            high=512,
            choices=(16, 32, 64, 128, 256, 512),
        ),
        32,
    )
    epochs: int = knob(knobs(Config)["epochs"], 6)
    device: str = knob(DEVICE, "auto")

    @property
    def has_classes(self) -> bool:
        """Whether the networks are told a class; pictures of one's own have none."""
        return self.conditional and self.data != "own"


_LARGE = {"width": 32, "latent": 64, "batch_size": 64}

PRESETS = (
    Preset(
        name="quick",
        label="Quick",
        sentence="Two small networks and 3,500 digits: nearly all can be read after six passes.",
        values={},
    ),
    Preset(
        name="best",
        label="Best",
        sentence="All of MNIST, larger networks, smaller steps, ten passes: the release model, in half an hour.",
        values={
            "data": "mnist",
            **_LARGE,
            "penalty": 0.2,
            "generator_rate": 5e-4,
            "discriminator_rate": 5e-4,
            "averaging": 0.999,
            "epochs": 10,
        },
    ),
    Preset(
        name="collapse",
        label="Collapse on purpose",
        sentence="A fast generator that is told no class meets a slow discriminator: it finds one picture that passes.",
        values={"conditional": False, "loss": "non_saturating", "discriminator_rate": 3e-5, "averaging": 0.0},
    ),
    Preset(
        name="original",
        label="The loss of 2014",
        sentence="Non-saturating, as in the first paper on such networks, with the optimizer of DCGAN.",
        values={
            "loss": "non_saturating",
            "generator_optimizer": "adam_momentum",
            "discriminator_optimizer": "adam_momentum",
            "generator_rate": 1e-3,
            "discriminator_rate": 1e-3,
        },
    ),
)
