"""What a digit network and its data cost, from the knobs alone: no data is read, no network computed."""

from functools import lru_cache

from core.contract import Cost, NetworkCost
from core.data import registry
from core.data.pictures import picture_set
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import make_network
from core.demos.digits.network import IMAGE_SIDE
from core.training.estimate import network_cost, supervised_cost

EXAMPLE_BYTES = IMAGE_SIDE**2 + 8  # uint8 pixels, int64 label
WARP_FLOPS = {"none": 0, "light": 1_300_000, "strong": 3_100_000}  # 14 and 33 µs at 94 GFLOP/s, measured


@lru_cache(maxsize=256)
def _network(config: DigitsConfig) -> NetworkCost:
    return network_cost(lambda: make_network(config), (1, IMAGE_SIDE, IMAGE_SIDE), passes_back=config.adversarial > 0)


def num_examples(config: DigitsConfig) -> int:
    """Training images that the share leaves."""
    whole = len(picture_set.OWN.stored(config.synthetic)) if config.synthetic else registry.find(config.data).sizes[0]
    return round(whole * config.share / 100)


def cost(config: DigitsConfig) -> Cost:
    """All that an estimate needs to know about a config."""
    _, num_validation, num_test = registry.find(config.data).sizes
    return Cost(
        network=_network(config),
        num_train=num_examples(config),
        num_validation=num_validation,
        num_test=num_test,
        example_bytes=EXAMPLE_BYTES,
        passes=2 if config.adversarial else 1,
        preparation_flops=WARP_FLOPS[config.augmentation],
        **supervised_cost(config),
    )
