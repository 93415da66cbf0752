"""Forty trainings as an experienced engineer would call them: the table was written first, then the rules.

Each row is a run that was drawn by hand, by whole epochs. What is said of curves in detail is in `test_diagnosis.py`.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from core.contract import Ended, Evaluated, Event, Stepped
from core.knobs import Config, Real, knob
from core.training.diagnosis import diagnose
from core.training.knobs import AVERAGING, DROPOUT, LABEL_SMOOTHING, LEARNING_RATE


@dataclass(frozen=True)
class TableConfig(Config):
    learning_rate: float = knob(LEARNING_RATE, 0.01)
    dropout: float = knob(DROPOUT, 0.0)
    label_smoothing: float = knob(LABEL_SMOOTHING, 0.0)
    averaging: float = knob(AVERAGING, 0.0)
    share: float = knob(Real(label="Share", help="", low=1.0, high=100.0, step=1.0), 10.0)


@dataclass(frozen=True)
class Row:
    """A run. Validation begins with the untrained network; majority None: a run of before that was recorded."""

    name: str
    verdict: str  # "": nothing is said
    train: list[float]  # loss of each epoch
    validation: list[float]
    train_accuracy: list[float]
    validation_accuracy: list[float]
    majority: float | None = 10.0
    classes: int = 10
    unaveraged: list[float] = field(default_factory=list)  # validation accuracy of the weights that are trained
    knobs: dict[str, Any] = field(default_factory=dict)
    end: Literal["completed", "stopped", "diverged"] | None = "completed"

    def events(self) -> list[Event]:
        assert len(self.train) == len(self.train_accuracy) == len(self.validation) - 1
        events: list[Event] = []
        known = {} if self.majority is None else {"majority": self.majority, "num_classes": float(self.classes)}
        for epoch, (loss, right) in enumerate(zip(self.validation, self.validation_accuracy, strict=True)):
            if epoch:
                metrics = {"loss": self.train[epoch - 1], "accuracy": self.train_accuracy[epoch - 1]}
                events.append(Stepped(10 * epoch, float(epoch), metrics))
            lag = {"unaveraged": self.unaveraged[epoch]} if self.unaveraged else {}
            events.append(Evaluated(10 * epoch, float(epoch), {"loss": loss, "accuracy": right, **known, **lag}))
        if self.end is not None:
            events.append(Ended(10 * len(self.train), float(len(self.train)), self.end, "", {}))
        return events


FLAT10, FLAT2 = [2.30] * 4, [0.69] * 4
FRAUD: dict[str, Any] = {"majority": 90.0, "classes": 2}  # nine of ten examples are of one class
COIN: dict[str, Any] = {"majority": 50.0, "classes": 2}
SMOOTH10: dict[str, Any] = {"knobs": {"label_smoothing": 0.1}}  # the loss is at least 0.50
SMOOTH2: dict[str, Any] = {"majority": 50.0, "classes": 2, "knobs": {"label_smoothing": 0.1}}  # at least 0.20
SLOW_AVERAGE: dict[str, Any] = {"knobs": {"averaging": 0.999}}

TABLE = [
    # Nothing learned
    Row("loss and accuracy stay where they were", "not_learning", FLAT10[1:], FLAT10, [10, 10, 10], [10, 10, 10, 10]),
    Row("the majority's accuracy, from a bad start", "not_learning", [0.40, 0.33, 0.33], [0.9, 0.35, 0.33, 0.33],
        [88, 90, 90], [10, 90, 90, 90], **FRAUD),
    Row("the majority's accuracy, from the start", "not_learning", [0.34, 0.33, 0.33], [0.40, 0.33, 0.33, 0.33],
        [90, 90, 90], [90, 90, 90, 90], **FRAUD),
    Row("the majority's accuracy, for long", "not_learning", [0.34] + [0.325] * 9, [0.7] + [0.325] * 10,
        [90] * 10, [40] + [90] * 10, **FRAUD),
    Row("half a point above the majority", "not_learning", [0.34, 0.32, 0.32], [0.7, 0.33, 0.32, 0.32],
        [90, 90.4, 90.5], [10, 90, 90.5, 90.5], **FRAUD),
    Row("the majority of the training examples, which is another", "not_learning", [0.34, 0.31, 0.30],
        [0.7, 0.42, 0.40, 0.40], [90, 91, 91], [13, 86.7, 86.7, 86.7], majority=86.7, classes=2),
    Row("a coin", "not_learning", FLAT2[1:], FLAT2, [50, 51, 50.5], [50, 50, 49, 50.5], **COIN),
    Row("a coin, with smoothed labels", "not_learning", FLAT2[1:], FLAT2, [50, 51, 50], [50, 50, 51, 50], **SMOOTH2),
    Row("three classes, one of them 60 %", "not_learning", [0.96, 0.95, 0.95], [1.1, 0.96, 0.95, 0.95],
        [60, 60, 60], [33, 60, 60, 60], majority=60.0, classes=3),
    Row("steps that are far too large", "not_learning", [9.0, 4.0, 2.4], [2.3, 6.0, 3.0, 2.4], [10, 10, 10],
        [10, 9, 11, 10]),
    Row("nothing learned, of before the majority was known", "not_learning", FLAT10[1:], FLAT10, [10, 10, 10],
        [10, 10, 10, 10], majority=None),
    # Too early to say
    Row("two epochs", "", [2.3, 2.3], [2.3, 2.3, 2.3], [10, 10], [10, 10, 10]),
    Row("two good epochs", "", [0.5, 0.2], [2.3, 0.3, 0.15], [85, 94], [10, 92, 96]),
    Row("going well, not over", "", [0.5, 0.3, 0.25], [2.3, 0.4, 0.3, 0.25], [85, 91, 93], [10, 88, 91, 92], end=None),
    Row("a slow start that has begun to fall", "", [2.3, 2.25, 2.1], [2.3, 2.29, 2.2, 2.05], [10, 11, 15],
        [10, 10, 12, 18], end=None),
    # Too short, too small
    Row("too short", "still_improving", [1.5, 1.0, 0.7, 0.5], [2.3, 1.4, 0.9, 0.65, 0.5], [50, 66, 78, 84],
        [10, 55, 70, 79, 84]),
    Row("too short, with smoothed labels", "still_improving", [1.6, 1.1, 0.9, 0.8], [2.3, 1.5, 1.1, 0.88, 0.76],
        [50, 75, 84, 88], [10, 60, 76, 85, 89], **SMOOTH10),
    Row("a learning rate that is too low", "still_improving", [2.25, 2.18, 2.11, 2.04], [2.3, 2.22, 2.15, 2.08, 2.02],
        [14, 22, 27, 31], [10, 18, 25, 29, 32]),
    Row("a network that is too small", "underfitting", [1.6, 1.42, 1.41, 1.41], [2.3, 1.45, 1.42, 1.42, 1.42],
        [40, 47, 47, 48], [10, 46, 47, 47, 47]),
    Row("a frequent class and little more", "underfitting", [0.3, 0.26, 0.26], [0.7, 0.28, 0.27, 0.27],
        [90, 92, 92.5], [20, 91, 92, 92], **FRAUD),
    # Overfitting
    Row("overfitting early", "overfitting", [0.5, 0.11, 0.03, 0.01, 0.005], [2.3, 0.40, 0.45, 0.55, 0.65, 0.75],
        [85, 97, 100, 100, 100], [10, 87, 87, 86, 86, 86]),
    Row("overfitting late", "overfitting", [0.8, 0.5, 0.3, 0.2, 0.12, 0.07, 0.04, 0.02],
        [2.3, 0.8, 0.6, 0.5, 0.42, 0.40, 0.45, 0.50, 0.56], [75, 84, 90, 94, 97, 98, 99, 100],
        [10, 74, 80, 84, 86, 87, 87, 86, 86]),
    Row("few examples known by heart", "overfitting", [0.5, 0.2, 0.05], [2.3, 0.6, 0.5, 0.49], [80, 95, 100],
        [10, 80, 84, 86.5]),
    Row("overfitting with smoothed labels", "overfitting", [1.0, 0.7, 0.58, 0.54, 0.52],
        [2.3, 1.0, 0.90, 0.93, 0.96, 1.0], [80, 92, 98, 100, 100], [10, 82, 85, 85, 84, 84], **SMOOTH10),
    Row("by heart, and no better than the majority", "overfitting", [0.3, 0.1, 0.02, 0.01],
        [0.7, 0.33, 0.40, 0.55, 0.70], [90, 96, 100, 100], [10, 90, 90, 89, 90], **FRAUD),
    Row("overfitting under averaging", "overfitting", [0.5, 0.11, 0.05, 0.02, 0.01],
        [2.3, 0.5, 0.40, 0.45, 0.50, 0.56], [85, 97, 100, 100, 100], [10, 85, 87, 87, 86, 86], **SLOW_AVERAGE),
    Row("overfitting, of before the majority was known", "overfitting", [0.5, 0.11, 0.08, 0.05, 0.03],
        [2.3, 0.4, 0.21, 0.25, 0.30, 0.34], [85, 97, 98, 99, 100], [10, 88, 94, 93, 93, 92], majority=None),
    # Averaged weights that are still on their way
    Row("an average that lags", "still_improving", [0.6, 0.3, 0.2, 0.15], [2.3, 2.0, 1.5, 1.0, 0.7],
        [80, 91, 94, 96], [10, 30, 55, 72, 81], **SLOW_AVERAGE),
    Row("an average that lags, of before", "still_improving", [0.6, 0.3, 0.2, 0.15], [2.3, 2.0, 1.5, 1.0, 0.7],
        [80, 91, 94, 96], [10, 30, 55, 72, 81], majority=None, **SLOW_AVERAGE),
    Row("an average that hardly moves, and is far behind", "still_improving", [0.6, 0.3, 0.2, 0.15],
        [2.3, 1.2, 0.80, 0.75, 0.74], [80, 90, 94, 95], [10, 60, 78, 80, 80.7], **SLOW_AVERAGE,
        unaveraged=[10, 85, 90, 92.5, 93.4]),
    Row("overfitting, averaged or not", "overfitting", [0.6, 0.3, 0.1, 0.02],
        [2.3, 1.2, 0.80, 0.75, 0.74], [80, 90, 97, 99.5], [10, 60, 78, 80, 80.7], **SLOW_AVERAGE,
        unaveraged=[10, 70, 79, 81, 82.0]),
    Row("an average that has arrived", "good", [0.5, 0.2, 0.18, 0.17], [2.3, 0.6, 0.25, 0.20, 0.196],
        [80, 95, 96, 97], [10, 85, 94, 96, 96.2], **SLOW_AVERAGE),
    # Too large a learning rate
    Row("a jump of the loss", "unstable", [0.5, 0.3, 1.2, 0.4], [2.3, 0.5, 0.3, 1.5, 0.5], [84, 90, 70, 88],
        [10, 84, 90, 62, 85]),
    Row("up and down", "unstable", [1.0, 0.5, 1.1, 0.5, 1.2], [2.3, 0.8, 0.6, 1.3, 0.6, 1.3], [66, 84, 62, 84, 60],
        [10, 74, 80, 58, 80, 58]),
    Row("numbers that are no longer finite", "diverged", [0.9, 1.8], [2.3, 1.0, 2.0], [70, 40], [10, 66, 35],
        end="diverged"),
    # Standing still
    Row("a plateau on the way", "plateau", [1.8, 1.6] + [1.5] * 6, [2.3, 1.7, 1.6] + [1.5] * 6, [33, 40] + [45] * 6,
        [10, 35, 42] + [45] * 6, end=None),
    # Good
    Row("good", "good", [0.5, 0.2, 0.18, 0.17], [2.3, 0.4, 0.2, 0.19, 0.188], [80, 95, 96.4, 96.9],
        [10, 92, 97, 97.7, 97.8]),
    Row("converged", "good", [0.5, 0.1, 0.05] + [0.05] * 6, [2.3, 0.2, 0.1, 0.09] + [0.09] * 6,
        [85, 97, 98] + [98.5] * 6, [10, 95, 97, 97.5] + [97.5] * 6),
    Row("converged, with smoothed labels", "good", [0.8, 0.56, 0.53] + [0.53] * 6,
        [2.3, 0.62, 0.57, 0.56] + [0.56] * 6, [85, 97, 98] + [99] * 6, [10, 95, 97, 98] + [98] * 6, **SMOOTH10),
    Row("two classes, with smoothed labels", "good", [0.6, 0.46, 0.42, 0.40], [0.69, 0.50, 0.45, 0.44, 0.44],
        [65, 82, 85, 86], [50, 78, 82, 83, 83], **SMOOTH2),
    Row("dropout holds training back", "good", [0.9, 0.5, 0.42, 0.40], [2.3, 0.4, 0.25, 0.24, 0.238],
        [70, 84, 86, 87], [10, 90, 93, 94, 94], knobs={"dropout": 0.5}),
    Row("noise in the validation loss", "good", [0.5, 0.3, 0.25, 0.22, 0.20], [2.3, 0.40, 0.300, 0.305, 0.302, 0.306],
        [84, 90, 92, 93, 93], [10, 88, 91, 90.5, 91, 90.8]),
    Row("a small gap", "good", [0.4, 0.15, 0.10, 0.09], [2.3, 0.3, 0.2, 0.2, 0.21], [88, 95, 97, 97],
        [10, 91, 94, 94, 93.5]),
    Row("a rare class is learned", "good", [0.2, 0.1, 0.08, 0.08], [0.7, 0.14, 0.1, 0.1, 0.099], [92, 96, 97, 97],
        [10, 95, 96, 96.5, 96.5], **FRAUD),
    Row("release weights that stay good", "good", [0.03, 0.03, 0.03], [0.02, 0.02, 0.02, 0.02], [99, 99, 99],
        [99.5, 99.5, 99.5, 99.5]),
]  # fmt: skip


def test_the_table_has_forty_trainings_with_names_of_their_own() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE) >= 40


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_verdict_is_an_engineers(row: Row) -> None:
    found = diagnose(row.events(), TableConfig(epochs=max(len(row.train), 1), **row.knobs))
    assert (found.kind if found else "") == row.verdict, found


@pytest.mark.parametrize("row", [row for row in TABLE if row.verdict == "not_learning"], ids=lambda row: row.name)
def test_who_has_learned_nothing_is_told_what_guessing_gives(row: Row) -> None:
    found = diagnose(row.events(), TableConfig(epochs=len(row.train), **row.knobs))
    assert found is not None
    guessing = f"always saying the most frequent class gives {row.majority} %"
    assert (guessing in found.sentence) == (row.majority is not None)


def test_who_says_only_the_frequent_class_is_not_told_to_change_the_learning_rate() -> None:
    row = next(row for row in TABLE if row.name == "the majority's accuracy, for long")
    found = diagnose(row.events(), TableConfig(epochs=10))
    assert found is not None
    assert "It knows how frequent the classes are" in found.sentence
    assert found.remedy == {"share": 40.0}


def test_a_converged_run_is_called_good_and_settled() -> None:
    row = next(row for row in TABLE if row.name == "converged")
    found = diagnose(row.events(), TableConfig(epochs=9))
    assert found is not None
    assert found.sentence.endswith("The losses have settled: more of the same will not help.")


def test_losses_are_told_as_they_were_measured_whatever_their_floor() -> None:
    row = next(row for row in TABLE if row.name == "overfitting with smoothed labels")
    found = diagnose(row.events(), TableConfig(**row.knobs))
    assert found is not None
    assert "(0.90 → 1.00)" in found.sentence
    assert "(0.70 → 0.52)" in found.sentence


def test_the_floor_of_label_smoothing_is_the_loss_of_a_perfect_answer() -> None:
    import torch

    from core.training.history import floor

    right = torch.full((1, 10), 0.1 / 10)
    right[0, 3] += 0.9
    loss = torch.nn.CrossEntropyLoss(label_smoothing=0.1)(right.log(), torch.tensor([3]))
    assert floor(0.1, 10) == pytest.approx(float(loss), abs=1e-6)
    assert floor(0.1, 2) == pytest.approx(-(0.95 * math.log(0.95) + 0.05 * math.log(0.05)))
