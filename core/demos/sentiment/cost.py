"""What a sentiment network and its data cost, from the knobs alone: no text is read, no network computed."""

from torch import nn

from core.contract import Cost, NetworkCost
from core.data.text import reviews
from core.demos.sentiment import minilm
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import EVALUATION_TOKENS, shape_of
from core.training.estimate import supervised_cost
from core.training.work import MATRIX, NUMBER, NUMBERS, Work, of_matrix, plus, times

TOKENS = {"rotten_tomatoes": 28, "imdb": 300, "sst2": 13, "own": 40}  # of a text on average, measured; own: assumed
LONGEST = 2  # times the average: the longest text of a batch, to which the others are padded
SCORE = Work(400, 1_100)  # of each score of an attention: its exponential, and back
SPREAD = Work(80, 270)  # of each number that is laid out as sentences, or packed again
CELL = Work(1_200, 3_600)  # of each number that a cell passes on: a dozen small steps, each written and read
CELL_LAYERS = 6  # that take as long as the calls of one time step, since no kernel does them all
SLICE = Work(0, 160)  # of each number of the gradient of all gates, which every time step writes and adds anew


def num_tokens(config: SentimentConfig) -> int:
    """Tokens of a training text on average, after the cut."""
    return min(TOKENS[config.data], shape_of(config).length)


def longest(config: SentimentConfig) -> int:
    """Tokens of the longest text of a batch."""
    return min(LONGEST * TOKENS[config.data], shape_of(config).length)


def network_cost(config: SentimentConfig) -> NetworkCost:
    """What a text of average length costs in the network."""
    return _lstm(config) if shape_of(config).network == "lstm" else _transformer(config)


def _lstm(config: SentimentConfig) -> NetworkCost:
    """Layers that read in both directions, half of the width each, time step after time step."""
    shape, tokens, steps = shape_of(config), num_tokens(config), longest(config)
    passed = tokens * shape.width * shape.layers
    gates = 4 * shape.width  # of both directions
    flops = 2 * tokens * gates * (shape.width + shape.width // 2) * shape.layers
    padded = 5 * steps * shape.width  # padding, packing and back
    whole = plus(
        of_matrix(flops, tokens * gates * shape.layers),
        times(CELL, passed),
        times(SLICE, steps * tokens * gates * shape.layers),
        times(SPREAD, padded),
        _dropped(config, tokens * shape.width * shape.layers),
    )
    num_layers = 2 * CELL_LAYERS * shape.layers * steps
    return NetworkCost(flops, 6 * passed + padded, num_layers, round(whole.answering), round(whole.learning))


def _transformer(config: SentimentConfig) -> NetworkCost:
    shape, tokens, padded = shape_of(config), num_tokens(config), longest(config)
    layers, width, inner, heads = shape.layers, shape.width, shape.feed_forward, shape.heads
    if shape.network == "minilm":
        layers, width, inner, heads = minilm.LAYERS, minilm.WIDTH, minilm.FEED_FORWARD, minilm.HEADS
    linear, attention = 2 * tokens * (4 * width * width + 2 * width * inner), 4 * padded * padded * width
    scores = heads * padded * padded
    layer = plus(
        of_matrix(linear + attention, tokens * (7 * width + inner)),  # and both sums
        times(SCORE, scores),
        times(SPREAD, 4 * padded * width),
        times(NUMBERS[nn.LayerNorm], 2 * tokens * width),
        times(NUMBERS[nn.GELU], tokens * inner),
        _dropped(config, 2 * tokens * width),
    )
    if shape.network == "minilm":
        layer = _tuned(layer, linear, shape)
    whole = plus(times(layer, layers), times(NUMBER, 2 * tokens * width), _dropped(config, tokens * width))
    activations = layers * (tokens * (9 * width + 2 * inner) + scores) + tokens * width
    flops = layers * (linear + attention)
    return NetworkCost(flops, activations, 25 * layers + 10, round(whole.answering), round(whole.learning))


def _tuned(layer: Work, linear: int, shape: SentimentConfig) -> Work:
    """A layer of the pretrained encoder on average: nothing goes back below the last that learns, and corrections of
    low rank spare the gradients of its own weights."""
    if shape.tuning == "last":
        share = shape.last_layers / minilm.LAYERS
        return Work(layer.answering, share * layer.learning + (1 - share) * layer.answering)
    spared = linear * (MATRIX.learning - MATRIX.answering) / 2 if shape.tuning == "lora" else 0
    return Work(layer.answering, layer.learning - spared)


def _dropped(config: SentimentConfig, numbers: int) -> Work:
    return times(NUMBERS[nn.Dropout], numbers if config.dropout else 0)


def sizes(config: SentimentConfig) -> tuple[int, int, int]:
    """Texts to train, validate and test with, by the knobs."""
    num_train, num_validation, num_test = reviews.sizes(config.data, config.table)
    return max(round(num_train * config.share / 100), 1), num_validation, num_test


def cost(config: SentimentConfig) -> Cost:
    """All that an estimate needs to know about a config."""
    num_train, num_validation, num_test = sizes(config)
    return Cost(
        network=network_cost(config),
        evaluation_batch=max(1, EVALUATION_TOKENS // shape_of(config).length),
        num_train=num_train,
        num_validation=num_validation,
        num_test=num_test,
        example_bytes=4 * shape_of(config).length + 8,
        **supervised_cost(config),
    )
