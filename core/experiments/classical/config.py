"""What can be chosen about a measurement of classical methods: data, methods, features. Nothing is fitted here."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import ClassVar

from core.contract import Preset
from core.demos.digits.config import DigitsConfig
from core.demos.sentiment.config import SentimentConfig
from core.demos.voice.config import VoiceConfig
from core.knobs import Choice, Config, Integer, Knob, knob, knobs

METHODS = {
    "neighbours": "Nearest neighbours",
    "logistic": "Logistic regression",
    "forest": "Random forest",
    "svm": "SVM",
}  # the quickest first
TEXT_METHODS = {"bayes": "Naive Bayes", "sparse_logistic": "Logistic regression"}
_FITS = Integer(
    label="Fits",
    help="Pairs of method and features to fit; after the last pair it begins again with the next seed.",
    low=1,
    high=100,
)


def _methods(options: Mapping[str, str], all_of_them: str) -> Knob:
    return Choice(label="Methods", help="Which of the methods are fitted.", options={"all": all_of_them, **options})


def _features(options: Mapping[str, str], *, both: str, help: str) -> Knob:
    return Choice(label="Features", help=help, options={"both": both, **options})


def _same(config_type: type[Config], name: str, help: str) -> Knob:
    """The knob by which a network's data is chosen, with a help of its own."""
    return replace(knobs(config_type)[name], help=help)


@dataclass(frozen=True)
class MethodsConfig(Config):
    """Which methods are fitted to what. Each fit is of one pair of method and features to all training examples.

    What a demo adds beside them are the knobs that choose the data, named as in the config of its networks.
    """

    METHODS: ClassVar[Mapping[str, str]] = METHODS
    FEATURES: ClassVar[Mapping[str, str]] = {}  # what the methods can read of an example, the plainer first

    methods: str = knob(_methods(METHODS, "All four"), "all")
    features: str = knob(_features({}, both="Both", help="What the methods read."), "both")
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
    epochs: int = knob(_FITS, 8)


_DATA = "What the methods learn from, in the network's own splits."
_SHARE = "Less data, quicker and worse."
PIXELS = {"pixels": "Pixels", "gradients": "Gradient histograms"}
SOUNDS = {"clip": "MFCCs of the whole clip", "fifths": "MFCCs of each fifth of the word"}
WORDS = {"words": "Words", "pairs": "Words and pairs"}


@dataclass(frozen=True)
class ClassicalConfig(MethodsConfig):
    """The methods on digits."""

    FEATURES: ClassVar[Mapping[str, str]] = PIXELS

    data: str = knob(_same(DigitsConfig, "data", _DATA), "mnist5k")
    share: float = knob(_same(DigitsConfig, "share", _SHARE), 100.0)
    features: str = knob(
        _features(
            PIXELS,
            both="Pixels, then gradient histograms",
            help="What the methods read: the pixels, or which way the edges run in each part of the picture.",
        ),
        "both",
    )


@dataclass(frozen=True)
class ClassicalVoiceConfig(MethodsConfig):
    """The methods on speech."""

    FEATURES: ClassVar[Mapping[str, str]] = SOUNDS

    data: str = knob(_same(VoiceConfig, "data", _DATA), "synthetic_speech")
    words: str = knob(knobs(VoiceConfig)["words"], VoiceConfig.words)
    recordings: str = knob(knobs(VoiceConfig)["recordings"], "")
    share: float = knob(_same(VoiceConfig, "share", _SHARE), 100.0)
    features: str = knob(
        _features(
            SOUNDS,
            both="Of the whole clip, then of each fifth of the word",
            help="What the methods read: mean, spread, lowest and highest of 13 MFCCs and of their change, over the "
            "whole clip, which forgets the order of its sounds, or over each fifth of what is loud in it.",
        ),
        "both",
    )


@dataclass(frozen=True)
class ClassicalTextConfig(MethodsConfig):
    """The methods on texts."""

    METHODS: ClassVar[Mapping[str, str]] = TEXT_METHODS
    FEATURES: ClassVar[Mapping[str, str]] = WORDS

    data: str = knob(_same(SentimentConfig, "data", _DATA), "rotten_tomatoes")
    table: str = knob(knobs(SentimentConfig)["table"], "")
    share: float = knob(_same(SentimentConfig, "share", _SHARE), 100.0)
    methods: str = knob(_methods(TEXT_METHODS, "Both"), "all")
    features: str = knob(
        _features(
            WORDS,
            both="Words, then words and pairs",
            help="What the methods read: how often a text has each word, or each word and each pair of neighbouring "
            "words, weighted by how rare they are (TF-IDF).",
        ),
        "both",
    )
    epochs: int = knob(_FITS, 4)


def data_knobs(config_type: type[MethodsConfig]) -> tuple[str, ...]:
    """Names of the knobs that a network's config must agree in to have learned from the same examples."""
    own = {field.name for field in fields(MethodsConfig)} - {"seed"}
    return tuple(name for name in knobs(config_type) if name not in own)


@dataclass(frozen=True)
class Fit:
    """One fit."""

    method: str  # of METHODS
    features: str  # of FEATURES
    seed: int
    label: str  # "SVM on gradient histograms"


def pairs(config: MethodsConfig) -> list[tuple[str, str]]:
    """All chosen pairs of method and features, in the order in which they are fitted."""
    methods = config.METHODS if config.methods == "all" else [config.methods]
    features = config.FEATURES if config.features == "both" else [config.features]
    return [(method, feature) for method in methods for feature in features]


def planned(config: MethodsConfig, index: int) -> Fit:
    """The fit of this number, from 0 on."""
    chosen = pairs(config)
    again, place = divmod(index, len(chosen))
    method, features = chosen[place]
    return Fit(method, features, config.seed + again, f"{config.METHODS[method]} on {in_sentence(config, features)}")


def in_sentence(config: MethodsConfig, features: str) -> str:
    """Features as they stand in the middle of a sentence: "gradient histograms", "MFCCs of the whole clip"."""
    label = config.FEATURES[features]
    return label if label[1].isupper() else f"{label[0].lower()}{label[1:]}"


PRESETS: dict[str, tuple[Preset, ...]] = {
    "classical": (
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
    ),
    "classical_voice": (
        Preset(
            name="everything",
            label="Classical methods on speech",
            sentence="Four methods, each on MFCCs of the whole clip and of each fifth of the word.",
            values={},
        ),
    ),
    "classical_sentiment": (
        Preset(
            name="everything",
            label="Classical methods on texts",
            sentence="Naive Bayes and logistic regression, each on words and on words with pairs of words.",
            values={},
        ),
    ),
}
