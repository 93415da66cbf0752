"""The knobs of the Digits demo and its presets. Light: no PyTorch here."""

from dataclasses import dataclass, replace

from core.contract import Preset
from core.knobs import Choice, Config, Flag, Integer, Real, Reference, knob
from core.release import WEIGHTS, ReleaseModel
from core.training import knobs as shared

RELEASE = ReleaseModel(WEIGHTS / "digits")
GATE = ReleaseModel(WEIGHTS / "digit-gate")  # tells what is no digit, whichever network answers

_OWN_SHAPE = {"start": ("scratch",)}
_PLAIN = {**_OWN_SHAPE, "network": ("plain",)}
_CNN = {**_OWN_SHAPE, "network": ("cnn",)}


@dataclass(frozen=True)
class DigitsConfig(Config):
    """What a person can turn about a digit network and its training."""

    network: str = knob(
        Choice(
            label="Network",
            help="Plain: every neuron reads all 784 pixels. Convolutional: small filters slide over the picture.",
            options={"cnn": "Convolutional (CNN)", "plain": "Plain (fully connected)"},
            when=_OWN_SHAPE,
        ),
        "cnn",
    )
    depth: int = knob(
        Integer(
            label="Depth",
            help="Blocks of convolution layers. Each halves the picture and sees twice as far.",
            unit="blocks",
            low=1,
            high=4,
            when=_CNN,
        ),
        3,
    )
    convolutions: int = knob(
        Integer(
            label="Convolutions per block",
            help="Convolution layers before the picture is halved. Two small filters in a row see as far as a large.",
            unit="layers",
            low=1,
            high=3,
            more=True,
            when=_CNN,
        ),
        1,
    )
    width: int = knob(
        Integer(
            label="Width",
            help="Filters in the first layer; each further layer has twice as many.",
            unit="filters",
            low=4,
            high=64,
            step=4,
            when=_CNN,
        ),
        16,
    )
    kernel: int = knob(
        Integer(
            label="Kernel",
            help="Side of a filter.",
            unit="pixels",
            low=3,
            high=7,
            choices=(3, 5, 7),
            more=True,
            when=_CNN,
        ),
        3,
    )
    hidden_layers: int = knob(
        Integer(
            label="Hidden layers",
            help="Layers between the pixels and the ten answers.",
            unit="layers",
            low=1,
            high=10,
            when=_PLAIN,
        ),
        1,
    )
    hidden_size: int = knob(
        Integer(
            label="Hidden size",
            help="Neurons in each hidden layer.",
            unit="neurons",
            low=8,
            high=512,
            step=8,
            when=_PLAIN,
        ),
        128,
    )
    activation: str = knob(
        Choice(
            label="Activation",
            help="What a neuron does with its weighted sum.",
            options={
                "relu": "ReLU",
                "leaky_relu": "Leaky ReLU",
                "gelu": "GELU",
                "silu": "SiLU",
                "tanh": "tanh",
                "sigmoid": "Sigmoid",
            },
            when=_OWN_SHAPE,
        ),
        "relu",
    )
    normalisation: bool = knob(
        Flag(
            label="Batch normalisation",
            help="Centres and scales what each layer passes on (Ioffe and Szegedy 2015).",
            more=True,
            when=_OWN_SHAPE,
        ),
        True,
    )
    start: str = knob(shared.START, "scratch")
    data: str = knob(
        Choice(
            label="Data",
            help="What the network learns from.",
            options={
                "mnist5k": "5,000 MNIST digits",
                "mnist": "Full MNIST (70,000)",
                "drawn": "7,494 drawn digits",
                "fashion": "Fashion-MNIST (70,000)",
            },
        ),
        "mnist5k",
    )
    synthetic: str = knob(
        Reference(
            label="Own or synthetic pictures",
            help="A set of one's own, or a generated one, to learn from in place of the training images.",
        ),
        "",
    )
    share: float = knob(shared.SHARE, 100.0)
    optimizer: str = knob(shared.OPTIMIZER, "adam")
    learning_rate: float = knob(shared.LEARNING_RATE, 3e-3)
    schedule: str = knob(shared.SCHEDULE, "one_cycle")
    batch_size: int = knob(
        replace(shared.BATCH_SIZE, unit="images", high=1024, choices=(8, 16, 32, 64, 128, 256, 512, 1024)), 64
    )
    loss: str = knob(
        Choice(
            label="Loss",
            help="What is made small: cross-entropy, or the squared distance to the right answer.",
            options={"cross_entropy": "Cross-entropy", "mse": "Mean squared error"},
            more=True,
        ),
        "cross_entropy",
    )
    label_smoothing: float = knob(replace(shared.LABEL_SMOOTHING, when={"loss": ("cross_entropy",)}), 0.0)
    dropout: float = knob(shared.DROPOUT, 0.2)
    weight_decay: float = knob(shared.WEIGHT_DECAY, 0.0)
    augmentation: str = knob(
        Choice(
            label="Augmentation",
            help="Shifts, turns and bends each picture a little differently in every epoch.",
            options={"none": "None", "light": "Light (shift, turn)", "strong": "Strong (and bend, slant, stretch)"},
        ),
        "light",
    )
    adversarial: float = knob(
        Real(
            label="Adversarial noise",
            help="Half of the loss is that of the same pictures with every pixel moved by this much in the direction "
            "that hurts most (FGSM, Goodfellow et al. 2015). Twice the work. 0 is off.",
            unit="ε",
            low=0.0,
            high=0.3,
            step=0.01,
            more=True,
        ),
        0.0,
    )
    averaging: float = knob(shared.AVERAGING, 0.0)
    device: str = knob(shared.DEVICE, "auto")


