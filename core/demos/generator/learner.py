"""Data and learner of the Generator demo: what is drawn and measured. How it trains is in `competition.py`."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from core.contract import Dataset, Placement, Split
from core.data import registry
from core.data.pictures import picture_set, sources
from core.demos.generator import measures
from core.demos.generator.competition import Competition
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.frozen_classifier import FrozenClassifier, find_classifier
from core.demos.generator.losses import accuracies
from core.demos.generator.network import Discriminator, Generator
from core.demos.generator.pictures import sheet_text, to_bytes

NUM_MEASURED = 500  # generated pictures, and at most as many real ones, behind the figures of an evaluation
MEASURED_SEED = 20_261  # of their latent vectors
EXAMPLE = ("latents", "labels")  # of what is drawn again and again


def check(config: GeneratorConfig) -> None:
    """Raise `DataUnavailableError` where files are missing."""
    if config.data == "own":
        picture_set.OWN.stored(config.pictures)
    else:
        registry.find(config.data).place()


def load(config: GeneratorConfig) -> Dataset:
    """Images (N, 28, 28) uint8 with labels (N,) int64; raises `DataUnavailableError`."""
    if config.data == "own":
        return _own(config)
    images = sources.load_images(config.data)

    def split(pictures: Any, labels: Any, which: str) -> Split:
        return _split(pictures, labels, f"{len(labels):,} {images.name} {which} images")

    return Dataset(
        train=split(images.train_images, images.train_labels, "training"),
        validation=split(images.validation_images, images.validation_labels, "validation"),
        test=split(images.test_images, images.test_labels, "test"),
    )


def _own(config: GeneratorConfig) -> Dataset:
    """A person's pictures, in an order that is the same for ever: a tenth each to validate and to test."""
    pictures = picture_set.OWN.stored(config.pictures)
    order = np.random.RandomState(0).permutation(len(pictures))
    held_out = len(pictures) // 10
    ends = {"validation": order[:held_out], "test": order[held_out : 2 * held_out], "train": order[2 * held_out :]}
    parts = {
        name: _split(pictures.images[index], pictures.labels[index], f"{len(index):,} of your pictures")
        for name, index in ends.items()
    }
    return Dataset(parts["train"], parts["validation"], parts["test"])


def _split(pictures: Any, labels: Any, name: str) -> Split:
    return Split(inputs=torch.from_numpy(pictures.copy()), targets=torch.from_numpy(labels.astype("int64")), name=name)


def class_names(config: GeneratorConfig) -> tuple[str, ...]:
    """Names of the classes of a config's data; none for pictures of one's own."""
    return () if config.data == "own" else registry.find(config.data).classes


def num_classes(config: GeneratorConfig) -> int:
    """Classes that the networks are told; 0 where they are told none."""
    return len(class_names(config)) if config.has_classes else 0


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
    return GeneratorLearner(config, placement, find_classifier(config.data))


class GeneratorLearner(Competition[GeneratorConfig]):
    """Trains a generator of pictures; computes in float32 whatever the placement offers.

    Args:
        classifier: measures pictures from outside; None where the data has no classes that one has learned.
    """

    def __init__(self, config: GeneratorConfig, placement: Placement, classifier: FrozenClassifier | None) -> None:
        torch.manual_seed(config.seed)
        super().__init__(config, placement, make_generator(config), make_discriminator(config))
        self.classifier = copy.deepcopy(classifier).to(placement.device) if classifier is not None else None
        self._real_seen: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}

    def prepare(self, stored: torch.Tensor) -> torch.Tensor:
        """(B, 28, 28) uint8 → (B, 1, 28, 28) float32 in [0, 1]."""
        images = stored.unsqueeze(1).float() / 255
        return images.contiguous(memory_format=torch.channels_last) if self.placement.channels_last else images

    @torch.no_grad()
    def drawn(self, latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """(N, latent) and (N,) → (N, 1, 28, 28) in [0, 1] by the averaged generator."""
        network = self.average.eval()
        device = self.placement.device
        pairs = zip(latents.to(device).split(NUM_MEASURED), labels.to(device).split(NUM_MEASURED), strict=True)
        return torch.cat([network(*pair) for pair in pairs])

    @torch.no_grad()
    def evaluate(self, split: Split) -> Mapping[str, float]:
        """What the classifier says of 500 pictures from fixed latent vectors, classes in turn, beside the split's own.

        Without a classifier, how much the pixels differ from picture to picture is all that is measured.
        """
        num_drawn = NUM_MEASURED
        latents = torch.randn(num_drawn, self.config.latent, generator=torch.Generator().manual_seed(MEASURED_SEED))
        labels = torch.arange(num_drawn) % max(num_classes(self.config), 1)
        labels = labels.to(self.placement.device)
        drawn = self.drawn(latents, labels)
        if self.classifier is None:
            real = self.prepare(split.inputs[:NUM_MEASURED])
            ours, theirs = (
                measures.spread(images.flatten(1), labels[:1].expand(len(images))) for images in (drawn, real)
            )
            return {"diversity": 100 * ours / max(theirs, 1e-6)}
        features, probabilities = self.classifier.look(drawn)
        real_features, real_labels = self._real(split)
        seen = labels if self.config.has_classes else probabilities.argmax(1)
        figures = {"agreement": measures.agreement(probabilities, labels)} if self.config.has_classes else {}
        return {
            **figures,
            "classes": measures.effective_classes(probabilities),
            "diversity": 100 * measures.spread(features, seen) / measures.spread(real_features, real_labels),
            "frechet": measures.frechet_distance(features, real_features),
        }

    def _real(self, split: Split) -> tuple[torch.Tensor, torch.Tensor]:
        if split.name not in self._real_seen:
            assert self.classifier is not None
            images = self.prepare(split.inputs[:NUM_MEASURED])
            self._real_seen[split.name] = self.classifier.look(images)[0], split.targets[:NUM_MEASURED]
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

    @torch.no_grad()
    def look(self, split: Split, pins: Mapping[str, Any]) -> dict[str, Any]:
        """Where both stand, on the same pictures each time: what a step by hand is to be measured by.

        Args:
            split: its first pictures are the real ones.
            pins: examples as for `preview`.

        Returns:
            "losses" and accuracies of training without the penalty, on at most 500 pairs; "pictures" of each pin as the
            generator itself draws them, because its average hardly moves in a step.
        """
        real, labels = self.prepare(split.inputs[:NUM_MEASURED]), split.targets[:NUM_MEASURED]
        noise = torch.randn(len(real), self.config.latent, generator=torch.Generator().manual_seed(MEASURED_SEED))
        network = self.generator.eval()
        scores = self.discriminator(real, labels), self.discriminator(network(noise.to(real.device), labels), labels)
        right = accuracies(*scores)
        losses = {
            "generator": self.losses.generator(*scores),
            "discriminator": self.losses.discriminator(*scores),
            "real_accuracy": right[0],
            "generated_accuracy": right[1],
        }
        asked = {key: [torch.tensor(pin[name], device=real.device) for name in EXAMPLE] for key, pin in pins.items()}
        return {
            "losses": {name: round(float(value), 5) for name, value in losses.items()},
            "pictures": {key: sheet_text(to_bytes(network(*given))) for key, given in asked.items()},
        }
