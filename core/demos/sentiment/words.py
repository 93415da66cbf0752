"""The words of a text as people see them: their pieces, what each contributes, and the text with one changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.demos.sentiment.embeddings import WordTable, embedding_of, word_table
from core.demos.sentiment.network import Layout, Transformer
from core.demos.sentiment.reader import Reading, TextReader
from core.demos.sentiment.signs import MODIFIERS, OTHER_EMOJI, found_as_one
from core.demos.sentiment.tokenizer import APOSTROPHES, UNKNOWN, Encoded
from core.explain.words import Contributions, contributions

Numbers = NDArray[np.float32]
TOKEN = re.compile(
    rf"{found_as_one()}|{OTHER_EMOJI}{MODIFIERS}*|[^\W_]+(?:['’{APOSTROPHES}\-][^\W_]+)*|(?:(?!{OTHER_EMOJI})[^\w\s])+|_+"
)  # a score, emoticon, emoji or word, or signs
NUM_NEIGHBOURS = 24  # words that are tried in the place of one
MOST_SWAPS = 4
STEPS, EXPLANATION_FLOPS = (24, 48, 96), 150_000_000_000  # of integrated gradients
ERROR, SMALL_ERROR = 0.02, 0.005  # share of the difference, and score, that an explanation may miss


@dataclass(frozen=True)
class Word:
    """A word, or signs, of a text."""

    text: str
    start: int  # characters [start, end) of the text
    end: int
    pieces: tuple[int, ...]  # indices of its tokens; empty where the text was cut
    names: tuple[str, ...]  # of these tokens: "un", "##ness"
    known: bool  # whether it is one token that the vocabulary holds


def words_of(text: str, encoded: Encoded) -> list[Word]:
    """Every word of a text, those after the cut too."""
    found = []
    for match in TOKEN.finditer(text):
        own = [i for i, piece in enumerate(encoded.pieces) if piece.start < match.end() and piece.end > match.start()]
        names = tuple(encoded.pieces[i].text for i in own)
        known = not any(encoded.pieces[i].unknown or name.startswith("##") for i, name in zip(own, names, strict=True))
        found.append(Word(match.group(), match.start(), match.end(), tuple(own), names, known))
    return found


def replaced(text: str, word: Word, by: str) -> str:
    """The text with another word in the place of one; with nothing, its space goes too."""
    before, after = text[: word.start], text[word.end :]
    if by.strip():
        return before + by.strip() + after
    if not before.strip():
        return after.lstrip()
    keeps = after[:1] in ",.;:!?" or not after[:1]
    return (before.rstrip() if keeps else before) + (after if keeps else after.lstrip())


@dataclass(frozen=True)
class Explained:
    """What each word contributes to a class rather than the others."""

    words: list[Word]
    values: tuple[float, ...]  # one a word; 0 where it was cut
    whole: Contributions  # with the tokens that stand for no word
    target: int


def explain(reader: TextReader, text: str, *, target: int) -> Explained:
    """Integrated gradients from the same text with all its words hidden, summed over the pieces of each word."""
    encoded = reader.encode(text)
    ids = torch.tensor([[piece.id for piece in encoded.pieces]])
    network = reader.network
    hidden = ids.clone()
    inside = [i for i, piece in enumerate(encoded.pieces) if piece.end > piece.start]
    hidden[0, inside] = network.unknown_id

    def scores(points: torch.Tensor) -> torch.Tensor:
        batch, length, _ = points.shape
        layout = Layout(index=torch.arange(batch * length), batch=batch, length=length)
        return network.from_words(points.flatten(0, 1), layout) / reader.temperature

    with torch.no_grad():
        embedded, blank = network.embed(ids)[0], network.embed(hidden)[0]
    for steps in _steps(reader, len(encoded.pieces)):
        whole = contributions(scores, embedded, blank, target=target, steps=steps)
        if abs(whole.error) <= max(ERROR * abs(whole.score - whole.blank_score), SMALL_ERROR):
            break
    words = words_of(text, encoded)
    return Explained(words, tuple(float(whole.values[list(word.pieces)].sum()) for word in words), whole, target)


def sentence_values(reading: Reading, *, target: int) -> tuple[float, ...]:
    """What each sentence of a long text adds to the score of a class, its logit less the mean of the others'.

    The text's logits are a sum of its sentences' (`reader.whole`), so these add up to its score exactly.
    """
    return tuple(score(one.probabilities, target) * one.weight for one in reading.sentences)


def score(probabilities: Sequence[float], target: int) -> float:
    """Log probability of a class less the mean of the others': the difference of the logits."""
    logs = np.log(np.maximum(probabilities, 1e-12))
    others = (logs.sum() - logs[target]) / (len(logs) - 1)
    return float(logs[target] - others)


