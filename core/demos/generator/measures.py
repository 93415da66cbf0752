"""How good generated pictures are, measured in what a frozen classifier sees of them.

All of it takes features and probabilities from `FrozenClassifier.look`; networks and data are not touched here.
Distances in these features are not comparable with those in Inception's, which most papers give.
"""

from __future__ import annotations

import math

import torch

FARTHEST_PAIRS = 200  # examples of a class whose distances to each other are looked at


def agreement(probabilities: torch.Tensor, asked: torch.Tensor) -> float:
    """Percent of pictures (N, C) in which the classifier sees the class that was asked for (N,)."""
    return 100 * float((probabilities.argmax(1) == asked).float().mean())


def effective_classes(probabilities: torch.Tensor) -> float:
    """How many classes are drawn: exp of the entropy of those that are seen. 1 is one class alone, C all alike."""
    seen = probabilities.argmax(1).bincount(minlength=probabilities.shape[1]).double() / len(probabilities)
    return math.exp(float(torch.special.entr(seen).sum()))


def spread(features: torch.Tensor, labels: torch.Tensor) -> float:
    """Mean distance between two different examples of the same label, over all labels. 0: all look the same."""
    distances = []
    for label in labels.unique():
        those = features[labels == label][:FARTHEST_PAIRS]
        if len(those) > 1:
            distances.append(torch.nn.functional.pdist(those).mean())
    return float(torch.stack(distances).mean()) if distances else 0.0


def frechet_distance(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """Fréchet distance between the Gaussians of two sets of features (N, D) and (M, D).

    |μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½) (Dowson and Landau 1982; Heusel et al. 2017, arXiv:1706.08500). The root is
    taken of the symmetric Σ₁^½ Σ₂ Σ₁^½, which has the same trace. NaN where a feature is not finite, of which there are
    no eigenvalues.
    """
    ours, theirs = ours.double(), theirs.double()
    if not (ours.isfinite().all() and theirs.isfinite().all()):
        return math.nan
    difference = (ours.mean(0) - theirs.mean(0)).square().sum()
    first, second = ours.T.cov(), theirs.T.cov()
    root = _root(first)
    shared = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()
    return float(difference + first.trace() + second.trace() - 2 * shared)


def _root(matrix: torch.Tensor) -> torch.Tensor:
    """The symmetric root of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T
