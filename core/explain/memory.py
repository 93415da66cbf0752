"""How far back a recurrent network's score hangs on its states: gradients by backpropagation through time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Sizes = npt.NDArray[np.float64]
REMEMBERED = 0.01  # of the size at the last step: what is below it is said to be forgotten


def state_gradients(recurrent: nn.RNNBase, steps: torch.Tensor, score: Callable[[torch.Tensor], torch.Tensor]) -> Sizes:
    """Size (Euclidean norm) of the gradient of a score with respect to the whole state after each step.

    The steps are taken one after the other, because the fused layers of PyTorch do not keep the states between them.
    The state of an LSTM is its output and its cell; of several layers it is the states of all.

    Args:
        recurrent: one direction, batch first, in evaluation mode. Its parameters' own gradients stay as they are.
        steps: (1, T, features) float32.
        score: outputs of the last layer (1, T, hidden) → 0-d.

    Returns:
        (T,) float64.

    Source: Hochreiter and Schmidhuber 1997; Pascanu, Mikolov and Bengio 2013, https://arxiv.org/abs/1211.5063.
    """
    if recurrent.bidirectional:
        raise ValueError("A layer that reads in both directions has no single order of its states; give one direction.")
    with torch.enable_grad():
        state, states, outputs = None, [], []
        for step in steps.detach().split(1, dim=1):
            _, state = recurrent(step, state)
            parts = state if isinstance(state, tuple) else (state,)
            states.append(parts)
            outputs.append(parts[0][-1])  # the same numbers as the output, and on the way to the next step
        value = score(torch.stack(outputs, dim=1))
        flat = [part for parts in states for part in parts]
        gradients = torch.autograd.grad(value, flat, allow_unused=True)
    squares = [0.0 if gradient is None else float(gradient.double().square().sum()) for gradient in gradients]
    return np.sqrt(np.array(squares).reshape(len(states), -1).sum(axis=1))


def reach(sizes: Sizes, *, fraction: float = REMEMBERED) -> int:
    """Steps before the last one over which the gradient stays at or above a fraction of its size at the last step."""
    faded = np.flatnonzero(sizes[::-1] < fraction * sizes[-1])
    return int(faded[0]) - 1 if len(faded) else len(sizes) - 1
