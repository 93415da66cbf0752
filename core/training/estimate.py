"""What a run will cost on this machine, said before it starts: seconds, memory, parameters.

A small model with constants measured beside real steps: a fixed time for each step and layer, and everything else as
arithmetic at the speed that `machine_speed` measures. It knows no demo: what a config computes comes as a `Cost`.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from core.contract import Cost, NetworkCost, Training
from core.knobs import Config
from core.training.engine import EVALUATIONS

# Measured with one thread of a server processor (94 GFLOP/s by `machine_speed`), 17 shapes of plain and convolutional
# networks; what grows with the data is given in FLOPs of the same duration, so that it scales with the machine.
STEP_SECONDS = 0.8e-3  # Python and PyTorch around a step
LAYER_SECONDS = 0.04e-3  # forward, backward and update of a layer with nothing to compute
BACKWARD = 2  # backward FLOPs / forward FLOPs: gradients of the inputs and of the weights
ACTIVATION_FLOPS = 190  # 2 ns to write, read and differentiate a number that a layer passes on
EVALUATED_ACTIVATION_FLOPS = 110  # 1.2 ns to write and read it
PARAMETER_FLOPS = 160  # 1.7 ns to update a weight
# A time step of one recurrent layer and direction, measured with 16 shapes: it takes as long as so many layers with
# nothing to compute, and so many activations for each number that it remembers.
CELLS = {"RNN_TANH": (2, 5), "RNN_RELU": (2, 5), "LSTM": (1, 14), "GRU": (5, 14)}
# The same where sentences of different lengths are packed, measured with 12 shapes: no kernel computes all time steps
# at once, and each of the dozen small steps of a cell is written and read.
CELL_FLOPS, EVALUATED_CELL_FLOPS = 3_600, 1_200
PARALLEL = 0.7  # exponent of the gain by threads: a whole step gains less than one convolution (1.6, not 2, from two)
MEASURING_SECONDS = 0.03

WORKER_BYTES = 325_000_000  # resident size of a worker after its first step: Python, PyTorch, its libraries
FLOAT_BYTES = 4
EVALUATION_ACTIVATIONS = 300  # examples whose activations an evaluation of 500 at a time holds at once
DATA_COPIES = 2  # as read from the files, and as tensors


@dataclass(frozen=True)
class Estimate:
    """What a run will need, usually within a factor of two."""

    seconds: float  # from the first step to the end, without starting the worker
    bytes: int  # most memory that its process holds at once
    num_parameters: int


def network_cost(make: Callable[[], nn.Module], example_shape: tuple[int, ...]) -> NetworkCost:
    """Count what one example costs, without computing or allocating anything.

    Args:
        make: makes the network, on PyTorch's default device; its recurrent layers have the batch first.
        example_shape: of one input without the batch dimension, float32.
    """
    activations, num_layers = 0, 0

    def count(module: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal activations, num_layers
        tensors = output if isinstance(output, tuple) else (output,)
        activations += sum(tensor.numel() for tensor in tensors if isinstance(tensor, torch.Tensor))
        num_layers += 1
        if isinstance(module, nn.RNNBase):
            layers_a_step, activations_a_number = CELLS[module.mode]
            steps = inputs[0].shape[1] * module.num_layers * (2 if module.bidirectional else 1)
            num_layers += steps * layers_a_step
            activations += steps * module.hidden_size * activations_a_number

    with torch.device("meta"), torch.no_grad():
        network = make().eval()
        for module in network.modules():
            if not any(module.children()):
                module.register_forward_hook(count)
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, *example_shape))
    return NetworkCost(flops=counter.get_total_flops(), activations=activations, num_layers=num_layers)


def machine_speed(device: str = "cpu") -> float:
    """FLOP/s of this machine in a small convolution; takes less than 0.1 s on an idle machine.

    It sets the number of threads of the process for that time: call it once, when a server starts.
    """
    images = torch.ones(64, 16, 14, 14, device=device).contiguous(memory_format=torch.channels_last)
    filters = torch.ones(32, 16, 3, 3, device=device).contiguous(memory_format=torch.channels_last)
    flops = 2 * filters.numel() * 64 * 14 * 14
    if device != "cpu":
        return flops / _fastest(images, filters, threads=1)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    one = flops / _fastest(images, filters, threads=1)
    together = max(one, flops / _fastest(images, filters, threads=cores))
    return one * (together / one) ** PARALLEL


@torch.no_grad()
def _fastest(images: torch.Tensor, filters: torch.Tensor, *, threads: int) -> float:
    """Seconds of the fastest convolution among those that fit into `MEASURING_SECONDS`, at least three."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    times: list[float] = []
    start = time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < MEASURING_SECONDS:
        begin = time.perf_counter()
        F.conv2d(images, filters, padding=1)
        if images.is_cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    torch.set_num_threads(before)
    return min(times)


def step_seconds(cost: Cost, *, batch_size: int, num_parameters: int, flops_per_second: float) -> float:
    """Seconds of one training step."""
    network = cost.network
    one_pass = (1 + BACKWARD) * network.flops + ACTIVATION_FLOPS * network.activations + CELL_FLOPS * network.cells
    flops = batch_size * (cost.passes * one_pass + cost.preparation_flops) + PARAMETER_FLOPS * num_parameters
    return STEP_SECONDS + cost.passes * LAYER_SECONDS * network.num_layers + flops / flops_per_second


def estimate(task: Training, config: Config, *, flops_per_second: float) -> Estimate:
    """What a run with this config will need.

    Args:
        task: a demo that trains a network.
        config: its knobs.
        flops_per_second: of this machine, from `machine_speed`.
    """
    assert task.cost is not None
    assert task.num_parameters is not None
    cost, num_parameters = task.cost(config), task.num_parameters(config)
    batch_size = min(task.batch_size(config), cost.num_train)
    steps_per_epoch = max(1, cost.num_train // task.batch_size(config))
    evaluations_per_epoch = min(steps_per_epoch, max(1, -(-EVALUATIONS // config.epochs)))
    evaluated = cost.num_validation * (1 + config.epochs * evaluations_per_epoch) + cost.num_test
    step = step_seconds(cost, batch_size=batch_size, num_parameters=num_parameters, flops_per_second=flops_per_second)
    network = cost.evaluation or cost.network
    evaluation_flops = (
        network.flops + EVALUATED_ACTIVATION_FLOPS * network.activations + EVALUATED_CELL_FLOPS * network.cells
    )
    return Estimate(
        seconds=config.epochs * steps_per_epoch * step + evaluated * evaluation_flops / flops_per_second,
        bytes=_bytes(cost, batch_size=batch_size, num_parameters=num_parameters, num_chances=task.num_chances),
        num_parameters=num_parameters,
    )


def _bytes(cost: Cost, *, batch_size: int, num_parameters: int, num_chances: int) -> int:
    weights = num_parameters * (2 + cost.optimizer_copies)  # with their gradients
    activations = cost.network.activations * max(2 * batch_size, EVALUATION_ACTIVATIONS)  # training: and gradients
    chances = cost.num_train * num_chances
    stored = DATA_COPIES * cost.example_bytes * (cost.num_train + cost.num_validation + cost.num_test)
    return WORKER_BYTES + FLOAT_BYTES * (weights + activations + chances) + stored
