"""Data and learner of the Sentiment demo: from a config to token ids, a network, its loss and its optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from core.contract import Dataset, Placement, Split
from core.data import registry, subset
from core.data.text import reviews, table
from core.demos.sentiment import minilm
from core.demos.sentiment.config import SMALL, SentimentConfig
from core.demos.sentiment.network import LSTM, Transformer, tokens_of
from core.demos.sentiment.tokenizer import encode_many, read_tokenizer, train_tokenizer
from core.errors import InvalidSettingError
from core.training.supervised import SupervisedLearner, optimizer_named

if TYPE_CHECKING:
    from tokenizers import Tokenizer

EVALUATION_TOKENS = 16_000  # that are answered together, padding included

Network = Transformer | LSTM


def check(config: SentimentConfig) -> None:
    """Raise what `load` raises where texts or an encoder are missing or settings do not fit; reads no texts."""
    check_start(config)
    reviews.require(config.data, config.table)
    subset.left(config.share, reviews.sizes(config.data, config.table)[0])
    if config.start == "scratch" and config.network == "minilm":
        minilm.verified_folder()


def check_start(config: SentimentConfig) -> None:
    """Raise `InvalidSettingError` where a figure of the run would be worthless: it would be measured on what its
    first weights have learned from."""
    if config.start == "release" and config.data == "rotten_tomatoes":
        raise InvalidSettingError(
            "Start from (start) is “release” with Rotten Tomatoes (data). The release model has learned from most of "
            "these very sentences, in SST-2, so its accuracy on them would say nothing. Start from scratch, or choose "
            "other data."
        )


def shape_of(config: SentimentConfig) -> SentimentConfig:
    """The config whose knobs describe the network itself: the release model's own where a run starts from it."""
    return SMALL.config(SentimentConfig) if config.start == "release" else config


def classes_of(config: SentimentConfig) -> tuple[str, ...]:
    """Names of the classes; raises `DataUnavailableError` where a person's own table is gone."""
    return table.OWN.stored(config.table).classes if config.data == "own" else registry.POLARITY


def load(config: SentimentConfig) -> Dataset:
    """Token ids (N, L) int32, padded with 0, with labels (N,) int64.

    Raises:
        DataUnavailableError: the texts are not on this machine.
        InvalidSettingError: the share leaves fewer than ten examples, or `check_start` refuses.
    """
    check_start(config)
    texts = reviews.load(config.data, config.table)
    train = shared(texts, config)
    tokenizer = tokenizer_of(config)
    length = shape_of(config).length

    def split(part: reviews.Part, kind: str) -> Split:
        ids = encode_many(tokenizer, part.texts, length=length)
        return Split(
            inputs=torch.from_numpy(ids),
            targets=torch.from_numpy(part.labels.copy()),
            name=f"{len(part):,} {texts.label} {kind} {texts.unit}",
        )

    return Dataset(
        train=split(train, "training"), validation=split(texts.validation, "validation"), test=split(texts.test, "test")
    )


def shared(texts: reviews.Texts, config: SentimentConfig) -> reviews.Part:
    """The training texts that the share leaves; raises `InvalidSettingError` where they are fewer than ten."""
    num_examples = subset.left(config.share, len(texts.train))
    return reviews.Part(texts.train.texts[:num_examples], texts.train.labels[:num_examples])


def tokenizer_of(config: SentimentConfig) -> Tokenizer:
    """The tokenizer that a run with this config reads with; raises `DataUnavailableError`."""
    if config.start == "release":
        return tokenizer_from(SMALL.text("tokenizer.json"))
    if config.network == "minilm":
        return minilm.tokenizer()
    return _trained_tokenizer(config.data, config.table, config.share, config.vocabulary)


@lru_cache(maxsize=2)
def _trained_tokenizer(data: str, own: str, share: float, vocabulary: int) -> Tokenizer:
    config = SentimentConfig(data=data, table=own, share=share)
    return train_tokenizer(shared(reviews.load(data, own), config).texts, vocabulary=vocabulary)


@lru_cache(maxsize=4)
def tokenizer_from(written: str) -> Tokenizer:
    """A tokenizer from its JSON text, the same one for the same text."""
    return read_tokenizer(written)


def make_network(config: SentimentConfig, *, num_classes: int) -> Network:
    """The untrained network of a config, (B, L) token ids → (B, num_classes) logits."""
    shape = shape_of(config)
    regularised: dict[str, Any] = {"dropout": config.dropout, "word_dropout": config.word_dropout}
    if shape.network == "minilm":
        network = minilm.network(num_classes=num_classes, **regularised)
        minilm.freeze(
            network,
            tuning=shape.tuning,
            last_layers=shape.last_layers,
            rank=shape.rank,
            embeddings=shape.embeddings,
        )
        return network
    if shape.network == "lstm":
        return LSTM(
            vocabulary=shape.vocabulary,
            layers=shape.layers,
            width=shape.width,
            num_classes=num_classes,
            **regularised,
        )
    return Transformer(
        vocabulary=shape.vocabulary,
        length=shape.length,
        layers=shape.layers,
        heads=shape.heads,
        width=shape.width,
        feed_forward=shape.feed_forward,
        positions=shape.positions,
        num_classes=num_classes,
        **regularised,
    )


