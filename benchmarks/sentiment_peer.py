"""The peers of Sentiment's trainings: the same networks out of PyTorch and transformers, on padded texts."""

from __future__ import annotations

import warnings

import torch
import torch.nn.functional as F
from torch import nn

from core.contract import Placement
from core.demos.sentiment import minilm
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import TextLearner
from core.demos.sentiment.network import PADDING_ID, Transformer
from core.training.supervised import SupervisedLearner, optimizer_named


class FromScratch(nn.Module):
    """`nn.TransformerEncoder` with embeddings, positions, a last normalisation and a mean; (B, L) ids → logits."""

    def __init__(self, network: Transformer, config: SentimentConfig) -> None:
        super().__init__()
        assert network.positions is not None
        self.embedding, self.positions, self.head = network.embedding, network.positions, network.head
        layer = nn.TransformerEncoderLayer(
            config.width, config.heads, config.feed_forward, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(
            layer, config.layers, norm=nn.LayerNorm(config.width), enable_nested_tensor=False
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, L) → (B, K)."""
        empty = ids == PADDING_ID
        places = torch.arange(ids.shape[1]).clamp_max(self.positions.num_embeddings - 1)
        tokens = self.encoder(self.dropout(self.embedding(ids) + self.positions(places)), src_key_padding_mask=empty)
        return self.head(self.dropout(_mean(tokens, ~empty)))


class Pretrained(nn.Module):
    """`BertModel` of transformers with MiniLM's weights, and the same mean and head."""

    def __init__(self, config: SentimentConfig, head: nn.Linear) -> None:
        from transformers import BertModel

        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.encoder = BertModel.from_pretrained(minilm.verified_folder(), add_pooling_layer=False)
        self.encoder.embeddings.word_embeddings.requires_grad_(False)
        self.dropout, self.head = nn.Dropout(config.dropout), head

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, L) → (B, K)."""
        mask = ids != PADDING_ID
        tokens = self.encoder(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        return self.head(self.dropout(_mean(tokens, mask)))


def _mean(tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (tokens * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)


def padded(learner: TextLearner, config: SentimentConfig, where: Placement, *, length: int) -> SupervisedLearner:
    """A learner of the peer's network with the head, the loss and the knobs of ours, on texts padded to `length`."""
    network = learner.network
    assert isinstance(network, Transformer)
    peer = Pretrained(config, network.head) if config.network == "minilm" else FromScratch(network, config)

    def pad(stored: torch.Tensor, chance: torch.Tensor | None = None) -> torch.Tensor:
        return F.pad(stored, (0, length - stored.shape[1]))

    trained = [{"params": [one for one in peer.parameters() if one.requires_grad]}]
    return SupervisedLearner(
        network=peer,
        loss=learner.loss,
        optimizer=optimizer_named(
            config.optimizer, trained, rate=config.learning_rate, weight_decay=config.weight_decay
        ),
        prepare=pad,
        schedule=config.schedule,
        averaging=config.averaging,
        placement=where,
        warm_up=config.warm_up,
        evaluation_batch=64,
    )
