"""The knobs that trainings of every kind have: declared once, with a default of each demo's own. No PyTorch here."""

from dataclasses import replace

from core.knobs import Choice, Integer, Real

START = Choice(
    label="Start from",
    help="Random weights, or the release model, which is then trained further (its network is kept).",
    options={"scratch": "Scratch", "release": "Release weights"},
    more=True,
)
SHARE = Real(
    label="Share of the training data", help="Less data, more overfitting.", unit="%", low=0.1, high=100.0, step=0.1
)
OPTIMIZER = Choice(
    label="Optimizer",
    help="How a gradient becomes a step.",
    options={"sgd": "SGD", "momentum": "SGD with momentum", "adam": "Adam", "adamw": "AdamW"},
)
LEARNING_RATE = Real(label="Learning rate", help="Size of a step.", low=1e-5, high=10.0, step=1e-5, scale="log")
BATCH_SIZE = Integer(
    label="Batch size",
    help="Examples behind each step.",
    low=8,
    high=256,
    choices=(8, 16, 32, 64, 128, 256),
)
SCHEDULE = Choice(
    label="Schedule",
    help="How the learning rate changes over the run.",
    options={"constant": "Constant", "cosine": "Cosine to zero", "one_cycle": "One cycle (warm up, then down)"},
    more=True,
)
LABEL_SMOOTHING = Real(
    label="Label smoothing", help="Asks for a little less than certainty.", low=0.0, high=0.5, step=0.01, more=True
)
DROPOUT = Real(
    label="Dropout", help="Share of neurons switched off at random in each step.", low=0.0, high=0.8, step=0.05
)
WEIGHT_DECAY = Real(
    label="Weight decay", help="Pulls all weights towards zero.", low=0.0, high=0.1, step=0.0001, more=True
)
AVERAGING = Real(
    label="Weight averaging",
    help="Answers with a moving average of the weights; 0.99 averages about the last 100 steps. 0 is off.",
    low=0.0,
    high=0.9999,
    step=0.001,
    more=True,
)
DEVICE = Choice(
    label="Device",
    help="Where the arithmetic is done.",
    options={"auto": "The fastest here", "cpu": "Processor (CPU)", "cuda": "Graphics card (GPU)"},
    more=True,
)


def learning_rate_of(whose: str) -> Real:
    """The learning rate of one of two networks that are trained against each other."""
    return replace(LEARNING_RATE, label=f"Learning rate of {whose}", help="Size of its steps.", high=1.0)


def optimizer_of(whose: str) -> Choice:
    """The optimizer of one of them."""
    options = {"adam": "Adam (β 0, 0.99)", "adam_momentum": "Adam (β 0.5, 0.999)", "rmsprop": "RMSprop", "sgd": "SGD"}
    return replace(OPTIMIZER, label=f"Optimizer of {whose}", options=options, more=True)
