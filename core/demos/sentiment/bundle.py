"""What a sentiment network is, in words and as plain code, for people who take it along; `core/export.py` writes it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.data import registry
from core.data.text import reviews
from core.demos.sentiment import difference, minilm
from core.demos.sentiment import network as network_module
from core.demos.sentiment.config import SMALL, SentimentConfig
from core.demos.sentiment.cost import sizes
from core.demos.sentiment.learner import Network, shape_of, tokenizer_from
from core.demos.sentiment.network import PADDING_ID, Layout, Transformer, tokens_of
from core.demos.sentiment.reader import run_reader
from core.demos.sentiment.tokenizer import encode_many, portable
from core.export import COPYRIGHT, Card, Trained, to_onnx
from core.knobs import from_json
from core.release import ReleaseModel

NUM_COMPARED = 100  # texts behind the parity of an ONNX file
TOKENIZER = "tokenizer.json"
START_ID, END_ID = {"own": 2, "minilm": 101}, {"own": 3, "minilm": 102}
OUTPUTS = "`logits`, (B, K) float32; their softmax are the probabilities of the classes."
LIMITS = (
    "It gives one of its classes for every text, one in another language or about something else too. Its "
    "probabilities mean something for texts like the data above only."
)


def run_network(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> Network:
    """The network of a run, its corrections of low rank added to the weights that they correct.

    Raises:
        DataUnavailableError: it was fine-tuned from the encoder, which is not here.
    """
    network = copy.deepcopy(run_reader(config, learner_state).network)
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, minilm.LowRank):
                setattr(parent, name, child.merged())
    return network


def release_state(release: ReleaseModel) -> dict[str, Any]:
    """What a checkpoint of a release model's training would tell about its network, its temperature included."""
    weights = difference.weights_of(release)
    for name in ("head.weight", "head.bias"):
        weights[name] = weights[name] / release.card["temperature"]
    return {
        "network": weights,
        "classes": release.card["classes"],
        "tokenizer": release.text(TOKENIZER),
    }


@dataclass(frozen=True)
class _Padded(Layout):
    """A layout in which padding is computed along, though nothing looks at it: its steps are the same for any batch."""

    seen: torch.Tensor  # (B, L) bool

    @property
    def position(self) -> torch.Tensor:
        return (torch.ones_like(self.seen, dtype=torch.int64).cumsum(1) - 1).flatten()

    @property
    def lengths(self) -> torch.Tensor:
        return self.seen.sum(1)

    @property
    def full(self) -> bool:
        return True

    def mask(self) -> torch.Tensor:
        return self.seen[:, None, None, :]

    def mean(self, packed: torch.Tensor) -> torch.Tensor:
        seen = self.seen[:, :, None].to(packed.dtype)
        return (self.pad(packed) * seen).sum(1) / seen.sum(1)


class Traceable(nn.Module):
    """The same network in a form that an exporter can follow: (B, L) int64 ids, padded with 0 → (B, K) logits."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, L) → (B, K)."""
        layout = _Padded(index=ids, batch=ids.shape[0], length=ids.shape[1], seen=tokens_of(ids))
        return self.network.from_words(self.network.embedding(ids.flatten()), layout)


def onnx_file(network: Network) -> bytes:
    """A sentiment network as ONNX: `ids` (B, L) int64 → `logits` (B, K)."""
    example = torch.tensor([[2, 4, 5, 3], [2, 4, 3, PADDING_ID]])
    return to_onnx(Traceable(network), example, inputs="ids", outputs="logits", axes=("batch", "length"))


