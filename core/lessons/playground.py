"""What the playground starts from: its knobs, its points, its first weights, and the order of its examples.

The training itself runs in the reader's browser; `reference.py` does the same with PyTorch, and tests compare them.
All random numbers come from the seed: points and weights from here, order and dropout from a small generator that
browser and reference share.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.points import MAX_POINTS, PLANE, Points, decode, decode_heights
from core.knobs import Choice, Integer, Knob, Real, Settings, knob

Array = npt.NDArray[np.float32]
ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "Sigmoid", "linear": "None (linear)"}
FEATURES = {"x1": "x₁", "x2": "x₂", "sq1": "x₁²", "sq2": "x₂²", "prod": "x₁x₂", "sin1": "sin 2x₁", "sin2": "sin 2x₂"}
REGRESSIONS = ("slope", "waves", "heights")
MAX_LAYERS, MAX_NEURONS, MAX_STEP = 6, 16, 50_000
_LAYER = re.compile(rf"({'|'.join(ACTIVATIONS)})(\d{{1,2}})")
CLASSES = ("circle", "spirals", "moons", "xor", "gaussians", "points")
OWN = ("points", "heights")
MADE = tuple(name for name in (*CLASSES, *REGRESSIONS) if name not in OWN)


class Layers(Knob):
    """Hidden layers as "tanh8-relu4"; "none" is none."""

    def parse(self, text: str) -> str:
        return text

    def allows(self, value: object) -> bool:
        if not isinstance(value, str):
            return False
        if value == "none":
            return True
        parts = [_LAYER.fullmatch(part) for part in value.split("-")]
        return len(parts) <= MAX_LAYERS and all(part and 1 <= int(part[2]) <= MAX_NEURONS for part in parts)

    def allowed(self) -> str:
        return (
            f"up to {MAX_LAYERS} layers like tanh8-relu4: an activation ({', '.join(ACTIVATIONS)}) and 1 to "
            f"{MAX_NEURONS} neurons, or none"
        )

    def in_words(self, value: str) -> str:
        return value


class Features(Knob):
    """Some of `FEATURES`, with commas: "x1,x2"."""

    def parse(self, text: str) -> str:
        return text

    def allows(self, value: object) -> bool:
        if not isinstance(value, str):
            return False
        names = value.split(",")
        return len(set(names)) == len(names) and set(names) <= set(FEATURES)

    def allowed(self) -> str:
        return f"some of {', '.join(FEATURES)}, with commas between them"

    def in_words(self, value: str) -> str:
        return value


class Rates(Knob):
    """The learning rate, and what it was changed to at which step: "0.1" or "0.1,500:0.01"."""

    def parse(self, text: str) -> str:
        return text

    def allows(self, value: object) -> bool:
        try:
            changes = rates(value) if isinstance(value, str) else []
        except ValueError:
            return False
        steps = [step for step, _ in changes]
        in_range = all(1e-5 <= rate <= 10 for _, rate in changes)
        return bool(changes) and steps == sorted(set(steps)) and steps[0] == 0 and in_range and len(steps) <= 20

    def allowed(self) -> str:
        return "a number from 0.00001 to 10, and up to 19 later ones like 0.1,500:0.01 (from step 500 on)"

    def in_words(self, value: str) -> str:
        return value


class Heights(Knob):
    """Points with heights, see `points.py`."""

    def parse(self, text: str) -> str:
        return text

    def allows(self, value: object) -> bool:
        try:
            return isinstance(value, str) and len(decode_heights(value)) <= MAX_POINTS
        except ValueError:
            return False

    def allowed(self) -> str:
        return f"at most {MAX_POINTS} points as the page writes them, or nothing"

    def in_words(self, value: str) -> str:
        return f"{len(value) // 6} points"


@dataclass(frozen=True)
class PlaygroundSettings(Settings):
    """Everything that a run in the playground depends on, and how far it has come."""

    data: str = knob(
        Choice(
            label="Data",
            help="Points of two classes, or points with a height (regression).",
            options={
                "circle": "Circle in a ring",
                "spirals": "Two spirals",
                "moons": "Two moons",
                "xor": "XOR: opposite corners",
                "gaussians": "Two clouds",
                "slope": "A slope (regression)",
                "waves": "Waves (regression)",
                "points": "Your own points",
                "heights": "Your own table (regression)",
            },
        ),
        "circle",
    )
    noise: float = knob(
        Real(label="Noise", help="How far points are pushed from where they belong.", low=0.0, high=1.0, step=0.05,
             when={"data": MADE}),
        0.1,
    )  # fmt: skip
    num_points: int = knob(
        Integer(label="Points", help="How many examples there are, training and test together.", low=50, high=500,
                choices=(50, 100, 200, 300, 500), when={"data": MADE}),
        300,
    )  # fmt: skip
    points: str = knob(Points(label="Own points", help="The points that were painted.", when={"data": ("points",)}), "")
    heights: str = knob(
        Heights(label="Own table", help="Rows of a table, with the number to predict.", when={"data": ("heights",)}), ""
    )
    test_share: int = knob(
        Integer(label="Test share", help="Points kept aside: the network never learns from them.", unit="%", low=0,
                high=80, step=10),
        30,
    )  # fmt: skip
    features: str = knob(Features(label="Features", help="What the network gets to see of a point."), "x1,x2")
    layers: str = knob(Layers(label="Hidden layers", help="Activation and number of neurons of each."), "tanh6-tanh4")
    loss: str = knob(
        Choice(
            label="Loss",
            help="What is made small.",
            options={"cross_entropy": "Cross-entropy", "mse": "Squared error"},
            when={"data": CLASSES},
        ),
        "cross_entropy",
    )
    optimizer: str = knob(
        Choice(
            label="Optimizer",
            help="How a gradient becomes a step.",
            options={"sgd": "SGD", "momentum": "SGD with momentum", "adam": "Adam"},
        ),
        "adam",
    )
    rates: str = knob(Rates(label="Learning rate", help="Size of a step."), "0.01")
    batch_size: int = knob(
        Integer(
            label="Batch size", help="Examples behind each step.", low=1, high=100, choices=(1, 5, 10, 20, 50, 100)
        ),
        10,
    )
    l1: float = knob(
        Real(label="L1", help="Pulls every weight to 0 with the same force.", low=0.0, high=0.1, step=0.001), 0.0
    )
    l2: float = knob(
        Real(label="L2", help="Pulls large weights to 0 more strongly (weight decay).", low=0.0, high=0.1, step=0.001),
        0.0,
    )
    dropout: float = knob(
        Real(label="Dropout", help="Share of hidden neurons switched off at random in each step.", low=0.0, high=0.8,
             step=0.05),
        0.0,
    )  # fmt: skip
    init: str = knob(
        Choice(
            label="First weights",
            help="How the weights are drawn before the first step.",
            options={
                "xavier": "Xavier (fits tanh)",
                "he": "He (fits ReLU)",
                "small": "Tiny (deviation 0.01)",
                "large": "Huge (deviation 3)",
                "zero": "All zero",
            },
        ),
        "xavier",
    )
    seed: int = knob(Integer(label="Seed", help="Start of all random numbers.", low=0, high=9999), 0)
    step: int = knob(Integer(label="Step", help="How far the run has come.", low=0, high=MAX_STEP), 0)


def rates(text: str) -> list[tuple[int, float]]:
    """ "0.1,500:0.01" → [(0, 0.1), (500, 0.01)]; `ValueError` if it is not that."""
    first, *later = text.split(",")
    changes = [(0, float(first))]
    for change in later:
        step, _, rate = change.partition(":")
        changes.append((int(step), float(rate)))
    return changes


def layers(text: str) -> list[tuple[str, int]]:
    """ "tanh8-relu4" → [("tanh", 8), ("relu", 4)]; "none" → []."""
    return [] if text == "none" else [(m[1], int(m[2])) for part in text.split("-") if (m := _LAYER.fullmatch(part))]


@dataclass(frozen=True)
class Start:
    """What a run begins with."""

    plane: Array  # (N, 2) the points in the plane, training points first
    inputs: Array  # (N, F) their features
    targets: Array  # (N,) 0 or 1, or a height
    num_train: int
    weights: list[Array]  # (out, in) of each layer; the biases are 0


def start(settings: PlaygroundSettings) -> Start:
    """Points and first weights of a run; they depend on the seed alone."""
    plane, targets = _points(settings)
    generator = np.random.default_rng([settings.seed, 1])
    order = generator.permutation(len(plane))
    num_test = int(len(plane) * settings.test_share / 100)
    shown = plane[order].astype(np.float32)
    inputs = np.column_stack([feature(name, shown) for name in settings.features.split(",")]).astype(np.float32)
    return Start(shown, inputs, targets[order].astype(np.float32), len(plane) - num_test, first_weights(settings))


def feature(name: str, plane: Array) -> Array:
    """(N, 2) points → (N,) values of one of `FEATURES`."""
    x1, x2 = plane[:, 0], plane[:, 1]
    values = {"x1": x1, "x2": x2, "sq1": x1 * x1, "sq2": x2 * x2, "prod": x1 * x2}
    values |= {"sin1": np.sin(2 * x1), "sin2": np.sin(2 * x2)}
    return values[name]


def first_weights(settings: PlaygroundSettings) -> list[Array]:
    """Weights of every layer, made by PyTorch: Glorot and Bengio 2010, He et al. 2015, or plain normal ones."""
    import torch

    generator = torch.Generator().manual_seed(settings.seed)
    sizes = [len(settings.features.split(",")), *(count for _, count in layers(settings.layers)), 1]
    made = []
    for inputs, outputs in itertools.pairwise(sizes):
        weight = torch.zeros(outputs, inputs)
        match settings.init:
            case "xavier":
                torch.nn.init.xavier_uniform_(weight, generator=generator)
            case "he":
                torch.nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)
            case "small" | "large":
                torch.nn.init.normal_(weight, std={"small": 0.01, "large": 3.0}[settings.init], generator=generator)
        made.append(weight.numpy())
    return made


def _points(settings: PlaygroundSettings) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(N, 2) points in the plane and (N,) targets."""
    if settings.data in OWN:
        points = decode(settings.points) if settings.data == "points" else decode_heights(settings.heights)
        return points[:, :2], points[:, 2]
    random = np.random.default_rng([settings.seed, 0])
    count = settings.num_points
    classes = (np.arange(count) % 2).astype(np.float64)
    made = {"circle": _circle, "spirals": _spirals, "moons": _moons, "gaussians": _gaussians}
    if settings.data in made:
        plane = made[settings.data](random, classes)
        return np.clip(plane + random.normal(0, 0.5 * settings.noise, plane.shape), -PLANE, PLANE), classes
    plane = random.uniform(-0.9 * PLANE, 0.9 * PLANE, (count, 2))
    if settings.data == "xor":
        noisy = plane + random.normal(0, settings.noise, plane.shape)
        return plane, (noisy[:, 0] * noisy[:, 1] > 0).astype(np.float64)
    x1, x2 = plane.T
    heights = (x1 + x2) / (2 * PLANE) if settings.data == "slope" else np.sin(1.3 * x1) * np.cos(1.3 * x2)
    return plane, heights + random.normal(0, 0.5 * settings.noise, count)


def _circle(random: np.random.Generator, classes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    radius = np.where(classes == 1, random.uniform(0, 1.2, len(classes)), random.uniform(1.8, 2.7, len(classes)))
    angle = random.uniform(0, 2 * np.pi, len(classes))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _spirals(random: np.random.Generator, classes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    along = np.arange(len(classes)) // 2 / (len(classes) / 2)
    angle = 1.75 * 2 * np.pi * along + np.pi * classes
    return np.column_stack([(0.15 + 2.6 * along) * np.sin(angle), (0.15 + 2.6 * along) * np.cos(angle)])


def _moons(random: np.random.Generator, classes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    angle = np.pi * random.uniform(0, 1, len(classes))
    upper = np.column_stack([1.6 * np.cos(angle) - 0.8, 1.6 * np.sin(angle) - 0.4])
    lower = np.column_stack([0.8 - 1.6 * np.cos(angle), 0.4 - 1.6 * np.sin(angle)])
    return np.where(classes[:, None] == 1, upper, lower)


def _gaussians(random: np.random.Generator, classes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    centre = np.where(classes == 1, 1.2, -1.2)[:, None]
    return centre + random.normal(0, 0.5, (len(classes), 2))
