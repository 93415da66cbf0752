"""How much each token of a text contributes to a score, by gradients. It says where a network looks, not why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

STEPS = 24
ROWS = 64  # sentences that are computed together, at most


@dataclass(frozen=True)
class Contributions:
    """Contributions whose sum should be the difference of two scores."""

    values: NDArray[np.float32]  # (L,), in units of the score
    score: float  # of the text
    blank_score: float  # of the text with its words hidden
    error: float  # sum of the values minus the difference of the scores


def contributions(
    scores: Callable[[torch.Tensor], torch.Tensor],
    embedded: torch.Tensor,
    blank: torch.Tensor,
    *,
    target: int,
    steps: int = STEPS,
) -> Contributions:
    """Integrated gradients of "this class rather than the others", along the straight way from a blank text.

    Args:
        scores: (S, L, D) embedded texts → (S, K) logits.
        embedded: (L, D) the text's tokens; blank: (L, D) the same with every word hidden.
        target: index of the class; its score is its logit less the mean of the others.
        steps: points on the way (Gauss-Legendre); more make the error smaller.

    Source: Sundararajan, Taly and Yan 2017, https://arxiv.org/abs/1703.01365.
    """
    places, leggauss = np.polynomial.legendre.leggauss(steps)
    fractions = torch.tensor((places + 1) / 2, dtype=embedded.dtype)
    weights = torch.tensor(leggauss / 2, dtype=embedded.dtype)
    difference = embedded - blank
    total = torch.zeros_like(embedded)
    size = max(1, min(ROWS, 4096 // len(embedded)))
    for fraction, weight in zip(fractions.split(size), weights.split(size), strict=True):
        points = (blank + fraction[:, None, None] * difference).requires_grad_(True)
        (gradients,) = torch.autograd.grad(_margin(scores(points), target).sum(), points)
        total += (weight[:, None, None] * gradients).sum(0)
    values = (total * difference).sum(1).detach()
    with torch.no_grad():
        score, blank_score = _margin(scores(torch.stack([embedded, blank])), target).tolist()
    error = float(values.double().sum()) - (score - blank_score)
    return Contributions(values.numpy().astype(np.float32), score, blank_score, error)


def _margin(logits: torch.Tensor, target: int) -> torch.Tensor:
    """(S, K) → (S,) logit of the target less the mean of the other logits."""
    others = (logits.sum(1) - logits[:, target]) / (logits.shape[1] - 1)
    return logits[:, target] - others
