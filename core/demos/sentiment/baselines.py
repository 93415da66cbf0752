"""Classical classifiers of texts, for comparison on the same splits: counted words, no order, no network."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.text import Texts


@dataclass(frozen=True)
class Baseline:
    """How good a classical method is on the test part."""

    label: str
    accuracy: float  # in [0, 1]


def baselines(texts: Texts) -> list[Baseline]:
    """TF-IDF of words and pairs of words, with logistic regression and with naive Bayes (scikit-learn)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB

    vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    train = vectors.fit_transform(texts.train.texts)
    test = vectors.transform(texts.test.texts)
    methods = {
        "TF-IDF and logistic regression": LogisticRegression(C=10, max_iter=300),
        "TF-IDF and naive Bayes": MultinomialNB(alpha=0.5),
    }
    return [
        Baseline(label, float(method.fit(train, texts.train.labels).score(test, texts.test.labels)))
        for label, method in methods.items()
    ]
