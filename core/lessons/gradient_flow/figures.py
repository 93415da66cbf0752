"""How large the gradient is in each layer of a deep network while it learns: where it vanishes, where it explodes.

Hochreiter 1991; Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
The networks are trained by `core.lessons.gradient_flow.training`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contract import Event, Stepped

NUM_STEPS = 60
LANES = ("first", "second")


@dataclass(frozen=True)
class Flow:
    """One network's training."""

    sizes: npt.NDArray[np.float64]  # (steps, layers) root mean square of each layer's weight gradient
    losses: tuple[float, ...]  # of the batch, before each step
    diverged_at: int | None  # first step whose loss or gradient was not finite


def flows(events: Iterable[Event], *, depth: int) -> dict[str, Flow]:
    """What a run has found so far, by lane."""
    steps = [event.metrics for event in events if isinstance(event, Stepped)]
    return {lane: _flow(lane, steps, depth + 1) for lane in LANES}


def _flow(lane: str, steps: Sequence[Mapping[str, float]], num_layers: int) -> Flow:
    told = [metrics for metrics in steps if f"{lane}.loss" in metrics]
    sizes = [[metrics[f"{lane}.{layer}"] for layer in range(1, num_layers + 1)] for metrics in told]
    return Flow(
        sizes=np.array(sizes).reshape(len(told), num_layers),
        losses=tuple(metrics[f"{lane}.loss"] for metrics in told),
        diverged_at=len(told) + 1 if len(told) < len(steps) else None,
    )
