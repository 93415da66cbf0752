"""What can be chosen about a measurement of classical methods: data, methods, features. Nothing is fitted here."""

from dataclasses import dataclass, replace

from core.contract import Preset
from core.demos.digits.config import DigitsConfig
from core.knobs import Choice, Config, Integer, knob, knobs

METHODS = {
    "neighbours": "Nearest neighbours",
    "logistic": "Logistic regression",
    "forest": "Random forest",
    "svm": "SVM",
}  # the quickest first
FEATURES = {"pixels": "Pixels", "gradients": "Gradient histograms"}
_DIGITS = knobs(DigitsConfig)


@dataclass(frozen=True)
class ClassicalConfig(Config):
    """Which methods are fitted to what. Every epoch fits one pair of method and features to all training examples."""

    data: str = knob(
        replace(_DIGITS["data"], help="What the methods learn from, in the network's own splits."), "mnist5k"
    )
    share: float = knob(replace(_DIGITS["share"], help="Less data, quicker and worse."), 100.0)
    methods: str = knob(
        Choice(
            label="Methods",
            help="Which of the methods are fitted.",
            options={"all": "All four", **METHODS},
        ),
        "all",
    )
    features: str = knob(
        Choice(
            label="Features",
            help="What the methods read: the pixels, or which way the edges run in each part of the picture.",
            options={"both": "Pixels, then gradient histograms", **FEATURES},
        ),
        "both",
    )
    svm_examples: int = knob(
        Integer(
            label="Examples for the SVM",
            help="Its time grows with the square of the examples, so it gets at most so many, drawn at random.",
            low=1_000,
            high=60_000,
            step=1_000,
            more=True,
        ),
        10_000,
    )
    epochs: int = knob(
        Integer(
            label="Fits",
            help="Pairs of method and features to fit; after the last pair it begins again with the next seed.",
            low=1,
            high=100,
        ),
        len(METHODS) * len(FEATURES),
    )


@dataclass(frozen=True)
class Fit:
    """What one epoch fits."""

    method: str  # of METHODS
    features: str  # of FEATURES
    seed: int

    @property
    def label(self) -> str:
        """ "SVM on gradient histograms"."""
        return f"{METHODS[self.method]} on {FEATURES[self.features].lower()}"


def pairs(config: ClassicalConfig) -> list[tuple[str, str]]:
    """All chosen pairs of method and features, in the order in which they are fitted."""
    methods = METHODS if config.methods == "all" else [config.methods]
    features = FEATURES if config.features == "both" else [config.features]
    return [(method, feature) for method in methods for feature in features]


def planned(config: ClassicalConfig, index: int) -> Fit:
    """The fit of epoch `index`, from 0 on."""
    chosen = pairs(config)
    again, place = divmod(index, len(chosen))
    method, features = chosen[place]
    return Fit(method, features, config.seed + again)


PRESETS = (
    Preset(
        name="everything",
        label="Classical methods",
        sentence="Four methods, each on pixels and on gradient histograms.",
        values={},
    ),
    Preset(
        name="pixels",
        label="Classical methods on pixels",
        sentence="Four methods that see what the network sees.",
        values={"features": "pixels", "epochs": 4},
    ),
)