def compared(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> tuple[torch.Tensor, str]:
    """The first 100 test texts of a run's data as ids; raises `DataUnavailableError`."""
    known = from_json(SentimentConfig, config)[0]
    texts = reviews.load(known.data, known.table)
    tokenizer = tokenizer_from(learner_state["tokenizer"])
    ids = encode_many(tokenizer, texts.test.texts[:NUM_COMPARED], length=shape_of(known).length)
    return torch.from_numpy(ids).long(), f"{len(ids)} {texts.label} test {texts.unit}"


def network_code(network: Network, config: SentimentConfig) -> str:
    """A module of plain PyTorch that defines `network`, untrained, and `inputs`, one empty text."""
    shape = shape_of(config)
    arguments: dict[str, Any] = {
        "vocabulary": network.embedding.num_embeddings,
        "layers": len(network.layers) if isinstance(network, Transformer) else shape.layers,
        "width": network.embedding.embedding_dim,
        "num_classes": network.head.out_features,
        "dropout": config.dropout,
        "word_dropout": config.word_dropout,
        "unknown_id": network.unknown_id,
    }
    if isinstance(network, Transformer):
        first: Any = network.layers[0]
        arguments |= {
            "length": network.positions.num_embeddings if network.positions is not None else shape.length,
            "heads": network.heads,
            "feed_forward": first.inner.out_features,
            "positions": "learned" if network.positions is not None else shape.positions,
            "norm": first.norm,
            "epsilon": first.attention_norm.eps,
        }
    call = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    kind = "minilm" if shape.network == "minilm" else "own"
    return (
        f"# {COPYRIGHT}\n{Path(network_module.__file__).read_text(encoding='utf-8')}\n\n"
        f"network = {type(network).__name__}({call})\n"
        f"inputs = torch.tensor([[{START_ID[kind]}, {END_ID[kind]}]])\n"
    )


def card(trained: Trained, learner_state: Mapping[str, Any]) -> Card:
    """What is told of a sentiment network, its code and its tokenizer."""
    config, network = trained.config, trained.network
    assert isinstance(config, SentimentConfig)
    assert isinstance(network, Network)
    source = None if config.data == "own" else registry.find(config.data)
    return Card(
        made=_made(config, trained.origin),
        sets=_sets(config),
        network=_shape_in_words(config, network),
        num_parameters=sum(parameter.numel() for parameter in network.parameters()),
        inputs=(
            f"`ids`, (B, L) int64, L at most {shape_of(config).length}: what `{TOKENIZER}` gives "
            '(`tokenizers.Tokenizer.from_file("tokenizer.json").encode(text).ids`), shorter texts padded with 0.'
        ),
        outputs=OUTPUTS,
        classes=learner_state["classes"],
        data=f"{source.label}. {source.sentence}" if source else f"A table of one's own: {_label(config)}.",
        licence=source.licence if source else "whatever its owner says",
        citation=source.citation if source else "uploaded by whoever trained this",
        limits=LIMITS,
        code=network_code(network, config),
        more={TOKENIZER: portable(learner_state["tokenizer"])},
    )


def _made(config: SentimentConfig, origin: str) -> str:
    begun = ""
    if config.start == "release":
        begun = f", beginning with weights that had learned from {SMALL.card['trained_on']}"
    elif config.network == "minilm":
        begun = ", beginning with the pretrained encoder MiniLM-L6 (Apache-2.0)"
    return f"Trained with Glassbox on {sizes(config)[0]:,} {_label(config)} training texts{begun}. {origin}."


def _label(config: SentimentConfig) -> str:
    return reviews.load(config.data, config.table).label if config.data == "own" else registry.find(config.data).label


def _sets(config: SentimentConfig) -> dict[str, str]:
    """What the figures of a run were measured on."""
    _, num_validation, num_test = sizes(config)
    label = _label(config)
    return {"test": f"{num_test:,} {label} test texts", "validation": f"{num_validation:,} {label} validation texts"}


def _shape_in_words(config: SentimentConfig, network: Network) -> str:
    width = network.embedding.embedding_dim
    if isinstance(network, Transformer):
        return (
            f"Transformer encoder: {len(network.layers)} layers of {network.heads} heads, {width} numbers a token, the "
            "mean of the last layer."
        )
    return f"Bidirectional LSTM: {shape_of(config).layers} layers, {width} numbers a token, the mean of its states."
