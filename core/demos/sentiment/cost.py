"""What a sentiment network and its data cost, from the knobs alone: no text is read, no network computed."""

from core.contract import Cost, NetworkCost
from core.data.text import reviews
from core.demos.sentiment import minilm
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import shape_of

TOKENS = {"rotten_tomatoes": 28, "imdb": 300, "sst2": 13, "own": 40}  # of a text on average, measured; own: assumed
LONGEST = 2  # times the average: the longest text of a batch, whose every token is a time step
OPTIMIZER_COPIES = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}


def num_tokens(config: SentimentConfig) -> int:
    """Tokens of a training text on average, after the cut."""
    return min(TOKENS[config.data], shape_of(config).length)


def network_cost(config: SentimentConfig) -> NetworkCost:
    """What a text of average length costs in the network."""
    shape, tokens = shape_of(config), num_tokens(config)
    if shape.network == "lstm":
        gates = 8 * (shape.width // 2)  # of both directions
        first = shape.width + shape.width // 2
        flops = 2 * tokens * gates * first * shape.layers
        passed = tokens * shape.width * shape.layers
        longest = min(LONGEST * tokens, shape.length)
        padded = 5 * longest * shape.width  # padding, packing and back
        return NetworkCost(flops, 6 * passed + padded, 2 * shape.layers * longest, cells=passed)
    layers, width, inner, heads = shape.layers, shape.width, shape.feed_forward, shape.heads
    if shape.network == "minilm":
        layers, width, inner, heads = minilm.LAYERS, minilm.WIDTH, minilm.FEED_FORWARD, minilm.HEADS
    linear = 2 * tokens * (4 * width * width + 2 * width * inner)
    attention = 4 * tokens * tokens * width
    activations = tokens * (9 * width + 2 * inner) + heads * tokens * tokens
    return NetworkCost(layers * (linear + attention), layers * activations + tokens * width, 10 * layers + 3)


def sizes(config: SentimentConfig) -> tuple[int, int, int]:
    """Texts to train, validate and test with, by the knobs."""
    num_train, num_validation, num_test = reviews.sizes(config.data, config.table)
    return max(round(num_train * config.share / 100), 1), num_validation, num_test


def cost(config: SentimentConfig) -> Cost:
    """All that an estimate needs to know about a config."""
    num_train, num_validation, num_test = sizes(config)
    return Cost(
        network=network_cost(config),
        num_train=num_train,
        num_validation=num_validation,
        num_test=num_test,
        example_bytes=4 * shape_of(config).length + 8,
        optimizer_copies=OPTIMIZER_COPIES[config.optimizer] + (1 if config.averaging else 0),
    )
