"""What the classical methods are given of Sentiment: the texts of a network's splits, as weighted counts of words.

A text is stored as its place in its set, so that no tensor has to hold it; the reader looks it up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from core.contract import Dataset, Split
from core.data.text import reviews
from core.demos.sentiment import learner
from core.demos.sentiment.config import SentimentConfig
from core.experiments.classical.config import ClassicalTextConfig
from core.experiments.classical.methods import Transformer


def load(config: ClassicalTextConfig) -> Dataset:
    """Places (N,) int64 of the very texts that a network with this data learns from, and their labels (N,) int64.

    Raises:
        DataUnavailableError: the texts are not on this machine.
        InvalidSettingError: the share leaves fewer than ten examples.
    """
    texts = reviews.load(config.data, config.table)
    train = learner.shared(texts, _network(config))
    first = {"validation": len(texts.train), "test": len(texts.train) + len(texts.validation)}

    def split(part: reviews.Part, kind: str) -> Split:
        places = torch.arange(len(part)) + first.get(kind, 0)
        name = f"{len(part):,} {texts.label} {kind} {texts.unit}"
        return Split(places, torch.from_numpy(part.labels.copy()), name)

    return Dataset(split(train, "training"), split(texts.validation, "validation"), split(texts.test, "test"))


def check(config: ClassicalTextConfig) -> None:
    """Raise at once what `load` raises."""
    learner.check(_network(config))


def _network(config: ClassicalTextConfig) -> SentimentConfig:
    return SentimentConfig(data=config.data, table=config.table, share=config.share)


def reader(config: ClassicalTextConfig, features: str) -> Transformer:
    """(N,) places → (N, terms) sparse TF-IDF of words that two training texts have (Spärck Jones 1972)."""
    texts = reviews.load(config.data, config.table)
    written = (*texts.train.texts, *texts.validation.texts, *texts.test.texts)

    def look_up(places: NDArray[Any]) -> NDArray[np.object_]:
        return np.array([written[place] for place in places], dtype=object)

    longest = 2 if features == "pairs" else 1
    return make_pipeline(
        FunctionTransformer(look_up), TfidfVectorizer(ngram_range=(1, longest), min_df=2, sublinear_tf=True)
    )
