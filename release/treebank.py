"""The Stanford Sentiment Treebank with all five of its classes: how positive each phrase of a sentence is.

GLUE's SST-2 keeps of it only which phrases are positive and which are negative. Here "good" and "superb" differ, and a
phrase that says nothing either way is learned to be in the middle. Used by `release/sentiment_encoder.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

POSITIVE = (0.03, 0.15, 0.5, 0.85, 0.97)  # taken as the probability of "positive" for the classes 0 to 4
FEWEST_WORDS = 5  # of a phrase in the middle: shorter ones are mostly names and function words
_PART = re.compile(r"\(\d|\)|[^()\s]+")
_BRACKETS = {"-lrb-": "(", "-rrb-": ")"}


def read(path: Path, *, without: Collection[str]) -> tuple[list[str], torch.Tensor]:
    """Phrases of a file of trees, each once, in GLUE's spelling, and how positive they are.

    Args:
        path: one tree a line, `(3 (2 It) (4 works))`.
        without: phrases to leave out.

    Returns:
        N phrases and (N,) float32 in [0, 1]; the mean where a phrase stands there with several classes.
    """
    classes: dict[str, list[int]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        for phrase, number in dict.fromkeys(phrases(line)):  # not a set: their order must always be the same
            classes.setdefault(phrase, []).append(number)
    means = {phrase: float(np.mean(found)) for phrase, found in classes.items() if phrase not in without}
    kept = {phrase: mean for phrase, mean in means.items() if round(mean) != 2 or phrase.count(" ") >= FEWEST_WORDS - 1}
    return list(kept), torch.from_numpy(np.interp(list(kept.values()), range(5), POSITIVE).astype(np.float32))


def phrases(tree: str) -> Iterator[tuple[str, int]]:
    """Every phrase of a tree with its class, the whole sentence last."""
    open_phrases: list[tuple[int, list[str]]] = []
    for part in _PART.findall(tree):
        if part.startswith("("):
            open_phrases.append((int(part[1]), []))
        elif part == ")":
            number, words = open_phrases.pop()
            if open_phrases:
                open_phrases[-1][1].extend(words)
            yield " ".join(words), number
        else:
            open_phrases[-1][1].append(_spelled(part))


def _spelled(word: str) -> str:
    word = word.lower().replace("\\/", "/").replace("\\*", "*")
    return _BRACKETS.get(word, word)


def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of (B, 2) logits to (B,) float32 probabilities of the second class, or to (B,) int64 labels."""
    if targets.is_floating_point():
        targets = torch.stack([1 - targets, targets], 1)
    return F.cross_entropy(logits, targets)
