"""The networks of the Sentiment demo: a transformer encoder and an LSTM. They know token ids and logits only.

Tokens of a batch are computed packed, one after the other without padding, wherever tokens do not meet; only attention
sees them as sentences. Loading the pretrained encoder into `Transformer` is in `minilm.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

PADDING_ID = 0
UNKNOWN_ID = 1  # of the tokenizers that are trained here


@dataclass(frozen=True)
class Layout:
    """Where the packed tokens of a batch stand: token t is position `index[t]` of the flattened (B, L) batch."""

    index: torch.Tensor  # (T,) int64
    batch: int
    length: int

    @property
    def row(self) -> torch.Tensor:
        """(T,) sentence of each token."""
        return self.index // self.length

    @property
    def position(self) -> torch.Tensor:
        """(T,) place of each token in its sentence."""
        return self.index % self.length

    @property
    def lengths(self) -> torch.Tensor:
        """(B,) tokens of each sentence."""
        return torch.bincount(self.row, minlength=self.batch)

    @property
    def full(self) -> bool:
        """Whether no sentence is padded."""
        return len(self.index) == self.batch * self.length

    def pad(self, packed: torch.Tensor) -> torch.Tensor:
        """(T, D) → (B, L, D), zero where there is no token."""
        if self.full:
            return packed.view(self.batch, self.length, -1)
        padded = packed.new_zeros(self.batch * self.length, packed.shape[1])
        return padded.index_copy(0, self.index, packed).view(self.batch, self.length, -1)

    def pack(self, padded: torch.Tensor) -> torch.Tensor:
        """(B, L, D) → (T, D)."""
        flat = padded.reshape(self.batch * self.length, -1)
        return flat if self.full else flat.index_select(0, self.index)

    def mask(self) -> torch.Tensor | None:
        """(B, 1, 1, L), True where there is a token; None if there is one everywhere."""
        if self.full:
            return None
        seen = torch.zeros(self.batch * self.length, dtype=torch.bool, device=self.index.device)
        return seen.index_fill(0, self.index, True).view(self.batch, 1, 1, self.length)

    def mean(self, packed: torch.Tensor) -> torch.Tensor:
        """(T, D) → (B, D), the mean of each sentence's tokens."""
        if self.full:
            return self.pad(packed).mean(1)
        sums = packed.new_zeros(self.batch, packed.shape[1]).index_add(0, self.row, packed)
        return sums / self.lengths.to(packed.dtype)[:, None]


def tokens_of(ids: torch.Tensor) -> torch.Tensor:
    """(B, L) bool, True up to the last token of each sentence, its end sign; only what follows that is padding."""
    return (ids != PADDING_ID).flip(1).long().cumsum(1).flip(1) > 0


def layout_of(ids: torch.Tensor) -> Layout:
    """The layout of token ids (B, L), padded with `PADDING_ID`."""
    return Layout(index=tokens_of(ids).flatten().nonzero().squeeze(1), batch=ids.shape[0], length=ids.shape[1])


@dataclass(frozen=True)
class Looked:
    """The numbers of one layer's attention. H heads, L tokens, d numbers a head."""

    queries: torch.Tensor  # (B, H, L, d)
    keys: torch.Tensor  # (B, H, L, d)
    values: torch.Tensor  # (B, H, L, d)
    scores: torch.Tensor  # (B, H, L, L) queries · keys / √d
    weights: torch.Tensor  # (B, H, L, L) their softmax over the last dimension
    mixed: torch.Tensor  # (B, H, L, d) weights · values


