"""What a run will cost on this machine, said before it starts: seconds, memory, parameters.

A small model: so many calls of PyTorch in each step and layer, and what layers compute, which `core.training.work`
knows, at the two speeds that `machine_speed` measures. It knows no demo: what a config computes comes as a `Cost`.
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
from core.training import work
from core.training.engine import EVALUATIONS

# In calls of PyTorch with all that Python does around one, counted in the steps of 30 configs.
STEP_CALLS = 130  # around a step, whatever the network
LAYER_CALLS = 6.5  # of a layer, forward, backward and update
ANSWER_CALLS = 2.2  # of a layer, forward alone
PARAMETER_FLOPS = 160  # that take as long as updating a weight
PARALLEL = 0.7  # exponent of the gain by threads: a whole step gains less than one layer (1.6, not 2, from two)
MEASURING_SECONDS = 0.03

WORKER_BYTES = 325_000_000  # resident size of a worker after its first step: Python, PyTorch, its libraries
FLOAT_BYTES = 4
EVALUATION_ACTIVATIONS = 300  # examples whose activations an evaluation of 500 at a time holds at once
DATA_COPIES = 2  # as read from the files, and as tensors


@dataclass(frozen=True)
class Speed:
    """How fast a machine is."""

    flops: float  # a second, in a small convolution and a small matrix product
    calls: float  # of PyTorch a second, with nothing to compute


@dataclass(frozen=True)
class Estimate:
    """What a run will need, usually within a factor of two."""

    seconds: float  # from the first step to the end, without starting the worker
    bytes: int  # most memory that its process holds at once
    num_parameters: int


def supervised_cost(config: Any) -> dict[str, Any]:
    """What a `Cost` says of a learner of one network, by the knobs of its optimizer and of averaging."""
    averaged = 1 if config.averaging else 0
    kept = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}[config.optimizer]
    return {"answering_networks": 1 + averaged, "optimizer_copies": kept + averaged}


def network_cost(
    make: Callable[[], nn.Module], example_shape: tuple[int, ...], *, passes_back: bool = False
) -> NetworkCost:
    """Count what one example costs, without computing or allocating anything.

    Args:
        make: makes the network, on PyTorch's default device; its recurrent layers have the batch first.
        example_shape: of one input without the batch dimension, float32.
        passes_back: whether another network learns by the gradient of the input.
    """
    activations, num_layers, counted_flops = 0, 0, 0
    parts: list[work.Work] = []

    def count(module: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal activations, num_layers, counted_flops
        tensors = [one for one in (output if isinstance(output, tuple) else (output,)) if isinstance(one, torch.Tensor)]
        activations += sum(tensor.numel() for tensor in tensors)
        num_layers += 1
        parts.append(work.of_layer(module, inputs[0], tensors[0], passes_back=passes_back or bool(counted_flops)))
        counted_flops += work.num_flops(module, inputs[0], tensors[0])
        if isinstance(module, nn.RNNBase):
            layers_each, numbers_each = work.CELLS[module.mode]
            steps = work.num_time_steps(module, inputs[0])
            num_layers += steps * layers_each
            activations += steps * module.hidden_size * numbers_each

    with torch.device("meta"), torch.no_grad():
        network = make().eval()
        for module in network.modules():
            if not any(module.children()):
                module.register_forward_hook(count)
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, *example_shape))
    flops = counter.get_total_flops()
    whole = work.plus(*parts, work.times(work.MATRIX, flops - counted_flops))
    return NetworkCost(flops, activations, num_layers, round(whole.answering), round(whole.learning))


def machine_speed(
    device: str = "cpu",
    *,
    clock: Callable[[], float] = time.perf_counter,
    summary: Callable[[list[float]], float] = min,
) -> Speed:
    """How fast this machine is; takes about 0.1 s on an idle one.

    It sets the number of threads of the process for that time: call it once, when a server starts.

    Args:
        device: "cpu" or "cuda".
        clock: seconds; `time.process_time` where others that use the machine must not count.
        summary: of several times; the least is what an idle machine takes.
    """
    images = torch.ones(64, 16, 14, 14, device=device).contiguous(memory_format=torch.channels_last)
    filters = torch.ones(32, 16, 3, 3, device=device).contiguous(memory_format=torch.channels_last)
    tokens, weights = torch.ones(896, 128, device=device), torch.ones(128, 512, device=device)
    flops = 2 * filters.numel() * 64 * 14 * 14 + 2 * tokens.numel() * 512  # about half each

    def seconds(work: Callable[[], object], *, threads: int = 1) -> float:
        return summary(_times(work, threads=threads, clock=clock, is_cuda=device != "cpu"))

    def compute() -> None:
        with torch.no_grad():
            F.conv2d(images, filters, padding=1)
            tokens @ weights

    calls = TINY_CALLS / seconds(_tiny_step(device))
    one = flops / seconds(compute)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if device != "cpu" or cores == 1:
        return Speed(one, calls)
    together = max(one, flops / seconds(compute, threads=cores))
    return Speed(one * (together / one) ** PARALLEL, calls)


TINY_CALLS = 73  # of a tiny step, as PyTorch's dispatcher counts them


def _tiny_step(device: str) -> Callable[[], None]:
    """A training step with next to nothing to compute."""
    layers = [layer for _ in range(4) for layer in (nn.Linear(4, 4, device=device), nn.ReLU())]
    network, inputs = nn.Sequential(*layers), torch.ones(2, 4, device=device)

    def step() -> None:
        network.zero_grad(set_to_none=True)
        network(inputs).sum().backward()
        with torch.no_grad():
            for parameter in network.parameters():
                assert parameter.grad is not None
                parameter.sub_(parameter.grad)

    return step


def _times(work: Callable[[], object], *, threads: int, clock: Callable[[], float], is_cuda: bool) -> list[float]:
    """Seconds of each piece of work of those that fit into `MEASURING_SECONDS`, at least three, after one."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    work()
    times: list[float] = []
    start = clock()
    while len(times) < 3 or clock() - start < MEASURING_SECONDS:
        begin = clock()
        work()
        if is_cuda:
            torch.cuda.synchronize()
        times.append(clock() - begin)
    torch.set_num_threads(before)
    return times


