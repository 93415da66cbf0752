"""What every layer of a network passes on for one image, down to the products behind a single number.

Written for networks that are one `nn.Sequential` of usual layers. The layers are called one after the other, as the
Sequential does it: hooks would sit on a network that other sessions use at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Values = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Step:
    """A layer without products of its own, after a block's sums: pooling, normalisation, activation."""

    label: str
    layer: nn.Module
    values: Values  # (C, H, W) or (N,) float32


@dataclass(frozen=True)
class Block:
    """A convolution or fully connected layer with what it read and gave, and the steps until the next one."""

    label: str
    layer: nn.Conv2d | nn.Linear
    shape: tuple[int, ...]  # of what it reads, before flattening
    inputs: Values  # (C, H, W) or (N,) float32
    sums: Values  # (C, H, W) or (N,) float32, as PyTorch computed them
    steps: tuple[Step, ...] = ()

    @property
    def is_convolution(self) -> bool:
        return isinstance(self.layer, nn.Conv2d)

    @property
    def weights(self) -> Values:
        """(C out, C in, K, K) or (N out, N in) float32."""
        return self.layer.weight.detach().numpy()


@dataclass(frozen=True)
class Cell:
    """One number of a block: every input that it read, times its weight, and the sum."""

    unit: int
    row: int
    column: int
    inputs: Values  # (C, K, K) float64 with zeros beyond the border, or (N,)
    weights: Values  # the same shape
    bias: float | None  # None where the layer has none
    computed: float  # by PyTorch, in single precision

    @property
    def products(self) -> Values:
        return self.inputs * self.weights

    @property
    def total(self) -> float:
        """Sum of all products and the bias, in double precision."""
        return float(self.products.sum()) + (self.bias or 0.0)


@dataclass(frozen=True)
class Passed:
    """What a step made of one number, in words and as a number; None where the step leaves the cell out."""

    label: str
    sentence: str
    value: float | None


@torch.no_grad()
def trace(network: nn.Module, image: torch.Tensor) -> tuple[Block, ...]:
    """All blocks of a network for one image.

    Args:
        network: an `nn.Sequential` in evaluation mode.
        image: (1, 1, H, W) float32 in [0, 1].
    """
    blocks: list[Block] = []
    shape = tuple(image.shape[1:])
    now = image
    for layer in network.children():
        before, now = now, layer(now)
        values = now[0].numpy()
        if isinstance(layer, nn.Conv2d | nn.Linear):
            inputs = before[0].numpy()
            blocks.append(Block(_block_label(layer, blocks), layer, shape, inputs, values))
        elif blocks and not isinstance(layer, nn.Flatten | nn.Dropout):
            step = Step(_step_label(layer), layer, values)
            blocks[-1] = replace(blocks[-1], steps=(*blocks[-1].steps, step))
        if not isinstance(layer, nn.Flatten):
            shape = tuple(now.shape[1:])
    blocks[-1] = replace(blocks[-1], label="Answers")
    return tuple(blocks)


def cell(block: Block, unit: int, row: int = 0, column: int = 0) -> Cell:
    """The products behind one number of a block; row and column are of the sums, and 0 in a fully connected layer."""
    bias = None if block.layer.bias is None else block.layer.bias[unit].item()
    weights = block.weights[unit].astype(np.float64)
    inputs = block.inputs.astype(np.float64)
    if not block.is_convolution:
        return Cell(unit, row, column, inputs, weights, bias, float(block.sums[unit]))
    above, left = (weights.shape[1] - 1) // 2, (weights.shape[2] - 1) // 2  # padding="same", stride 1
    below, right = weights.shape[1] - 1 - above, weights.shape[2] - 1 - left
    padded = np.pad(inputs, ((0, 0), (above, below), (left, right)))
    patch = padded[:, row : row + weights.shape[1], column : column + weights.shape[2]]
    return Cell(unit, row, column, patch, weights, bias, float(block.sums[unit, row, column]))


def passed_on(block: Block, chosen: Cell) -> list[Passed]:
    """What the steps of the block make of one of its sums, one after the other."""
    row, column = chosen.row, chosen.column
    values = block.sums
    found: list[Passed] = []
    for step in block.steps:
        if isinstance(step.layer, nn.MaxPool2d):
            size = int(step.layer.kernel_size)  # type: ignore[arg-type]
            row, column = row // size, column // size
            if row >= step.values.shape[1] or column >= step.values.shape[2]:
                return [*found, Passed(step.label, "The last row or column has no partner and is left out.", None)]
            window = values[chosen.unit, row * size : (row + 1) * size, column * size : (column + 1) * size]
            sentence = f"the largest of {', '.join(number(value) for value in window.ravel().tolist())}"
        else:
            sentence = _sentence(step.layer, chosen.unit, float(_at(values, chosen.unit, row, column)))
        values = step.values
        found.append(Passed(step.label, sentence, float(_at(values, chosen.unit, row, column))))
    return found


def number(value: float, digits: int = 4) -> str:
    """A fixed number of decimals with a real minus sign, so that a column of them can be added by hand."""
    rounded = round(value, digits) + 0.0  # no minus before zero
    return f"{rounded:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _at(values: Values, unit: int, row: int, column: int) -> float:
    return float(values[unit, row, column] if values.ndim == 3 else values[unit])


def _sentence(layer: nn.Module, unit: int, value: float) -> str:
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        assert layer.running_mean is not None
        assert layer.running_var is not None
        mean, spread = layer.running_mean[unit].item(), torch.sqrt(layer.running_var[unit] + layer.eps).item()
        scale, shift = layer.weight[unit].item(), layer.bias[unit].item()
        centred = f"({number(value)} − {_bracketed(mean)}) / {number(spread)}"
        formula = f"{centred} × {_bracketed(scale)} + {_bracketed(shift)}"
        return f"{formula}: minus the usual mean, divided by the usual spread, times and plus two learned numbers"
    if isinstance(layer, nn.ReLU):
        return f"the larger of 0 and {number(value)}"
    return f"{type(layer).__name__} of {number(value)}"


def _bracketed(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def _block_label(layer: nn.Module, before: list[Block]) -> str:
    same = sum(block.is_convolution == isinstance(layer, nn.Conv2d) for block in before) + 1
    return f"Convolution {same}" if isinstance(layer, nn.Conv2d) else f"Hidden layer {same}"


def _step_label(layer: nn.Module) -> str:
    if isinstance(layer, nn.MaxPool2d):
        return f"Maximum of {layer.kernel_size}×{layer.kernel_size}"
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        return "Batch normalisation"
    return type(layer).__name__
