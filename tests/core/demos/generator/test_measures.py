"""Figures of generated pictures, against scipy and numbers worked by hand."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.spatial.distance import pdist

from core.demos.generator import measures


def one_hot(classes: list[int]) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(classes), 10).float()


def test_the_frechet_distance_of_two_samples_is_scipys() -> None:
    generator = np.random.default_rng(0)
    mix = generator.normal(size=(6, 6))
    ours, theirs = generator.normal(size=(300, 6)), generator.normal(1.0, 2.0, size=(200, 6)) @ mix
    first, second = np.cov(ours.T), np.cov(theirs.T)
    expected = np.square(ours.mean(0) - theirs.mean(0)).sum() + np.trace(
        first + second - 2 * np.real(sqrtm(first @ second))
    )
    found = measures.frechet_distance(torch.from_numpy(ours), torch.from_numpy(theirs))
    assert found == pytest.approx(expected, rel=1e-6)


def test_the_frechet_distance_of_known_gaussians_is_the_formula() -> None:
    generator = torch.Generator().manual_seed(0)
    plain = torch.randn(200_000, 3, generator=generator, dtype=torch.float64)
    other = torch.randn(200_000, 3, generator=generator, dtype=torch.float64) * torch.tensor([2.0, 3.0, 1.0]) + 1
    # |1, 1, 1|² + (1 - 2)² + (1 - 3)² + (1 - 1)², for variances on the axes
    assert measures.frechet_distance(plain, other) == pytest.approx(8.0, abs=0.05)
    assert measures.frechet_distance(plain, plain) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_the_frechet_distance_of_features_that_are_not_finite_is_nan(broken: float) -> None:
    real = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    drawn = real.clone()
    drawn[3, 1] = broken
    assert np.isnan(measures.frechet_distance(drawn, real))


def test_the_frechet_distance_needs_no_full_rank() -> None:
    few = torch.randn(5, 20, generator=torch.Generator().manual_seed(0))
    first, second = np.cov(few.T.double().numpy()), np.cov(2 * few.T.double().numpy())
    expected = float((few.double().mean(0)).square().sum()) + np.trace(first) + np.trace(second) - 4 * np.trace(first)
    assert measures.frechet_distance(few, 2 * few) == pytest.approx(expected, rel=1e-5)


def test_agreement_counts_the_asked_class() -> None:
    assert measures.agreement(one_hot([1, 2, 3, 3]), torch.tensor([1, 2, 3, 4])) == 75.0


def test_classes_are_counted_by_their_shares() -> None:
    assert measures.effective_classes(one_hot([4] * 7)) == pytest.approx(1.0)
    assert measures.effective_classes(one_hot([*range(10)] * 3)) == pytest.approx(10.0)
    assert measures.effective_classes(one_hot([0, 0, 1, 1])) == pytest.approx(2.0)


def test_the_spread_is_the_mean_distance_within_a_label() -> None:
    features = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(20) % 2
    expected = np.mean([pdist(features[labels == label].numpy()).mean() for label in (0, 1)])
    assert measures.spread(features, labels) == pytest.approx(expected, rel=1e-5)
    assert measures.spread(torch.ones(6, 4), torch.zeros(6)) == 0.0
    assert measures.spread(features[:1], labels[:1]) == 0.0
