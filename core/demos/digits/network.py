"""The networks of the Digits demo. They know images and logits, nothing of data sets, losses or optimizers."""

from collections.abc import Callable

import torch
from torch import nn

IMAGE_SIDE = 28
NUM_CLASSES = 10
PIXEL_MEAN, PIXEL_STD = 0.1307, 0.3081  # of the MNIST training images in [0, 1]

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.1),
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


class Standardise(nn.Module):
    """Pixels in [0, 1] → about zero mean and unit variance."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(B, 1, 28, 28) float32 in [0, 1] → the same shape, standardised."""
        return (images - PIXEL_MEAN) / PIXEL_STD


def plain_network(
    *, hidden_layers: int, hidden_size: int, activation: str, normalisation: bool, dropout: float
) -> nn.Module:
    """A fully connected network, (B, 1, 28, 28) float32 in [0, 1] → (B, 10) logits. One layer of 128 is 784-128-10."""
    layers: list[nn.Module] = [Standardise(), nn.Flatten()]
    size = IMAGE_SIDE**2
    for _ in range(hidden_layers):
        layers.append(nn.Linear(size, hidden_size, bias=not normalisation))
        if normalisation:
            layers.append(nn.BatchNorm1d(hidden_size))
        layers.append(ACTIVATIONS[activation]())
        layers.append(nn.Dropout(dropout))
        size = hidden_size
    layers.append(nn.Linear(size, NUM_CLASSES))
    return nn.Sequential(*layers)


def convolutional_network(
    *, depth: int, convolutions: int = 1, width: int, kernel: int, activation: str, normalisation: bool, dropout: float
) -> nn.Module:
    """A convolutional network, (B, 1, 28, 28) float32 in [0, 1] → (B, 10) logits.

    `depth` blocks of `convolutions` layers (convolution, normalisation, activation), each block with twice the filters
    of the one before and a 2×2 maximum in its last layer; then one hidden layer of 128. Taking the maximum before the
    activation is the same for every monotonic one and costs a quarter. Several small filters in a row see as far as a
    large one with fewer weights (Simonyan and Zisserman 2015).
    """
    layers: list[nn.Module] = [Standardise()]
    channels, side = 1, IMAGE_SIDE
    for block in range(depth):
        filters = width * 2**block
        for position in range(convolutions):
            layers.append(nn.Conv2d(channels, filters, kernel, padding="same", bias=not normalisation))
            if position == convolutions - 1:
                layers.append(nn.MaxPool2d(2))
            if normalisation:
                layers.append(nn.BatchNorm2d(filters))
            layers.append(ACTIVATIONS[activation]())
            channels = filters
        side //= 2
    layers += [
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(channels * side**2, 128),
        ACTIVATIONS[activation](),
        nn.Dropout(dropout),
        nn.Linear(128, NUM_CLASSES),
    ]
    return nn.Sequential(*layers)
