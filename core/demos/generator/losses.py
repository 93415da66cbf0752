"""What the two networks make small, of D's scores; and the penalties on D's gradient. No networks, no optimizers."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn.functional import softplus

Critic = Callable[[torch.Tensor], torch.Tensor]  # (B, …) inputs → (B,) scores, with the class already chosen
Penalty = Callable[[Critic, torch.Tensor, torch.Tensor], torch.Tensor]  # D, real, generated → 0-d


@dataclass(frozen=True)
class Losses:
    """Both losses, of D's scores (B,) of real and of generated examples, 0-d; and a penalty on D, if there is one."""

    discriminator: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    generator: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    generator_needs_real: bool = False
    penalty: Penalty | None = None


def squared_gradient(critic: Critic, inputs: torch.Tensor) -> torch.Tensor:
    """Mean over the examples of the squared length of the score's gradient in its input, 0-d, differentiable."""
    inputs = inputs.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(inputs).sum(), inputs, create_graph=True)
    return gradient.flatten(1).square().sum(1).mean()


def r1_and_r2(critic: Critic, real: torch.Tensor, generated: torch.Tensor) -> torch.Tensor:
    """Half the squared gradient at real and at generated examples (Mescheder et al. 2018, arXiv:1801.04406)."""
    return (squared_gradient(critic, real) + squared_gradient(critic, generated)) / 2


def towards_one(critic: Critic, real: torch.Tensor, generated: torch.Tensor) -> torch.Tensor:
    """How far the gradient's length is from 1 between pairs (Gulrajani et al. 2017, arXiv:1704.00028)."""
    fraction = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
    between = (generated + fraction * (real - generated)).detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


LOSSES = {
    # Goodfellow et al. 2014, arXiv:1406.2661, with the generator's loss of their section 3
    "non_saturating": Losses(
        discriminator=lambda real, generated: softplus(-real).mean() + softplus(generated).mean(),
        generator=lambda real, generated: softplus(-generated).mean(),
    ),
    # Mao et al. 2017, arXiv:1611.04076
    "least_squares": Losses(
        discriminator=lambda real, generated: ((real - 1).square().mean() + generated.square().mean()) / 2,
        generator=lambda real, generated: (generated - 1).square().mean() / 2,
    ),
    "wasserstein": Losses(
        discriminator=lambda real, generated: generated.mean() - real.mean(),
        generator=lambda real, generated: -generated.mean(),
        penalty=towards_one,
    ),
    # Jolicoeur-Martineau 2018, arXiv:1807.00734, and Huang et al. 2024, arXiv:2501.05441
    "relativistic": Losses(
        discriminator=lambda real, generated: softplus(generated - real).mean(),
        generator=lambda real, generated: softplus(real - generated).mean(),
        generator_needs_real=True,
        penalty=r1_and_r2,
    ),
}


def accuracies(real: torch.Tensor, generated: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Percent of real and of generated examples on the right side of the middle between the two mean scores, 0-d.

    The middle, because only the difference of scores has a meaning in two of the four losses. A discriminator that
    cannot tell them apart gets 50 % on average.
    """
    middle = (real.mean() + generated.mean()) / 2
    return 100 * (real > middle).float().mean(), 100 * (generated < middle).float().mean()
