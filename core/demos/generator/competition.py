"""Two networks that train against each other, whatever it is that they draw: steps, optimizers, averaging.

What goes in and how it is measured is the business of those who inherit.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import nn

from core.contract import Batch, Placement, Progress
from core.demos.generator.losses import LOSSES, Critic, accuracies
from core.demos.generator.network import cut, shifted


class Rules(Protocol):
    """What a competition reads of its config."""

    @property
    def loss(self) -> str: ...
    @property
    def penalty(self) -> float: ...
    @property
    def penalty_every(self) -> int: ...
    @property
    def latent(self) -> int: ...
    @property
    def generator_rate(self) -> float: ...
    @property
    def discriminator_rate(self) -> float: ...
    @property
    def generator_optimizer(self) -> str: ...
    @property
    def discriminator_optimizer(self) -> str: ...
    @property
    def discriminator_steps(self) -> int: ...
    @property
    def averaging(self) -> float: ...
    @property
    def augmentation(self) -> str: ...
    @property
    def batch_size(self) -> int: ...


C = TypeVar("C", bound=Rules)


def make_optimizer(name: str, parameters: Iterable[nn.Parameter], *, rate: float) -> torch.optim.Optimizer:
    """The optimizer of one network."""
    match name:
        case "adam":
            return torch.optim.Adam(parameters, lr=rate, betas=(0.0, 0.99), fused=True)
        case "adam_momentum":
            return torch.optim.Adam(parameters, lr=rate, betas=(0.5, 0.999), fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(parameters, lr=rate)
        case _:
            return torch.optim.SGD(parameters, lr=rate, fused=True)


class Competition(Generic[C]):
    """A generator, a discriminator, their optimizers, and the average of the generator.

    Args:
        generator: latents (B, latent) and labels (B,) → examples (B, …).
        discriminator: examples (B, …) and labels (B,) → scores (B,), high for real.
    """

    def __init__(self, config: C, placement: Placement, generator: nn.Module, discriminator: nn.Module) -> None:
        self.config, self.placement = config, placement
        self.losses = LOSSES[config.loss]
        self.generator = self._placed(generator)
        self.discriminator = self._placed(discriminator)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.generator_optimizer = make_optimizer(
            config.generator_optimizer, self.generator.parameters(), rate=config.generator_rate
        )
        self.discriminator_optimizer = make_optimizer(
            config.discriminator_optimizer, self.discriminator.parameters(), rate=config.discriminator_rate
        )
        self._scores: tuple[torch.Tensor, torch.Tensor] | None = None  # of the last step, for people to look at

    def _placed(self, network: nn.Module) -> Any:
        network = network.to(self.placement.device)
        if self.placement.channels_last:
            network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network

    def step(self, batch: Batch, progress: Progress) -> Mapping[str, torch.Tensor]:
        """`discriminator_steps` updates of D, each with its part of the batch, and one of G with the last part."""
        num_parts = self.config.discriminator_steps
        parts = zip(batch.inputs.chunk(num_parts), batch.targets.chunk(num_parts), strict=True)
        told = []
        for part, (stored, labels) in enumerate(parts):
            real = self.prepare(stored)
            told.append(self.discriminator_step(real, labels, number=progress.step * num_parts + part))
        generator_loss = self.generator_step(real, labels, number=progress.step)
        means = {name: torch.stack([one[name] for one in told]).mean() for name in told[0]}
        return {"generator": generator_loss, **means}

    def step_alone(self, part: str, batch: Batch, progress: Progress) -> None:
        """One update of the "discriminator" or of the "generator", which leaves the other exactly as it is."""
        real, labels = self.prepare(batch.inputs[: self.config.batch_size]), batch.targets[: self.config.batch_size]
        if part == "generator":
            self.generator_step(real, labels, number=progress.step)
            return
        before = copy.deepcopy(self.generator.state_dict())
        self.discriminator_step(real, labels, number=progress.step)
        self.generator.load_state_dict(before)  # drawing for D has moved the statistics of G's normalisation

    def prepare(self, stored: torch.Tensor) -> torch.Tensor:
        """Stored examples → what D sees."""
        return stored

    def discriminator_step(self, real: torch.Tensor, labels: torch.Tensor, *, number: int) -> dict[str, torch.Tensor]:
        """One update of D; the penalty's turn comes by the number of the step."""
        with torch.no_grad():
            generated = self._draw_some(labels)
        real, generated = self._augmented(real), self._augmented(generated)
        real_scores, generated_scores = self.discriminator(
            torch.cat([real, generated]), torch.cat([labels, labels])
        ).chunk(2)
        loss = self.losses.discriminator(real_scores, generated_scores)
        total = loss
        if self.losses.penalty is not None and number % self.config.penalty_every == 0:
            weight = self.config.penalty * self.config.penalty_every
            total = loss + weight * self.losses.penalty(self._critic(labels), real, generated)
        self._update(self.discriminator_optimizer, total)
        self._scores = real_scores.detach(), generated_scores.detach()
        real_right, generated_right = accuracies(*self._scores)
        return {"discriminator": loss.detach(), "real_accuracy": real_right, "generated_accuracy": generated_right}

    def generator_step(self, real: torch.Tensor, labels: torch.Tensor, *, number: int) -> torch.Tensor:
        """One update of G and of its average; returns its loss."""
        self.discriminator.requires_grad_(False)
        generated_scores = self.discriminator(self._augmented(self._draw_some(labels)), labels)
        real_scores = generated_scores
        if self.losses.generator_needs_real:
            real_scores = self.discriminator(self._augmented(real), labels)
        loss = self.losses.generator(real_scores, generated_scores)
        self._update(self.generator_optimizer, loss)
        self.discriminator.requires_grad_(True)
        self._follow(number)
        return loss.detach()

    def _draw_some(self, labels: torch.Tensor) -> torch.Tensor:
        latents = torch.randn(len(labels), self.config.latent, device=labels.device)
        return self.generator.train()(latents, labels)

    def _augmented(self, images: torch.Tensor) -> torch.Tensor:
        if self.config.augmentation == "none":
            return images
        moved = shifted(images)
        return cut(moved) if self.config.augmentation == "shift_cut" else moved

    def _critic(self, labels: torch.Tensor) -> Critic:
        return lambda images: self.discriminator(images, labels)

    @staticmethod
    def _update(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def _follow(self, number: int) -> None:
        """Move the average towards the generator; faster at first, when there is little to average."""
        decay = min(self.config.averaging, (1 + number) / (10 + number))
        ours, theirs = list(self.average.parameters()), list(self.generator.parameters())
        torch._foreach_lerp_(ours, theirs, 1 - decay)
        for mine, its in zip(self.average.buffers(), self.generator.buffers(), strict=True):
            mine.copy_(its)

    def state_dict(self) -> dict[str, Any]:
        """Both networks, both optimizers and the average."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "average": self.average,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
