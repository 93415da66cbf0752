"""What a run will cost."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from core import demos
from core.demos.digits import DigitsConfig
from core.training.estimate import estimate, machine_speed

TASK = demos.task("digits")


def test_the_classic_network_has_the_parameters_and_the_arithmetic_worked_by_hand() -> None:
    config = DigitsConfig(network="plain", hidden_layers=1, hidden_size=128, normalisation=False)
    assert TASK.num_parameters(config) == 784 * 128 + 128 + 128 * 10 + 10
    assert TASK.forward_flops(config) == 2 * (784 * 128 + 128 * 10)


def test_the_arithmetic_of_a_convolution_is_counted() -> None:
    config = DigitsConfig(depth=1, width=4, kernel=3, normalisation=False)
    convolution = 2 * 28 * 28 * 4 * 9
    dense = 2 * (4 * 14 * 14 * 128 + 128 * 10)
    assert TASK.forward_flops(config) == convolution + dense


@pytest.mark.parametrize("preset", TASK.presets, ids=lambda preset: preset.name)
def test_the_number_of_parameters_is_that_of_the_real_network(preset: object) -> None:
    from core.demos.digits.learner import make_network

    config = DigitsConfig(**preset.values)  # type: ignore[attr-defined]
    network: nn.Module = make_network(config)
    assert TASK.num_parameters(config) == sum(p.numel() for p in network.parameters())


def test_examples_are_known_without_loading() -> None:
    config = DigitsConfig(share=50.0)
    assert TASK.num_examples(config) == len(TASK.load(config).train) == 1750


def test_more_work_costs_more_time_and_a_larger_network_more_memory() -> None:
    small = estimate(TASK, DigitsConfig(), flops_per_second=1e10)
    longer = estimate(TASK, replace(DigitsConfig(), epochs=10), flops_per_second=1e10)
    larger = estimate(TASK, replace(DigitsConfig(), width=64, depth=4), flops_per_second=1e10)
    assert longer.seconds == pytest.approx(2 * small.seconds)
    assert larger.seconds > small.seconds
    assert larger.bytes > small.bytes
    assert larger.num_parameters > small.num_parameters


def test_the_speed_of_this_machine_is_plausible() -> None:
    assert 1e8 < machine_speed(0.02) < 1e16
    assert torch.is_grad_enabled()
