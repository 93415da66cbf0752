"""The embeddings of words, before any layer has mixed them: which lie near a word, and all of them on a plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.demos.sentiment.reader import TextReader

NUM_FREQUENT = 400
FIRST_LETTERS = 3  # of a word that stands for something on the map


@dataclass(frozen=True)
class WordTable:
    """The whole words of a vocabulary with their embeddings; common words come first."""

    names: tuple[str, ...]
    vectors: torch.Tensor  # (N, D) float32

    def nearest(self, vector: torch.Tensor, count: int, *, but: str = "") -> list[str]:
        """The words whose embeddings point most nearly where a vector (D,) does, the nearest first.

        Args:
            but: a word that is left out.
        """
        cosines = torch.nn.functional.cosine_similarity(self.vectors, vector[None])
        best = cosines.argsort(descending=True)[: count + 1].tolist()
        return [self.names[i] for i in best if self.names[i] != but][:count]


def word_table(reader: TextReader) -> WordTable:
    """Every token of the vocabulary that is a word of at least two letters, in the order of the vocabulary.

    Vocabularies are made by taking the most frequent pairs first, so frequent words have low numbers.
    """
    vocabulary = reader.tokenizer.get_vocab()
    named = sorted((number, name) for name, number in vocabulary.items() if name.isalpha() and len(name) > 1)
    numbers = torch.tensor([number for number, _ in named])
    return WordTable(tuple(name for _, name in named), reader.network.embedding.weight.detach()[numbers])


def embedding_of(reader: TextReader, word: str) -> torch.Tensor | None:
    """(D,) the embedding of a word, the mean where it falls into pieces; None where none of them is known."""
    pieces = [piece.id for piece in reader.encode(word).pieces if piece.end > piece.start and not piece.unknown]
    return reader.network.embedding.weight.detach()[pieces].mean(0) if pieces else None


@dataclass(frozen=True)
class WordMap:
    """Words on a plane. K classes."""

    words: tuple[str, ...]
    own: tuple[str, ...]
    places: NDArray[np.float32]  # (N, 2) of `words`
    own_places: NDArray[np.float32]  # (M, 2)
    answers: NDArray[np.float32]  # (N, K) what the network answers to each of `words` alone
    own_answers: NDArray[np.float32]  # (M, K)
    variance: float  # share in [0, 1] of the variance of `words` that the plane holds


def word_map(reader: TextReader, own: Sequence[str], *, table: WordTable) -> WordMap:
    """The most frequent words and one's own on the two principal components of the frequent words' embeddings.

    Args:
        own: words; each is shown once, and those that the vocabulary knows no piece of are left out.

    Source: principal component analysis (Pearson 1901), here by the singular value decomposition.
    """
    common = [i for i, name in enumerate(table.names) if len(name) >= FIRST_LETTERS][:NUM_FREQUENT]
    words = tuple(table.names[i] for i in common)
    vectors = table.vectors[common]
    centre = vectors.mean(0)
    _, sizes, directions = torch.linalg.svd(vectors - centre, full_matrices=False)
    plane = directions[:2] * _signs(directions[:2])[:, None]
    found = {word.lower(): embedding_of(reader, word) for word in own}
    known = {word: vector for word, vector in found.items() if vector is not None}
    mine = torch.stack([*known.values()]) if known else vectors[:0]
    answers = reader.probabilities([*words, *known])
    return WordMap(
        words=words,
        own=tuple(known),
        places=((vectors - centre) @ plane.T).numpy(),
        own_places=((mine - centre) @ plane.T).numpy(),
        answers=answers[: len(words)],
        own_answers=answers[len(words) :],
        variance=float((sizes[:2] ** 2).sum() / (sizes**2).sum()),
    )


def _signs(directions: torch.Tensor) -> torch.Tensor:
    """±1 for each direction, so that its largest number is positive: a direction has no sign of its own."""
    return directions.gather(1, directions.abs().argmax(1, keepdim=True))[:, 0].sign()
