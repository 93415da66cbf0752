"""What a training will cost, before it is started: seconds, memory, parameters.

A linear model: every step costs something, every example costs something, and so does the arithmetic. Its constants
were fitted to measured steps of all presets; it is right within a factor of two on an idle machine.
"""

import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from core.contract import Config, Task

SECONDS_PER_STEP = 1.5e-3  # bookkeeping of PyTorch for a network of a few layers
SECONDS_PER_EXAMPLE = 6e-5  # fetching, scaling and warping a picture of 28×28
EFFICIENCY = 0.55  # arithmetic of a whole network beside that of `machine_speed`'s single convolution
FORWARD_AND_BACKWARD = 3  # forward passes that a training step is worth
NUM_STATES = 4  # copies of the weights: themselves, their gradients, two moments of Adam
WORKER_BYTES = 330e6  # resident size of a worker with PyTorch before it has loaded anything
BYTES_PER_FLOP = 0.3  # activations kept for the backward pass, beside the arithmetic of the forward one


@dataclass(frozen=True)
class Estimate:
    """What to expect of a run on this machine."""

    seconds: float
    bytes: float
    num_parameters: int


def estimate(task: Task, config: Config, *, flops_per_second: float) -> Estimate:
    """Cost of a run, its start not counted.

    Args:
        flops_per_second: of this machine, from `machine_speed`.
    """
    examples, batch = task.num_examples(config), task.batch_size(config)
    flops, parameters = task.forward_flops(config), task.num_parameters(config)
    seen = examples * config.epochs
    arithmetic = seen * FORWARD_AND_BACKWARD * flops / (EFFICIENCY * flops_per_second)
    seconds = max(1, examples // batch) * config.epochs * SECONDS_PER_STEP + seen * SECONDS_PER_EXAMPLE + arithmetic
    num_bytes = WORKER_BYTES + NUM_STATES * 4 * parameters + BYTES_PER_FLOP * flops * min(batch, examples)
    return Estimate(seconds=seconds, bytes=num_bytes, num_parameters=parameters)


def machine_speed(seconds: float = 0.1) -> float:
    """FLOP/s of this machine in a convolution forwards and backwards, on the device that a run would take."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images = torch.randn(64, 32, 14, 14, device=device).to(memory_format=torch.channels_last).requires_grad_()
    kernel = torch.randn(64, 32, 3, 3, device=device).to(memory_format=torch.channels_last).requires_grad_()
    flops = FORWARD_AND_BACKWARD * 2 * 64 * (64 * 14 * 14) * (32 * 3 * 3)

    def once() -> None:
        F.conv2d(images, kernel, padding=1).sum().backward()
        if device == "cuda":
            torch.cuda.synchronize()

    once()
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        once()
        count += 1
    return flops * count / (time.perf_counter() - start)
