"""What a digit network is, in words and as plain code, for people who take it along; core/export.py makes the files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.data import registry
from core.data.pictures import picture_set, sources
from core.demos.digits import network as network_module
from core.demos.digits.config import RELEASE, DigitsConfig
from core.demos.digits.cost import num_examples
from core.demos.digits.learner import num_parameters, shape_of
from core.export import COPYRIGHT, Card, Trained
from core.knobs import from_json, knobs

NUM_COMPARED = 100  # images behind the parity of an ONNX file
INPUTS = (
    "`images`, (B, 1, 28, 28) float32 in [0, 1], background 0 and ink 1, prepared as the data below is "
    "(MNIST: scaled into 20×20 pixels, its centre of mass in the middle)."
)
OUTPUTS = "`logits`, (B, 10) float32; their softmax are the probabilities of the ten classes."
LIMITS = (
    "It gives one of its ten classes for every picture, one that shows something else too: what tells in the studio "
    "that a drawing is no digit is another network. Its probabilities mean something for pictures like the data above "
    "only."
)


def compared(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> tuple[torch.Tensor, str]:
    """The first 100 test images of a run's data; raises `DataUnavailableError`."""
    images = sources.load_images(from_json(DigitsConfig, config)[0].data)
    pixels = torch.from_numpy(images.test_images[:NUM_COMPARED].astype(np.float32) / np.float32(255))
    return pixels.unsqueeze(1), f"{len(pixels)} {images.name} test images"


def network_code(config: DigitsConfig) -> str:
    """A module of plain PyTorch that defines `network`, untrained, and `inputs`, one empty example."""
    shape = shape_of(config)
    plain = shape.network == "plain"
    names = ("hidden_layers", "hidden_size") if plain else ("depth", "convolutions", "width", "kernel")
    arguments = {name: getattr(shape, name) for name in (*names, "activation", "normalisation")}
    arguments["dropout"] = config.dropout
    function = network_module.plain_network if plain else network_module.convolutional_network
    call = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return (
        f"# {COPYRIGHT}\n{Path(network_module.__file__).read_text(encoding='utf-8')}\n\n"
        f"network = {function.__name__}({call})\n"
        "inputs = torch.zeros(1, 1, IMAGE_SIDE, IMAGE_SIDE)\n"
    )


def card(trained: Trained, learner_state: Mapping[str, Any]) -> Card:
    """What is told of a digit network, and its code."""
    config = trained.config
    assert isinstance(config, DigitsConfig)
    source = registry.find(config.data)
    return Card(
        made=_made(config, trained.origin),
        sets=_sets(config),
        network=_shape_in_words(shape_of(config)),
        num_parameters=num_parameters(config),
        inputs=INPUTS,
        outputs=OUTPUTS,
        classes=source.classes,
        data=f"{source.label}. {source.sentence}",
        licence=source.licence,
        citation=source.citation,
        limits=LIMITS,
        code=network_code(config),
    )


def _made(config: DigitsConfig, origin: str) -> str:
    label = registry.find(config.data).label
    kind = picture_set.OWN.stored(config.synthetic).in_words if config.synthetic else f"{label} training images"
    begun = f", beginning with weights that had learned from {RELEASE.card['trained_on']}"
    return (
        f"Trained with Glassbox on {num_examples(config):,} {kind}"
        f"{begun if config.start == 'release' else ''}. {origin}."
    )


def _sets(config: DigitsConfig) -> dict[str, str]:
    """What the figures of a run were measured on."""
    label = registry.find(config.data).label
    _, num_validation, num_test = registry.find(config.data).sizes
    return {"test": f"{num_test:,} {label} test images", "validation": f"{num_validation:,} {label} validation images"}


def _shape_in_words(shape: DigitsConfig) -> str:
    declared = knobs(DigitsConfig)["activation"]
    activation = declared.options[shape.activation]  # type: ignore[attr-defined]
    normalisation = "with batch normalisation" if shape.normalisation else "without batch normalisation"
    if shape.network == "plain":
        layers = f"Fully connected: 784 pixels, {shape.hidden_layers} × {shape.hidden_size} hidden neurons, 10 answers"
    else:
        filters = ", ".join(str(shape.width * 2**block) for block in range(shape.depth))
        each = "one layer" if shape.convolutions == 1 else f"{shape.convolutions} layers each"
        layers = (
            f"Convolutional: blocks of {filters} filters of {shape.kernel}×{shape.kernel} pixels, {each}, "
            "then 128 neurons"
        )
    return f"{layers}; activation {activation}, {normalisation}."
