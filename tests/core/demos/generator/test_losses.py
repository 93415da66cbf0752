"""What the two networks of the Generator demo make small, against autograd and numbers worked by hand."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from core.demos.generator.losses import LOSSES, accuracies, r1_and_r2, squared_gradient, towards_one

REAL, GENERATED = torch.tensor([2.0, -0.5, 0.25]), torch.tensor([-1.0, 0.5, 3.0])


def test_the_loss_of_2014_is_the_cross_entropy_of_a_classifier() -> None:
    losses = LOSSES["non_saturating"]
    ones, zeros = torch.ones(3), torch.zeros(3)
    expected = binary_cross_entropy_with_logits(REAL, ones) + binary_cross_entropy_with_logits(GENERATED, zeros)
    torch.testing.assert_close(losses.discriminator(REAL, GENERATED), expected)
    torch.testing.assert_close(losses.generator(REAL, GENERATED), binary_cross_entropy_with_logits(GENERATED, ones))


def test_least_squares_pulls_scores_towards_one_and_nothing() -> None:
    losses = LOSSES["least_squares"]
    expected = (mse_loss(REAL, torch.ones(3)) + mse_loss(GENERATED, torch.zeros(3))) / 2
    torch.testing.assert_close(losses.discriminator(REAL, GENERATED), expected)
    torch.testing.assert_close(losses.generator(REAL, GENERATED), mse_loss(GENERATED, torch.ones(3)) / 2)


def test_wasserstein_is_the_difference_of_the_means() -> None:
    losses = LOSSES["wasserstein"]
    assert losses.discriminator(REAL, GENERATED).item() == pytest.approx(2.5 / 3 - 1.75 / 3)
    assert losses.generator(REAL, GENERATED).item() == pytest.approx(-2.5 / 3)


def test_the_relativistic_loss_looks_at_differences_within_pairs() -> None:
    losses = LOSSES["relativistic"]
    differences = [-3.0, 1.0, 2.75]
    assert losses.discriminator(REAL, GENERATED).item() == pytest.approx(
        sum(math.log1p(math.exp(x)) for x in differences) / 3
    )
    assert losses.generator(REAL, GENERATED).item() == pytest.approx(
        sum(math.log1p(math.exp(-x)) for x in differences) / 3
    )
    torch.testing.assert_close(losses.discriminator(REAL + 7, GENERATED + 7), losses.discriminator(REAL, GENERATED))


def test_a_linear_discriminator_has_the_gradient_of_its_weights() -> None:
    weights = torch.tensor([3.0, -4.0])
    inputs = torch.randn(5, 2)
    assert squared_gradient(lambda x: x @ weights, inputs).item() == pytest.approx(25.0)
    assert r1_and_r2(lambda x: x @ weights, inputs, inputs + 1).item() == pytest.approx(25.0)
    assert towards_one(lambda x: x @ weights, inputs, inputs + 1).item() == pytest.approx(16.0)


def test_penalties_of_a_quadratic_discriminator_are_those_worked_by_hand() -> None:
    real, generated = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    scale = torch.tensor(0.5, requires_grad=True)  # score = scale·|x|², gradient 2·scale·x

    penalty = r1_and_r2(lambda x: scale * x.square().sum(1), real, generated)

    assert penalty.item() == pytest.approx(((1 + 4) / 2 + (0 + 25) / 2) / 2)
    penalty.backward()  # the penalty is scale²·30, so its derivative is 60·scale
    assert scale.grad is not None
    assert scale.grad.item() == pytest.approx(30.0)


def test_the_gradient_penalty_is_taken_at_points_between_the_pairs() -> None:
    torch.manual_seed(3)
    share = torch.rand(4, 1)
    torch.manual_seed(3)
    real, generated = torch.randn(4, 2, generator=torch.Generator().manual_seed(1)), torch.zeros(4, 2)
    penalty = towards_one(lambda x: x.square().sum(1) / 2, real, generated)  # the gradient is the point itself
    torch.testing.assert_close(penalty, ((share * real).norm(dim=1) - 1).square().mean())


def test_a_penalty_reaches_the_weights_of_a_network_as_autograd_says() -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)).double()
    inputs = torch.randn(6, 3, dtype=torch.float64)
    weights = network[0].weight

    def penalty(value: torch.Tensor) -> torch.Tensor:
        inner = torch.tanh(inputs @ value.T + network[0].bias)
        by_hand = ((1 - inner**2) * network[2].weight[0]) @ value  # chain rule: W₁ᵀ diag(1 - tanh²) w₂
        return by_hand.square().sum(1).mean()

    (expected,) = torch.autograd.grad(penalty(weights), weights)
    (found,) = torch.autograd.grad(squared_gradient(lambda x: network(x).squeeze(1), inputs), weights)
    torch.testing.assert_close(found, expected)


def test_a_discriminator_that_cannot_tell_is_right_by_half_and_a_good_one_always() -> None:
    real, generated = accuracies(torch.tensor([5.0, 6.0]), torch.tensor([1.0, 2.0]))
    assert (real.item(), generated.item()) == (100.0, 100.0)
    same = torch.tensor([0.0, 1.0, 2.0, 3.0])
    real, generated = accuracies(same, same)
    assert (real.item(), generated.item()) == (50.0, 50.0)