class Attention(nn.Module):
    """Multi-head self-attention (Vaswani et al. 2017).

    Args:
        width: numbers a token; heads: they share the width.
    """

    def __init__(self, *, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def _heads(self, packed: torch.Tensor, layout: Layout) -> torch.Tensor:
        return layout.pad(packed).unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, H, L, d)

    def forward(self, tokens: torch.Tensor, layout: Layout) -> torch.Tensor:
        """(T, D) → (T, D)."""
        queries, keys, values = (self._heads(layer(tokens), layout) for layer in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(queries, keys, values, attn_mask=layout.mask())
        return self.output(layout.pack(mixed.transpose(1, 2)))

    def look(self, tokens: torch.Tensor, layout: Layout) -> Looked:
        """The same step by step, for people; `forward` goes on from `mixed`. Without dropout."""
        queries, keys, values = (self._heads(layer(tokens), layout) for layer in (self.query, self.key, self.value))
        scores = queries @ keys.transpose(-1, -2) / math.sqrt(queries.shape[-1])
        mask = layout.mask()
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        weights = scores.softmax(-1)
        return Looked(queries, keys, values, scores, weights, weights @ values)


class Layer(nn.Module):
    """Attention and a feed-forward network, each added to what comes in.

    Args:
        norm: "pre" normalises what goes into each (Xiong et al. 2020), "post" what comes out (as in BERT).
        epsilon: of the normalisations.
    """

    def __init__(
        self, *, width: int, heads: int, feed_forward: int, dropout: float, norm: Literal["pre", "post"], epsilon: float
    ) -> None:
        super().__init__()
        self.norm = norm
        self.attention = Attention(width=width, heads=heads)
        self.attention_norm = nn.LayerNorm(width, eps=epsilon)
        self.inner = nn.Linear(width, feed_forward)
        self.outer = nn.Linear(feed_forward, width)
        self.outer_norm = nn.LayerNorm(width, eps=epsilon)
        self.dropout = nn.Dropout(dropout)

    def _feed_forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.outer(F.gelu(self.inner(tokens))))

    def attention_input(self, tokens: torch.Tensor) -> torch.Tensor:
        """(T, D) → (T, D), what the attention of this layer reads."""
        return self.attention_norm(tokens) if self.norm == "pre" else tokens

    def forward(self, tokens: torch.Tensor, layout: Layout) -> torch.Tensor:
        """(T, D) → (T, D)."""
        if self.norm == "pre":
            tokens = tokens + self.dropout(self.attention(self.attention_norm(tokens), layout))
            return tokens + self._feed_forward(self.outer_norm(tokens))
        tokens = self.attention_norm(tokens + self.dropout(self.attention(tokens, layout)))
        return self.outer_norm(tokens + self._feed_forward(tokens))


def sinusoids(length: int, width: int) -> torch.Tensor:
    """(length, width) float32: sines and cosines of geometrically growing wavelengths (Vaswani et al. 2017)."""
    wavelengths = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.arange(length)[:, None] * wavelengths
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)[:, :width]


class Embedded(nn.Module):
    """What every network here begins with: an embedding of words, some of them hidden while training."""

    def __init__(self, *, vocabulary: int, width: int, word_dropout: float, unknown_id: int) -> None:
        super().__init__()
        self.word_dropout, self.unknown_id = word_dropout, unknown_id
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=PADDING_ID)

    def embed(self, ids: torch.Tensor) -> tuple[torch.Tensor, Layout]:
        """(B, L) token ids → (T, D) embeddings of the words alone, without their places, and the layout."""
        layout = layout_of(ids)
        packed = ids.flatten().index_select(0, layout.index)
        if self.training and self.word_dropout:
            dropped = (torch.rand(packed.shape, device=ids.device) < self.word_dropout) & (layout.position > 0)
            packed = packed.masked_fill(dropped, self.unknown_id)
        return self.embedding(packed), layout