PRESETS = (
    Preset(
        name="small_cnn",
        label="Small CNN",
        sentence="Three small convolution layers: a good reader within half a minute on a laptop.",
        values={},
    ),
    Preset(
        name="seed",
        label="The classic example",
        sentence="784-128-10 with Adam, batches of 32 and 5 epochs, as in the first lesson of most courses.",
        values={
            "network": "plain",
            "normalisation": False,
            "learning_rate": 1e-3,
            "schedule": "constant",
            "batch_size": 32,
            "dropout": 0.2,
            "augmentation": "none",
        },
    ),
    Preset(
        name="fastest",
        label="Fastest to 99 %",
        sentence="Two layers, one cycle, large batches: 99 % on the full MNIST in a few passes.",
        values={
            "depth": 2,
            "width": 24,
            "kernel": 5,
            "data": "mnist",
            "learning_rate": 1e-2,
            "batch_size": 256,
            "epochs": 3,
            "dropout": 0.0,
            "label_smoothing": 0.1,
            "augmentation": "none",
        },
    ),
    Preset(
        name="overfit",
        label="Overfit on purpose",
        sentence="200 examples and no brakes: training accuracy reaches 100 %, validation does not follow.",
        values={
            "network": "plain",
            "hidden_layers": 2,
            "hidden_size": 256,
            "normalisation": False,
            "share": 5.7,
            "learning_rate": 1e-3,
            "schedule": "constant",
            "batch_size": 32,
            "epochs": 40,
            "dropout": 0.0,
            "augmentation": "none",
        },
    ),
    Preset(
        name="vanishing",
        label="Vanishing gradient",
        sentence="Eight sigmoid layers: almost no gradient reaches the first ones, and nothing is learned.",
        values={
            "network": "plain",
            "hidden_layers": 8,
            "activation": "sigmoid",
            "normalisation": False,
            "optimizer": "sgd",
            "learning_rate": 0.1,
            "schedule": "constant",
            "batch_size": 32,
            "dropout": 0.0,
            "augmentation": "none",
        },
    ),
)
