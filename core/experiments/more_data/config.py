"""What is fitted to how many examples, in which order. Nothing is fitted here."""

from dataclasses import dataclass, replace

from core.contract import Preset
from core.data import registry
from core.demos.digits.config import DigitsConfig
from core.experiments.classical.config import METHODS, PIXELS, ClassicalConfig
from core.knobs import Config, Integer, knob, knobs

NETWORK = "network"
NUM_SEEDS = 3
NUM_SEED_VALUES = knobs(Config)["seed"].high + 1  # type: ignore[attr-defined]  # after the last one 0 comes next
FEWEST = 10  # examples: one of each class
NEAR = 1.5  # a size less than so many times smaller than all examples would say the same as all
LEARNERS = (
    *((method, features) for method in ("logistic", "svm", "forest") for features in PIXELS),
    (NETWORK, "pixels"),
)  # the quickest first


@dataclass(frozen=True)
class Fit:
    """One fit."""

    method: str  # NETWORK, or one of the classical METHODS
    features: str  # of PIXELS
    examples: int
    seed: int

    @property
    def label(self) -> str:
        """ "Network", "SVM on gradient histograms"."""
        return "Network" if self.method == NETWORK else f"{METHODS[self.method]} on {PIXELS[self.features].lower()}"


def sizes(num_examples: int) -> list[int]:
    """10, 30, 100, 300 … and all: steps of about the same ratio."""
    steps = [factor * 10**power for power in range(1, 9) for factor in (1, 3)]
    return [*(size for size in steps if FEWEST <= size <= num_examples / NEAR), num_examples]


def _one_pass(data: str, svm_examples: int) -> list[tuple[str, str, int]]:
    """Method, features and size of every fit with one seed, the smallest size first."""
    return [
        (method, features, size)
        for size in sizes(registry.find(data).sizes[0])
        for method, features in LEARNERS
        if method != "svm" or size <= svm_examples
    ]


@dataclass(frozen=True)
class MoreDataConfig(Config):
    """Each fit is of one method, to a part of the training examples."""

    data: str = knob(
        replace(knobs(DigitsConfig)["data"], help="What is learned, in the splits of page Digits."), "mnist5k"
    )
    svm_examples: int = knob(
        replace(
            knobs(ClassicalConfig)["svm_examples"],
            help="Its time grows with the square of the examples, so it gets no more than so many.",
        ),
        10_000,
    )
    epochs: int = knob(
        Integer(
            label="Fits",
            help="Every method on every number of examples; after the last it begins again with the next seed.",
            low=1,
            high=1_000,
        ),
        NUM_SEEDS * len(_one_pass("mnist5k", 10_000)),
    )


def fits_a_seed(config: MoreDataConfig) -> int:
    """How many fits there are before the next seed begins."""
    return len(_one_pass(config.data, config.svm_examples))


def planned(config: MoreDataConfig, index: int) -> Fit:
    """The fit of this number, from 0 on."""
    fits = _one_pass(config.data, config.svm_examples)
    again, place = divmod(index, len(fits))
    return Fit(*fits[place], (config.seed + again) % NUM_SEED_VALUES)


def measuring(data: str) -> MoreDataConfig:
    """The config that measures a data set with `NUM_SEEDS` seeds."""
    config = MoreDataConfig(data=data)
    return replace(config, epochs=NUM_SEEDS * fits_a_seed(config))


PRESETS = (
    Preset(
        name="mnist5k",
        label="More data: 5,000 MNIST digits",
        sentence="From 10 to 3,500 digits, three seeds: a few minutes.",
        values={},
    ),
    Preset(
        name="mnist",
        label="More data: full MNIST",
        sentence="From 10 to 55,000 digits, three seeds.",
        values={"data": "mnist", "epochs": measuring("mnist").epochs},
    ),
    Preset(
        name="fashion",
        label="More data: Fashion-MNIST",
        sentence="From 10 to 55,000 pictures of clothes, three seeds.",
        values={"data": "fashion", "epochs": measuring("fashion").epochs},
    ),
)
