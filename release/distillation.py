"""A small network learns what a large one answers (Hinton et al. 2015): texts, the teacher's answers, the student.

Used by `release/sentiment.py --distil`. The texts are SST-2's training phrases and, without labels, the
treebank's other training phrases, most of which judge nothing, and sentences out of IMDb's training reviews. No
sentence of IMDb shares eight words in a row with one that is measured on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from core.contract import Batch, Dataset, Placement, Progress, Split
from core.data.text import reviews
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import TextLearner, classes_of, make_network, tokenizer_of
from core.demos.sentiment.reader import TextReader
from core.demos.sentiment.tokenizer import encode_many
from release import treebank

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|<br\s*/?>|\n")
FEWEST_WORDS, MOST_WORDS = 4, 40
SHARED = 8  # words in a row that give a sentence away
SOFTNESS = 2.0  # temperature of both answers
REPORT_EVERY = 10_000

Margins = NDArray[np.float32]


def sentences(reviews: Iterable[str], *, forbidden: Iterable[str], most: int) -> list[str]:
    """Sentences of reviews, each once, of 4 to 40 words, in an order that is the same for ever.

    Args:
        forbidden: sentences that none may share eight words in a row with, or equal where they are shorter.
        most: sentences at most.
    """
    taken = {span for sentence in forbidden for span in _spans(_words(sentence))}
    found = dict.fromkeys(
        sentence.strip()
        for review in reviews
        for sentence in SENTENCE_END.split(review)
        if FEWEST_WORDS <= len(words := _words(sentence)) <= MOST_WORDS and taken.isdisjoint(_spans(words))
    )
    kept = list(found)
    order = np.random.RandomState(1).permutation(len(kept))[:most]
    return [kept[i] for i in order]


def _words(sentence: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", sentence.lower().replace(" n't", "n't").replace("'", ""))


def _spans(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every eight words in a row; all of them where there are fewer."""
    for start in range(max(1, len(words) - SHARED + 1)):
        yield tuple(words[start : start + SHARED])


def texts_to_learn(*, most: int) -> list[str]:
    """SST-2's training phrases, the treebank's others, and so many sentences of IMDb at most."""
    sst2, folder = reviews.load("sst2"), reviews.sst2_folder()
    assert folder is not None
    measured = [*sst2.validation.texts, *sst2.test.texts]
    for path in folder.glob("test*.tsv"):
        measured += [line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    away = set(measured).union(*map(reviews.spans, sst2.validation.texts))
    phrases, _ = treebank.read(folder.parent / "trees" / "train.txt", without=away)
    imdb = sentences(reviews.load("imdb").train.texts, forbidden=measured, most=most)
    return list(dict.fromkeys([*sst2.train.texts, *phrases, *imdb]))


def margins(teacher: TextReader, texts: Sequence[str], *, kept: Path | None) -> Margins:
    """(N,) by how much the teacher's logit of the second class is above that of the first.

    Args:
        kept: an `.npz` file that they are read from, if it is of these texts, or else written to.
    """
    key = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    if kept is not None and kept.is_file():
        with np.load(kept) as stored:
            if str(stored["key"]) == key:
                return stored["margins"]
    parts = []
    for start in range(0, len(texts), REPORT_EVERY):
        logits = teacher.logits(texts[start : start + REPORT_EVERY])
        parts.append(logits[:, 1] - logits[:, 0])
        print(f"answered {min(start + REPORT_EVERY, len(texts)):,} of {len(texts):,} texts", flush=True)
    found = np.concatenate(parts).astype(np.float32)
    if kept is not None:
        np.savez(kept, key=key, margins=found)
    return found


def soft_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy to the teacher's softened answers; to labels where the targets are these.

    Args:
        logits: (B, 2); targets: (B,) float32 margins, or int64 labels.
    """
    if not targets.is_floating_point():
        return F.cross_entropy(logits, targets)
    positive = torch.sigmoid(targets / SOFTNESS)
    return SOFTNESS**2 * F.cross_entropy(logits / SOFTNESS, torch.stack([1 - positive, positive], 1))


class Student(TextLearner):
    """A learner whose training targets are margins of a teacher; other splits have labels, as ever."""

    def __init__(self, config: SentimentConfig, placement: Placement) -> None:
        torch.manual_seed(config.seed)
        classes = classes_of(config)
        super().__init__(
            make_network(config, num_classes=len(classes)),
            config=config,
            classes=classes,
            tokenizer=tokenizer_of(config).to_str(),
            placement=placement,
        )
        self.loss = soft_loss

    def step(self, batch: Batch, progress: Progress) -> Mapping[str, torch.Tensor]:
        """One update; margins have no accuracy."""
        return {"loss": super().step(batch, progress)["loss"]}


def lesson(dataset: Dataset, config: SentimentConfig, texts: Sequence[str], margins: Margins) -> Dataset:
    """The data set with these texts and the teacher's margins to train on."""
    tokenizer: Any = tokenizer_of(config)
    ids = torch.from_numpy(encode_many(tokenizer, texts, length=config.length))
    train = Split(inputs=ids, targets=torch.from_numpy(margins), name=f"{len(texts):,} texts that the encoder answered")
    return Dataset(train=train, validation=dataset.validation, test=dataset.test)
