"""Activation functions and their derivatives, in numpy float64. What a network does with them is not here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
LEAK = 0.1  # slope of leaky ReLU below zero, as in the networks of Digits
_erf = np.vectorize(math.erf, otypes=[np.float64])


@dataclass(frozen=True)
class Activation:
    """What a neuron does with its weighted sum z."""

    label: str
    formula: str  # LaTeX
    value: Callable[[Array], Array]
    derivative: Callable[[Array], Array]
    note: str  # where its slope goes to zero, in a sentence


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z), computed without overflow."""
    small = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1, small) / (1 + small))


def normal_cdf(z: Array) -> Array:
    """Probability that a standard normal variable is at most z."""
    return np.asarray(0.5 * (1 + _erf(np.asarray(z) / np.sqrt(2))))


def normal_pdf(z: Array) -> Array:
    """Density of the standard normal distribution."""
    return np.asarray(np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi))


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(
        "ReLU",
        r"\max(0, z)",
        lambda z: np.maximum(z, 0.0),
        lambda z: (z > 0).astype(np.float64),
        "Never flat on the right; on the left its slope is exactly 0: the neuron is switched off.",
    ),
    "leaky_relu": Activation(
        "Leaky ReLU",
        rf"z \text{{ if }} z > 0 \text{{, else }} {LEAK} z",
        lambda z: np.where(z > 0, z, LEAK * z),
        lambda z: np.where(z > 0, 1.0, LEAK),
        "Flat nowhere: even a neuron that is switched off can learn.",
    ),
    "sigmoid": Activation(
        "Sigmoid",
        r"\frac{1}{1 + e^{-z}}",
        sigmoid,
        lambda z: sigmoid(z) * (1 - sigmoid(z)),
        "Its slope is at most 0.25, and nearly 0 on both sides: it saturates.",
    ),
    "tanh": Activation(
        "tanh",
        r"\tanh z",
        np.tanh,
        lambda z: 1 - np.tanh(z) ** 2,
        "Its slope is 1 in the middle, and nearly 0 on both sides: it saturates.",
    ),
    "gelu": Activation(
        "GELU",
        r"z \cdot \Phi(z)",
        lambda z: z * normal_cdf(z),
        lambda z: normal_cdf(z) + z * normal_pdf(z),
        "A smooth ReLU (Hendrycks and Gimpel 2016), used in transformers.",
    ),
    "linear": Activation(
        "None (linear)",
        "z",
        lambda z: np.asarray(z, dtype=np.float64),
        lambda z: np.ones_like(z, dtype=np.float64),
        "No bend: layers of such neurons are together no more than one layer.",
    ),
}


def softmax(z: Array) -> Array:
    """(C,) scores → (C,) probabilities that add up to 1: each e^z over the sum of all."""
    powers = np.exp(z - np.max(z))
    return np.asarray(powers / powers.sum())


def softmax_jacobian(z: Array) -> Array:
    """(C, C) derivatives of the probability of each row by the score of each column: p_i (1[i=j] - p_j)."""
    probabilities = softmax(z)
    return np.asarray(np.diag(probabilities) - np.outer(probabilities, probabilities))