class Transformer(Embedded):
    """Token ids (B, L) int, padded with 0 → (B, num_classes) logits, by way of the mean of the last layer's tokens.

    Args:
        vocabulary: rows of the embedding; length: tokens at most.
        layers, heads, width, feed_forward: its shape; `width` is a multiple of `heads`.
        positions: "learned", "sinusoidal" or "none".
        norm, epsilon: see `Layer`; "pre" normalises once more at the end, "post" at the start.
        dropout: share of numbers switched off; word_dropout: share of words replaced by "unknown" while training.
    """

    def __init__(
        self,
        *,
        vocabulary: int,
        length: int,
        layers: int,
        heads: int,
        width: int,
        feed_forward: int,
        positions: str,
        num_classes: int,
        dropout: float,
        word_dropout: float,
        norm: Literal["pre", "post"] = "pre",
        epsilon: float = 1e-5,
        unknown_id: int = UNKNOWN_ID,
    ) -> None:
        super().__init__(vocabulary=vocabulary, width=width, word_dropout=word_dropout, unknown_id=unknown_id)
        self.positions = nn.Embedding(length, width) if positions == "learned" else None
        self.register_buffer("waves", sinusoids(length, width) if positions == "sinusoidal" else None, persistent=False)
        self.norm = nn.LayerNorm(width, eps=epsilon)
        self.pre_norm = norm == "pre"
        shape = {"width": width, "heads": heads, "feed_forward": feed_forward, "dropout": dropout}
        self.heads = heads
        self.layers = nn.ModuleList(
            Layer(**shape, norm=norm, epsilon=epsilon)  # type: ignore[arg-type]
            for _ in range(layers)
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, num_classes)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        with torch.no_grad():
            self.embedding.weight[PADDING_ID] = 0
        if self.positions is not None:
            nn.init.normal_(self.positions.weight, std=0.02)

    def place(self, words: torch.Tensor, layout: Layout) -> torch.Tensor:
        """(T, D) word embeddings → (T, D) what the first layer reads."""
        if self.positions is not None:
            words = words + self.positions(layout.position)
        elif self.waves is not None:
            words = words + self.waves[layout.position]  # type: ignore[index]
        return self.dropout(words if self.pre_norm else self.norm(words))

    def answer(self, tokens: torch.Tensor, layout: Layout) -> torch.Tensor:
        """(T, D) tokens out of any layer → (B, num_classes) logits."""
        return self.head(self.dropout(layout.mean(self.norm(tokens) if self.pre_norm else tokens)))

    def from_words(self, words: torch.Tensor, layout: Layout) -> torch.Tensor:
        """(T, D) word embeddings → (B, num_classes) logits."""
        tokens = self.place(words, layout)
        for layer in self.layers:
            tokens = layer(tokens, layout)
        return self.answer(tokens, layout)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, L) token ids → (B, num_classes) logits."""
        return self.from_words(*self.embed(ids))

    def looks(self, ids: torch.Tensor) -> tuple[list[torch.Tensor], list[Looked]]:
        """What passes between the layers, (T, D) each from the first layer's input on, and each layer's attention."""
        words, layout = self.embed(ids)
        tokens = [self.place(words, layout)]
        looked = []
        for layer in self.layers:
            looked.append(layer.attention.look(layer.attention_input(tokens[-1]), layout))  # type: ignore[operator, union-attr]
            tokens.append(layer(tokens[-1], layout))
        return tokens, looked


class LSTM(Embedded):
    """Token ids (B, L) int, padded with 0 → (B, num_classes) logits, by way of the mean of a bidirectional LSTM's
    states (Hochreiter and Schmidhuber 1997; Graves and Schmidhuber 2005)."""

    def __init__(
        self,
        *,
        vocabulary: int,
        layers: int,
        width: int,
        num_classes: int,
        dropout: float,
        word_dropout: float,
        unknown_id: int = UNKNOWN_ID,
    ) -> None:
        super().__init__(vocabulary=vocabulary, width=width, word_dropout=word_dropout, unknown_id=unknown_id)
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(width, width // 2, layers, batch_first=True, bidirectional=True, dropout=between)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, num_classes)

    def from_words(self, words: torch.Tensor, layout: Layout) -> torch.Tensor:
        """(T, D) word embeddings → (B, num_classes) logits."""
        padded = layout.pad(self.dropout(words))
        packed = pack_padded_sequence(padded, layout.lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)  # as long as the longest sentence
        states = F.pad(states, (0, 0, 0, layout.length - states.shape[1]))
        return self.head(self.dropout(layout.mean(layout.pack(states))))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, L) token ids → (B, num_classes) logits."""
        return self.from_words(*self.embed(ids))