def step_seconds(cost: Cost, *, batch_size: int, num_parameters: int, speed: Speed) -> float:
    """Seconds of one training step."""
    calls = STEP_CALLS + cost.passes * LAYER_CALLS * cost.network.num_layers
    flops = batch_size * (cost.passes * cost.network.learning + cost.preparation_flops)
    return calls / speed.calls + (flops + PARAMETER_FLOPS * num_parameters) / speed.flops


def evaluation_seconds(cost: Cost, *, num_examples: int, speed: Speed) -> float:
    """Seconds of answering examples."""
    network = cost.evaluation or cost.network
    batches = -(-num_examples // cost.evaluation_batch)
    calls = batches * ANSWER_CALLS * network.num_layers
    return cost.answering_networks * (calls / speed.calls + num_examples * network.answering / speed.flops)


def estimate(task: Training, config: Config, *, speed: Speed) -> Estimate:
    """What a run with this config will need.

    Args:
        task: a demo that trains a network.
        config: its knobs.
        speed: of this machine.
    """
    assert task.cost is not None
    assert task.num_parameters is not None
    cost, num_parameters = task.cost(config), task.num_parameters(config)
    batch_size = min(task.batch_size(config), cost.num_train)
    steps_per_epoch = max(1, cost.num_train // task.batch_size(config))
    num_evaluations = 1 + config.epochs * min(steps_per_epoch, max(1, -(-EVALUATIONS // config.epochs)))
    step = step_seconds(cost, batch_size=batch_size, num_parameters=num_parameters, speed=speed)
    evaluation, test = (
        evaluation_seconds(cost, num_examples=count, speed=speed) for count in (cost.num_validation, cost.num_test)
    )
    return Estimate(
        seconds=config.epochs * steps_per_epoch * step + num_evaluations * evaluation + test,
        bytes=_bytes(cost, batch_size=batch_size, num_parameters=num_parameters, num_chances=task.num_chances),
        num_parameters=num_parameters,
    )


def _bytes(cost: Cost, *, batch_size: int, num_parameters: int, num_chances: int) -> int:
    weights = num_parameters * (2 + cost.optimizer_copies)  # with their gradients
    activations = cost.network.activations * max(2 * batch_size, EVALUATION_ACTIVATIONS)  # training: and gradients
    chances = cost.num_train * num_chances
    stored = DATA_COPIES * cost.example_bytes * (cost.num_train + cost.num_validation + cost.num_test)
    return WORKER_BYTES + FLOAT_BYTES * (weights + activations + chances) + stored
