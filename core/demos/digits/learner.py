"""Data and learner of the Digits demo: from a config to tensors, a network, its loss and its optimizer."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from core.contract import Dataset, Placement, Split
from core.data import registry, subset
from core.data.pictures import picture_set, sources
from core.demos.digits.config import RELEASE, DigitsConfig
from core.demos.digits.network import NUM_CLASSES, convolutional_network, plain_network
from core.errors import InvalidSettingError
from core.explain.adversarial import fooled
from core.training.augmentation import LIGHT, STRONG, warp
from core.training.supervised import Attack, Loss, Prepare, SupervisedLearner, optimizer_named


def check(config: DigitsConfig) -> None:
    """Raise what `load` raises where files are missing, the share is too small or the synthetic pictures do not fit."""
    registry.find(config.data).place()
    drawn = _synthetic(config)
    subset.left(config.share, registry.find(config.data).sizes[0] if drawn is None else len(drawn))


def load(config: DigitsConfig) -> Dataset:
    """Images (N, 28, 28) uint8 with labels (N,) int64.

    Raises:
        DataUnavailableError: the data is not on this machine.
        InvalidSettingError: the share leaves fewer than ten examples, or the synthetic pictures are of other classes.
    """
    images, drawn = sources.load_images(config.data), _synthetic(config)
    if drawn is None:
        pictures, labels, kind = images.train_images, images.train_labels, f"{images.name} training images"
    else:
        pictures, labels, kind = drawn.images, drawn.labels.astype("uint8"), drawn.in_words
    num_examples = subset.left(config.share, len(pictures))

    def split(inputs: Any, targets: Any, name: str) -> Split:
        return Split(
            inputs=torch.from_numpy(inputs.copy()), targets=torch.from_numpy(targets.astype("int64")), name=name
        )

    return Dataset(
        train=split(pictures[:num_examples], labels[:num_examples], f"{num_examples:,} {kind}"),
        validation=split(
            images.validation_images,
            images.validation_labels,
            f"{len(images.validation_images):,} {images.name} validation images",
        ),
        test=split(images.test_images, images.test_labels, f"{len(images.test_images):,} {images.name} test images"),
    )


def _synthetic(config: DigitsConfig) -> picture_set.PictureSet | None:
    """A person's own or generated pictures that take the place of the training images; None: those are learned from."""
    if not config.synthetic:
        return None
    drawn, source = picture_set.OWN.stored(config.synthetic), registry.find(config.data)
    if drawn.classes != source.classes:
        raise InvalidSettingError(
            f"Own or synthetic pictures (synthetic) have the classes {', '.join(drawn.classes) or 'none'}; "
            f"{source.label} has {', '.join(source.classes)}. Choose pictures of these classes, or other data."
        )
    return drawn


def shape_of(config: DigitsConfig) -> DigitsConfig:
    """The config whose knobs describe the network itself: the release model's own where a run starts from it."""
    return RELEASE.config(DigitsConfig) if config.start == "release" else config


def make_network(config: DigitsConfig) -> nn.Module:
    """The untrained network of a config, (B, 1, 28, 28) float32 in [0, 1] → (B, 10) logits."""
    shape = shape_of(config)
    if shape.network == "plain":
        return plain_network(
            hidden_layers=shape.hidden_layers,
            hidden_size=shape.hidden_size,
            activation=shape.activation,
            normalisation=shape.normalisation,
            dropout=config.dropout,
        )
    return convolutional_network(
        depth=shape.depth,
        convolutions=shape.convolutions,
        width=shape.width,
        kernel=shape.kernel,
        activation=shape.activation,
        normalisation=shape.normalisation,
        dropout=config.dropout,
    )


def num_parameters(config: DigitsConfig) -> int:
    """Trainable numbers of the network, counted without making them."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in make_network(config).parameters())


def make_learner(config: DigitsConfig, placement: Placement) -> SupervisedLearner:
    """A fresh learner; its first weights depend only on the seed (or are the release weights)."""
    torch.manual_seed(config.seed)
    network = make_network(config)
    if config.start == "release":
        network.load_state_dict(RELEASE.weights())
    network = network.to(placement.device)
    if placement.channels_last:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return SupervisedLearner(
        network=network,
        loss=make_loss(config),
        optimizer=optimizer_named(
            config.optimizer, network.parameters(), rate=config.learning_rate, weight_decay=config.weight_decay
        ),
        prepare=make_prepare(config.augmentation),
        schedule=config.schedule,
        averaging=config.averaging,
        placement=placement,
        attack=make_attack(config.adversarial),
    )


def make_prepare(augmentation: str) -> Prepare:
    """Stored images (B, 28, 28) in 0–255 → network input (B, 1, 28, 28) float32 in [0, 1], warped while training."""
    amount = {"none": None, "light": LIGHT, "strong": STRONG}[augmentation]

    def prepare(stored: torch.Tensor, chance: torch.Tensor | None) -> torch.Tensor:
        images = stored.unsqueeze(1).float() / 255
        return images if amount is None or chance is None else warp(images, chance, amount)

    return prepare


def make_attack(epsilon: float) -> Attack | None:
    """The fast gradient sign method of strength `epsilon` on pixels in [0, 1]; None where that is 0."""
    return (lambda images, gradient: fooled(images, gradient.sign(), epsilon)) if epsilon else None


def make_loss(config: DigitsConfig) -> Loss:
    """Cross-entropy of the logits, or the mean squared error of the probabilities (Brier 1950)."""
    if config.loss == "mse":
        return lambda logits, targets: F.mse_loss(logits.softmax(1), F.one_hot(targets, NUM_CLASSES).float())
    return nn.CrossEntropyLoss(label_smoothing=config.label_smoothing)