def num_parameters(config: SentimentConfig) -> int:
    """Trained numbers of the network, counted without making them."""
    with torch.device("meta"):
        network = make_network(config, num_classes=num_classes(config))
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def num_classes(config: SentimentConfig) -> int:
    """How many classes; 2 as long as no table of one's own is chosen."""
    return len(classes_of(config)) if config.data != "own" or config.table else 2


def with_weights(network: Network, config: SentimentConfig) -> Network:
    """The network with the weights that its run begins with: fresh, the encoder's, or the release model's."""
    if config.start == "release":
        weights = SMALL.weights()
        if len(weights["head.bias"]) != network.head.out_features:  # other classes: the head starts afresh
            weights = {name: value for name, value in weights.items() if not name.startswith("head.")}
    elif config.network == "minilm":
        weights = _in_place(minilm.weights(), network)
    else:
        return network
    missing, unexpected = network.load_state_dict(weights, strict=False)
    assert not unexpected, unexpected
    assert all(name.startswith("head.") or name.endswith((".up", ".down")) for name in missing), missing
    return network


def _in_place(weights: Mapping[str, torch.Tensor], network: Network) -> dict[str, torch.Tensor]:
    """Weights of the encoder under the names that they have where corrections of low rank stand beside them."""
    own = network.state_dict()

    def place(name: str) -> str:
        layer, _, last = name.rpartition(".")
        return name if name in own else f"{layer}.base.{last}"

    return {place(name): value for name, value in weights.items()}


def make_learner(config: SentimentConfig, placement: Placement) -> TextLearner:
    """A fresh learner; its first weights depend only on the seed (or are given, all but the head's)."""
    torch.manual_seed(config.seed)
    classes = classes_of(config)
    network = with_weights(make_network(config, num_classes=len(classes)), config).to(placement.device)
    return TextLearner(
        network, config=config, classes=classes, tokenizer=tokenizer_of(config).to_str(), placement=placement
    )


def trim(stored: torch.Tensor, chance: torch.Tensor | None = None) -> torch.Tensor:
    """Token ids (B, L) cut to the longest of them: (B, L')."""
    longest = int(tokens_of(stored).sum(1).max())
    return stored[:, : max(longest, 1)]


class TextLearner(SupervisedLearner):
    """A classifier of texts that carries its tokenizer and the names of its classes along.

    Frozen weights of the pretrained encoder are not saved: they come from the encoder's own file again.
    """

    def __init__(
        self,
        network: Network,
        *,
        config: SentimentConfig,
        classes: tuple[str, ...],
        tokenizer: str,
        placement: Placement,
    ) -> None:
        self.length = shape_of(config).length
        self.classes = classes
        self.tokenizer = tokenizer
        self.frozen = {name for name, value in network.named_parameters() if not value.requires_grad}
        super().__init__(
            network=network,
            loss=nn.CrossEntropyLoss(label_smoothing=config.label_smoothing),
            optimizer=make_optimizer(config, network),
            prepare=trim,
            schedule=config.schedule,
            averaging=config.averaging,
            placement=placement,
            warm_up=config.warm_up,
            evaluation_batch=max(1, EVALUATION_TOKENS // self.length),
        )

    def preview(self, example: Any) -> Any:
        """Probabilities of each class for a text."""
        ids = encode_many(tokenizer_from(self.tokenizer), [str(example)], length=self.length)
        return super().preview(ids[0].tolist())

    def state_dict(self) -> dict[str, Any]:
        """What the supervised learner has, less what is frozen; and the tokenizer and the classes as text."""
        state = super().state_dict()
        state["network"] = self._trained(state["network"])
        if "average" in state:
            state["average"] = self._trained(state["average"])
        return {**state, "tokenizer": self.tokenizer, "classes": list(self.classes)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state of the same run; its tokenizer counts, should this machine have trained another."""
        whole = dict(state)
        whole["network"] = {**self.network.state_dict(), **state["network"]}
        if self.average is not None:
            whole["average"] = {**self.average.state_dict(), **state["average"]}
        super().load_state_dict(whole)
        if state["tokenizer"] != self.tokenizer:
            raise InvalidSettingError(
                "The tokenizer of this run cannot be made again on this machine, so its data would be read in another "
                "way. Clone the run to start afresh; its model can still be used."
            )

    def _trained(self, weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {name: value for name, value in weights.items() if name.removeprefix("module.") not in self.frozen}


def make_optimizer(config: SentimentConfig, network: Network) -> torch.optim.Optimizer:
    """The chosen optimizer; the layers of a pretrained encoder learn the slower, the lower they are."""
    groups = _groups(config, network)
    return optimizer_named(config.optimizer, groups, rate=config.learning_rate, weight_decay=config.weight_decay)


def _groups(config: SentimentConfig, network: Network) -> list[dict[str, Any]]:
    decays = config.start == "scratch" and config.network == "minilm" and config.tuning != "lora"
    groups: dict[int, list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups.setdefault(_height(name) if decays else 0, []).append(parameter)
    top = max(groups)
    return [
        {"params": group, "lr": config.learning_rate * config.layer_decay ** (top - height if decays else 0)}
        for height, group in sorted(groups.items())
    ]


def _height(name: str) -> int:
    """0 for the embeddings, then the layers from 1, then the head."""
    if name.startswith("layers."):
        return 1 + int(name.split(".")[1])
    return minilm.LAYERS + 1 if name.startswith("head.") else 0
