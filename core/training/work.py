"""How long a layer takes on a processor, in FLOPs that take as long: what PyTorch's kernels do beside multiplying.

Measured with one thread of a server processor (133 GFLOP/s by `machine_speed`, sixteen float32 at once), each kind
alone, in some fifty shapes. What a layer takes whatever its size is counted in `core.training.estimate`.
"""

import math
from typing import NamedTuple

import torch
from torch import nn


class Work(NamedTuple):
    """FLOPs of the same duration."""

    answering: float  # a pass forward
    learning: float  # a pass forward and back in training


LANES = 16  # a convolution of fewer channels leaves the others idle
MATRIX = Work(1.1, 3.7)  # of a layer's FLOPs: its gradients take a little longer
STRAIGHT = Work(1.1, 3.9)  # a convolution
STRIDED = Work(1.2, 6.4)  # one that leaves places out
UPWARDS = Work(2.8, 6.8)  # a transposed one, whose forward pass is the other's backward pass
# Of each number that a layer passes on: 133 are 1 ns to read, compute and write it.
NUMBER = Work(70, 270)
NUMBERS: dict[type[nn.Module], Work] = {
    nn.Flatten: Work(0, 0),
    nn.Unflatten: Work(0, 0),
    nn.Identity: Work(0, 0),
    nn.ReLU: Work(40, 170),
    nn.LeakyReLU: Work(40, 170),
    nn.GELU: Work(75, 360),
    nn.LayerNorm: Work(100, 290),
    nn.BatchNorm1d: Work(170, 550),
    nn.BatchNorm2d: Work(170, 550),
    nn.MaxPool2d: Work(530, 1600),
    nn.Dropout: Work(0, 1400),  # drawn one after the other
}
NARROW = Work(270, 530)  # of each number out of a convolution that reads one channel, which passes nothing back
# A time step of a recurrent layer and direction, measured with 16 shapes: it takes as long as so many layers with
# nothing to compute, and so many numbers written and read for each that it remembers.
CELLS = {"RNN_TANH": (2, 5), "RNN_RELU": (2, 5), "LSTM": (1, 14), "GRU": (5, 14)}
CELL_NUMBER = Work(110, 190)


def of_matrix(flops: float, numbers: float) -> Work:
    """A matrix product's: of its FLOPs, and of the numbers that come out."""
    return plus(times(MATRIX, flops), times(NUMBER, numbers))


def plus(*parts: Work) -> Work:
    """One after the other."""
    return Work(sum(part.answering for part in parts), sum(part.learning for part in parts))


def times(work: Work, amount: float) -> Work:
    """So often."""
    return Work(work.answering * amount, work.learning * amount)


def of_layer(layer: nn.Module, given: torch.Tensor, made: torch.Tensor, *, passes_back: bool = True) -> Work:
    """What a layer without layers inside takes for one example; of a recurrent one without its matrix products.

    Args:
        layer: the layer.
        given: its input (1, ...).
        made: its output (1, ...).
        passes_back: whether its input is computed from weights that are trained.
    """
    if isinstance(layer, nn.Linear):
        return of_matrix(num_flops(layer, given, made), made.numel())
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        flops = num_flops(layer, given, made)
        if layer.in_channels == 1 and not passes_back:
            return plus(times(Work(1.1, 2.2), flops), times(NARROW, made.numel()))
        idle = max(LANES / layer.in_channels, 1) * max(LANES / layer.out_channels, 1)
        is_transposed = isinstance(layer, nn.ConvTranspose2d)
        kind = STRAIGHT if max(layer.stride) == 1 else UPWARDS if is_transposed else STRIDED
        return plus(times(kind, flops * idle), times(NUMBER, made.numel()))
    if isinstance(layer, nn.RNNBase):
        _, numbers_each = CELLS[layer.mode]
        return times(CELL_NUMBER, num_time_steps(layer, given) * layer.hidden_size * numbers_each)
    if isinstance(layer, nn.Dropout) and not layer.p:
        return Work(0, 0)
    return times(NUMBERS.get(type(layer), NUMBER), made.numel())


def num_flops(layer: nn.Module, given: torch.Tensor, made: torch.Tensor) -> int:
    """FLOPs of a linear layer or a convolution; 0 of others."""
    match layer:
        case nn.Linear():
            return 2 * made.numel() * layer.in_features
        case nn.Conv2d():
            return 2 * made.numel() * layer.in_channels * math.prod(layer.kernel_size)
        case nn.ConvTranspose2d():
            return 2 * given.numel() * layer.out_channels * math.prod(layer.kernel_size)
    return 0


def num_time_steps(layer: nn.RNNBase, given: torch.Tensor) -> int:
    """Time steps of all its layers and directions; the batch comes first."""
    return given.shape[1] * layer.num_layers * (2 if layer.bidirectional else 1)