def _steps(reader: TextReader, num_tokens: int) -> list[int]:
    """Numbers of steps to try, the last of them in some seconds on one core at most; the first always."""
    embeddings = [module for module in reader.network.modules() if isinstance(module, torch.nn.Embedding)]
    looked_up = sum(module.weight.numel() for module in embeddings)
    multiplied = sum(parameter.numel() for parameter in reader.network.parameters()) - looked_up
    flops = 6 * multiplied * num_tokens  # of a step, forward and backward
    return [steps for steps in STEPS if steps == STEPS[0] or steps * flops <= EXPLANATION_FLOPS]


@dataclass(frozen=True)
class Swap:
    """A word replaced by another, and the probability of the first answer after it."""

    word: str
    by: str
    text: str  # after it
    probability: float


def neighbours(reader: TextReader, word: str, *, table: WordTable) -> list[str]:
    """Whole words of the vocabulary whose embeddings point most nearly where the word's does, the nearest first."""
    vector = embedding_of(reader, word)
    return [] if vector is None else table.nearest(vector, NUM_NEIGHBOURS, but=word.lower())


def attack(reader: TextReader, text: str) -> list[Swap]:
    """Replace words by their neighbours, one after the other, until the answer flips; at most four.

    Each step tries every neighbour of every word that is left and takes what hurts the first answer most (greedy, as in
    Jin et al. 2020, https://arxiv.org/abs/1907.11932, without their test of meaning).
    """
    first = int(reader.probabilities([text])[0].argmax())
    table = word_table(reader)
    swaps: list[Swap] = []
    used: set[int] = set()
    while len(swaps) < MOST_SWAPS:
        words = [word for word in words_of(text, reader.encode(text)) if word.pieces]
        tries = [
            (place, by, replaced(text, word, by))
            for place, word in enumerate(words)
            if place not in used and word.text[0].isalpha()
            for by in neighbours(reader, word.text, table=table)
        ]
        if not tries:
            return swaps
        probabilities = reader.probabilities([changed for _, _, changed in tries])
        best = int(probabilities[:, first].argmin())
        place, by, changed = tries[best]
        used.add(place)
        swaps.append(Swap(words[place].text, by, changed, float(probabilities[best, first])))
        text = changed
        if int(probabilities[best].argmax()) != first:
            return swaps
    return swaps


def flipped(reader: TextReader, swaps: Sequence[Swap], text: str) -> bool:
    """Whether the last swap changed the answer to the text."""
    if not swaps:
        return False
    before, after = reader.probabilities([text, swaps[-1].text]).argmax(1)
    return bool(before != after)


@dataclass(frozen=True)
class Looks:
    """What a transformer did with a text, as numbers. H heads, L tokens, d numbers a head."""

    tokens: tuple[str, ...]
    queries: tuple[Numbers, ...]  # (H, L, d) each layer
    keys: tuple[Numbers, ...]
    values: tuple[Numbers, ...]
    scores: tuple[Numbers, ...]  # (H, L, L)
    weights: tuple[Numbers, ...]  # (H, L, L)
    mixed: tuple[Numbers, ...]  # (H, L, d)
    answers: Numbers  # (layers + 1, K) what the head would answer to each layer's input and to the last output


def looks(reader: TextReader, text: str) -> Looks | None:
    """Attention and answers, layer by layer; None for a network without attention."""
    network = reader.network
    if not isinstance(network, Transformer):
        return None
    encoded = reader.encode(text)
    ids = torch.tensor([[piece.id for piece in encoded.pieces]])
    with torch.no_grad():
        passed, looked = network.looks(ids)
        layout = network.embed(ids)[1]
        answers = torch.cat([network.answer(tokens, layout) / reader.temperature for tokens in passed]).softmax(1)

    def each(name: str) -> tuple[Numbers, ...]:
        return tuple(getattr(one, name)[0].numpy() for one in looked)

    names = tuple("?" if piece.text == UNKNOWN else piece.text for piece in encoded.pieces)
    return Looks(
        names,
        each("queries"),
        each("keys"),
        each("values"),
        each("scores"),
        each("weights"),
        each("mixed"),
        answers.numpy(),
    )
