"""How the small release model is distilled: which texts it may see, and that it learns the teacher's answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.contract import Dataset, Evaluated, Placement
from core.data import registry
from core.data.text import reviews
from core.demos.sentiment import TASK
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.reader import TextReader
from core.training import engine
from release import distillation

MEASURED = ["it is n't a film that anybody would ever want to forget .", "a gem ."]


def test_reviews_fall_into_sentences_and_none_gives_a_measured_one_away() -> None:
    review = (
        "It was long.<br />Isn't it odd? Truly, it isn't a film that anybody would EVER want! A gem. "
        "We laughed a lot. It was long. " + "word " * 41
    )
    found = distillation.sentences([review], forbidden=MEASURED, most=10)
    assert sorted(found) == ["We laughed a lot."]
    assert len(distillation.sentences([review], forbidden=[], most=1)) == 1
    assert len(distillation.sentences([review], forbidden=[], most=10)) == 2


def test_soft_targets_that_are_certain_are_labels() -> None:
    logits, labels = torch.tensor([[0.5, -0.25], [1.0, 2.0]]), torch.tensor([0, 1])
    certain = torch.tensor([-1e4, 1e4])
    soft = distillation.soft_loss(logits, certain)
    hard = 4 * torch.nn.functional.cross_entropy(logits / 2, labels)
    torch.testing.assert_close(soft, hard)
    torch.testing.assert_close(
        distillation.soft_loss(logits, labels), torch.nn.functional.cross_entropy(logits, labels)
    )


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> SentimentConfig:
    """A network small enough for some sentences, which are the data set."""
    words = {0: "bad dull cold", 1: "good warm funny"}
    texts = [f"a {word} film {i}" for i in range(8) for some in words.values() for word in some.split()]
    labels = np.array([label for _ in range(8) for label, some in words.items() for _ in some.split()])
    part = reviews.Part(tuple(texts), labels)
    monkeypatch.setattr(
        reviews, "load", lambda *_: reviews.Texts(part, part, part, registry.POLARITY, "Some", "sentences")
    )
    return SentimentConfig(
        data="sst2", layers=1, width=32, heads=1, feed_forward=32, vocabulary=500, length=16, batch_size=16, epochs=8,
        learning_rate=1e-2, dropout=0.0, word_dropout=0.0,
    )  # fmt: skip


def test_a_student_learns_the_answers_of_its_teacher_and_is_measured_by_labels(config: SentimentConfig) -> None:
    texts = reviews.load("sst2").train.texts
    labels = reviews.load("sst2").train.labels
    margins = np.where(labels == 1, -3.0, 3.0).astype(np.float32)  # a teacher that says the contrary
    dataset = distillation.lesson(TASK.load(config), config, texts, margins)
    student = distillation.Student(config, Placement())
    events = list(engine.train(TASK, config, dataset, learner=student))
    assert [event for event in events if isinstance(event, Evaluated)][-1].metrics["accuracy"] < 5
    said = student.probabilities(dataset.validation.inputs)
    assert torch.logit(said[:, 1].double()).numpy() == pytest.approx(margins, abs=1.0)


def test_kept_answers_are_taken_only_for_the_texts_that_they_are_of(config: SentimentConfig, tmp_path: Path) -> None:
    file, asked = tmp_path / "margins.npz", []

    class Teacher:
        def logits(self, texts: list[str]) -> np.ndarray:
            asked.append(len(texts))
            return np.array([[0.0, len(one)] for one in texts], np.float32)

    def margins(texts: list[str]) -> list[float]:
        teacher: TextReader = Teacher()  # type: ignore[assignment]
        return distillation.margins(teacher, texts, kept=file).tolist()

    assert margins(["a", "bc"]) == [1, 2]
    assert margins(["a", "bc"]) == [1, 2]
    assert margins(["a", "bcd"]) == [1, 3]
    assert asked == [2, 2]


def test_only_the_training_part_of_a_lesson_is_another(config: SentimentConfig) -> None:
    plain: Dataset = TASK.load(replace(config))
    dataset = distillation.lesson(plain, config, ["a good film"], np.zeros(1, np.float32))
    assert dataset.validation is plain.validation
    assert dataset.test is plain.test
    assert len(dataset.train) == 1
