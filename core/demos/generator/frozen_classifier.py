"""The frozen classifiers of generated pictures: one for digits, one for clothes. No GAN is trained against them.

`release/frozen_classifier.py` trains them; their weights lie in `weights/generator/`, their hashes in the cards.
What is measured with them is in `measures.py`.
"""

from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from core.demos.digits.network import convolutional_network

FOLDER = Path(__file__).parents[3] / "weights" / "generator"
SETS = {
    "mnist5k": "mnist",
    "mnist": "mnist",
    "fashion": "fashion",
}  # data set of a config → what its classifier has learned
BATCH = 250


def classifier_network() -> nn.Module:
    """The network of every classifier, untrained: (B, 1, 28, 28) float32 in [0, 1] → (B, 10) logits."""
    return convolutional_network(depth=3, width=16, kernel=3, activation="relu", normalisation=True, dropout=0.0)


class FrozenClassifier:
    """A trained classifier that also gives away what its last hidden layer found."""

    def __init__(self, network: nn.Module) -> None:
        layers = list(network.eval().requires_grad_(False).children())
        self._body, self._head = nn.Sequential(*layers[:-1]), layers[-1]

    def to(self, device: str) -> "FrozenClassifier":
        """Move it, in place."""
        self._body.to(device)
        self._head.to(device)
        return self

    @torch.no_grad()
    def look(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 1, 28, 28) float32 in [0, 1] → features (N, 128) and probabilities (N, 10), float32."""
        features = torch.cat([self._body(batch) for batch in images.split(BATCH)])
        return features, self._head(features).softmax(1)


@cache
def find_classifier(data: str) -> FrozenClassifier | None:
    """The classifier of a config's data set, on the processor; None where there is none."""
    if data not in SETS:
        return None
    network = classifier_network()
    stored = load_file(FOLDER / f"classifier-{SETS[data]}.safetensors")
    network.load_state_dict(
        {name: value.float() if value.is_floating_point() else value for name, value in stored.items()}
    )
    return FrozenClassifier(network)
