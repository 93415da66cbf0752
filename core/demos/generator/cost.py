"""What two competing networks and their data cost, from the knobs alone: no data is read, no network computed."""

from functools import lru_cache

import torch
from torch import nn

from core.contract import Cost, NetworkCost
from core.data.pictures import picture_set
from core.demos.digits.cost import EXAMPLE_BYTES, NUM_EXAMPLES
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.frozen_classifier import SETS, judge_network
from core.demos.generator.learner import NUM_JUDGED, make_discriminator, make_generator
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
def _networks(config: GeneratorConfig) -> tuple[NetworkCost, NetworkCost]:
    return (
        network_cost(lambda: _Told(make_generator(config)), (config.latent,)),
        network_cost(lambda: _Told(make_discriminator(config)), (1, IMAGE_SIDE, IMAGE_SIDE)),
    )


@lru_cache(maxsize=256)
def _evaluation(config: GeneratorConfig) -> NetworkCost:
    drawn, _ = _networks(config)
    if config.data not in SETS:
        return drawn
    looked = network_cost(judge_network, (1, IMAGE_SIDE, IMAGE_SIDE))
    return NetworkCost(
        drawn.flops + looked.flops, drawn.activations + looked.activations, drawn.num_layers + looked.num_layers
    )


def _sizes(config: GeneratorConfig) -> tuple[int, int, int]:
    """Pictures to train, validate and test with; of a thousand as long as no album of one's own is chosen."""
    if config.data != "own":
        return NUM_EXAMPLES[config.data]
    count = len(picture_set.stored(config.pictures)) if config.pictures else 1000
    return count - 2 * (count // 10), count // 10, count // 10


def cost(config: GeneratorConfig) -> Cost:
    """All that an estimate needs to know about a config; its pass forward and back stands for the work of a step.

    A real example passes D with a generated one, forward and back, for which G draws once; for each update of G it
    draws and is corrected once more, through D. A penalty costs D about as much again, when it has its turn. What a
    layer takes for itself it takes with each update of D. An evaluation draws a picture and judges it.
    """
    drawn, judged = _networks(config)
    num_train, num_validation, num_test = _sizes(config)
    turns = 1 / config.discriminator_steps  # of G, for each of D
    draws = 1 / 3 + turns
    has_penalty = config.loss in ("relativistic", "wasserstein")
    judges = 2 + turns * (4 / 3 if config.loss == "relativistic" else 1) + (4 / config.penalty_every) * has_penalty

    def together(of_generator: int, of_discriminator: int) -> int:
        return round(draws * of_generator + judges * of_discriminator)

    return Cost(
        network=NetworkCost(
            flops=together(drawn.flops, judged.flops),
            activations=together(drawn.activations, judged.activations),
            num_layers=config.discriminator_steps * together(drawn.num_layers, judged.num_layers),
        ),
        evaluation=_evaluation(config),
        num_train=num_train,
        num_validation=min(num_validation, NUM_JUDGED),
        num_test=min(num_test, NUM_JUDGED),
        example_bytes=EXAMPLE_BYTES,
        optimizer_copies=ADAM_COPIES,
    )
