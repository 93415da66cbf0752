"""Data and learner of the Generator demo: two networks, two optimizers, and the averaged generator that draws."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from core.contract import Batch, Dataset, Placement, Progress, Split
from core.data import sources
from core.demos.generator import measures
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.judge import Judge, judge
from core.demos.generator.losses import LOSSES, Critic, accuracies
from core.demos.generator.network import Discriminator, Generator, cut, shifted
from core.demos.generator.pictures import sheet_text, to_bytes

NUM_JUDGED = 500  # generated pictures, and at most as many real ones, behind the figures of an evaluation
JUDGED_SEED = 20_261  # of their latent vectors


def check(config: GeneratorConfig) -> None:
    """Raise `DataUnavailableError` where files are missing; reads no images."""
    sources.folder_of(config.data)


def load(config: GeneratorConfig) -> Dataset:
    """Images (N, 28, 28) uint8 with labels (N,) int64; raises `DataUnavailableError`."""
    images = sources.load_images(config.data)

    def split(pictures: Any, labels: Any, which: str) -> Split:
        return Split(
            inputs=torch.from_numpy(pictures.copy()),
            targets=torch.from_numpy(labels.astype("int64")),
            name=f"{len(labels):,} {images.name} {which} images",
        )

    return Dataset(
        train=split(images.train_images, images.train_labels, "training"),
        validation=split(images.validation_images, images.validation_labels, "validation"),
        test=split(images.test_images, images.test_labels, "test"),
    )


def num_classes(config: GeneratorConfig) -> int:
    """Classes that the networks are told; 0 where they are told none."""
    return len(sources.find(config.data).classes) if config.conditional else 0


def make_generator(config: GeneratorConfig) -> Generator:
    """The untrained generator of a config."""
    return Generator(latent=config.latent, num_classes=num_classes(config), width=config.width)


def make_discriminator(config: GeneratorConfig) -> Discriminator:
    """The untrained discriminator of a config."""
    return Discriminator(num_classes=num_classes(config), width=config.width)


def num_parameters(config: GeneratorConfig) -> int:
    """Trainable numbers of both networks, counted without making them."""
    with torch.device("meta"):
        networks = (make_generator(config), make_discriminator(config))
        return sum(parameter.numel() for network in networks for parameter in network.parameters())


def make_learner(config: GeneratorConfig, placement: Placement) -> GeneratorLearner:
    """A fresh learner; its first weights depend only on the seed."""
    return GeneratorLearner(config, placement, judge(config.data))


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


class GeneratorLearner:
    """Trains a generator against a discriminator; computes in float32 whatever the placement offers.

    Args:
        judge: measures pictures from outside; None where the data has no classes that one has learned.
    """

    def __init__(self, config: GeneratorConfig, placement: Placement, judge: Judge | None) -> None:
        torch.manual_seed(config.seed)
        self.config, self.placement = config, placement
        self.losses = LOSSES[config.loss]
        self.generator = self._placed(make_generator(config))
        self.discriminator = self._placed(make_discriminator(config))
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.generator_optimizer = make_optimizer(
            config.generator_optimizer, self.generator.parameters(), rate=config.generator_rate
        )
        self.discriminator_optimizer = make_optimizer(
            config.discriminator_optimizer, self.discriminator.parameters(), rate=config.discriminator_rate
        )
        self.judge = copy.deepcopy(judge).to(placement.device) if judge is not None else None
        self._scores: tuple[torch.Tensor, torch.Tensor] | None = None  # of the last step, for people to look at
        self._real_seen: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}

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

    def prepare(self, stored: torch.Tensor) -> torch.Tensor:
        """(B, 28, 28) uint8 → (B, 1, 28, 28) float32 in [0, 1]."""
        images = stored.unsqueeze(1).float() / 255
        return images.contiguous(memory_format=torch.channels_last) if self.placement.channels_last else images

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
        if self.losses.penalty is not None and self.config.penalty and number % self.config.penalty_every == 0:
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

    @torch.no_grad()
    def drawn(self, latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """(N, latent) and (N,) → (N, 1, 28, 28) in [0, 1] by the averaged generator."""
        network = self.average.eval()
        device = self.placement.device
        pairs = zip(latents.to(device).split(NUM_JUDGED), labels.to(device).split(NUM_JUDGED), strict=True)
        return torch.cat([network(*pair) for pair in pairs])

    @torch.no_grad()
    def evaluate(self, split: Split) -> Mapping[str, float]:
        """What the judge says of 500 pictures from fixed latent vectors, classes in turn, beside the split's own."""
        num_drawn = NUM_JUDGED
        latents = torch.randn(num_drawn, self.config.latent, generator=torch.Generator().manual_seed(JUDGED_SEED))
        labels = torch.arange(num_drawn) % len(sources.find(self.config.data).classes)
        labels = labels.to(self.placement.device)
        assert self.judge is not None
        features, probabilities = self.judge.look(self.drawn(latents, labels))
        real_features, real_labels = self._real(split)
        seen = labels if self.config.conditional else probabilities.argmax(1)
        figures = {"agreement": measures.agreement(probabilities, labels)} if self.config.conditional else {}
        return {
            **figures,
            "classes": measures.effective_classes(probabilities),
            "diversity": 100 * measures.spread(features, seen) / measures.spread(real_features, real_labels),
            "frechet": measures.frechet_distance(features, real_features),
        }

    def _real(self, split: Split) -> tuple[torch.Tensor, torch.Tensor]:
        if split.name not in self._real_seen:
            assert self.judge is not None
            images = self.prepare(split.inputs[:NUM_JUDGED])
            self._real_seen[split.name] = self.judge.look(images)[0], split.targets[:NUM_JUDGED]
        return self._real_seen[split.name]

    def preview(self, example: Any) -> Any:
        """Pictures of latent vectors as the averaged generator draws them now.

        Args:
            example: `{"latents": (N, latent) nested lists, "labels": (N,) list}`, and `"scores": True` for D's scores.

        Returns:
            `{"pictures": PNG of N in rows of ten, base64}`, and with scores "real" and "generated", those of the last
            training batch.
        """
        latents, labels = torch.tensor(example["latents"]), torch.tensor(example["labels"])
        answer: dict[str, Any] = {"pictures": sheet_text(to_bytes(self.drawn(latents, labels)))}
        if example.get("scores") and self._scores is not None:
            real, generated = ([round(score, 3) for score in scores.tolist()] for scores in self._scores)
            answer |= {"real": real, "generated": generated}
        return answer

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
