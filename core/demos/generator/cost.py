"""What two competing networks and their data cost, from the knobs alone: no data is read, no network computed."""

from dataclasses import astuple
from functools import lru_cache

import torch
from torch import nn

from core.contract import Cost, NetworkCost
from core.data import registry
from core.data.pictures import picture_set
from core.demos.digits.cost import EXAMPLE_BYTES
from core.demos.generator.competition_cost import competition_cost
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.frozen_classifier import SETS, classifier_network
from core.demos.generator.learner import NUM_MEASURED, make_discriminator, make_generator
from core.demos.generator.network import IMAGE_SIDE
from core.training.estimate import network_cost

ADAM_COPIES = 3  # two of Adam and the average


class _Told(nn.Module):
    """A network with its class already chosen, so that one input is all it takes."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.network(inputs, torch.zeros(len(inputs), dtype=torch.long))


@lru_cache(maxsize=256)
def _drawn(config: GeneratorConfig) -> NetworkCost:
    return network_cost(lambda: _Told(make_generator(config)), (config.latent,))


@lru_cache(maxsize=256)
def _scored(config: GeneratorConfig, *, passes_back: bool) -> NetworkCost:
    return network_cost(lambda: _Told(make_discriminator(config)), (1, IMAGE_SIDE, IMAGE_SIDE), passes_back=passes_back)


@lru_cache(maxsize=256)
def _evaluation(config: GeneratorConfig) -> NetworkCost:
    drawn = _drawn(config)
    if config.data not in SETS:
        return drawn
    looked = network_cost(classifier_network, (1, IMAGE_SIDE, IMAGE_SIDE))
    return NetworkCost(*(sum(both) for both in zip(astuple(drawn), astuple(looked), strict=True)))


def _sizes(config: GeneratorConfig) -> tuple[int, int, int]:
    """Pictures to train, validate and test with; of a thousand as long as none of one's own are chosen."""
    if config.data != "own":
        return registry.find(config.data).sizes
    count = len(picture_set.OWN.stored(config.pictures)) if config.pictures else 1000
    return count - 2 * (count // 10), count // 10, count // 10


def cost(config: GeneratorConfig) -> Cost:
    """All that an estimate needs to know about a config; an evaluation draws a picture and has it scored."""
    num_train, num_validation, num_test = _sizes(config)
    return Cost(
        network=competition_cost(
            config,
            drawn=_drawn(config),
            scored=_scored(config, passes_back=False),
            fooled=_scored(config, passes_back=True),
        ),
        evaluation=_evaluation(config),
        num_train=num_train,
        num_validation=min(num_validation, NUM_MEASURED),
        num_test=min(num_test, NUM_MEASURED),
        example_bytes=EXAMPLE_BYTES,
        optimizer_copies=ADAM_COPIES,
    )
