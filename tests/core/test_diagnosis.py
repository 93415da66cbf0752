"""What is said about a run, and from what evidence."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core import demos
from core.contract import Ended, Evaluated, Event, Placement, Stepped
from core.demos.digits import DigitsConfig
from core.training.diagnosis import diagnose
from core.training.engine import train
from tests.core.test_engine import cut


def history(
    train_loss: Sequence[float],
    validation_loss: Sequence[float],
    *,
    accuracy: float = 90.0,
    ended: str | None = None,
) -> list[Event]:
    """Two training reports and one evaluation for each epoch."""
    events: list[Event] = []
    for epoch, (trained, validated) in enumerate(zip(train_loss, validation_loss, strict=True), start=1):
        for part in (0.5, 0.0):
            events.append(Stepped(step=epoch * 10, epoch=epoch - part, metrics={"loss": trained, "accuracy": accuracy}))
        events.append(Evaluated(step=epoch * 10, epoch=epoch, metrics={"loss": validated, "accuracy": accuracy}))
    if ended:
        events.append(Ended(step=epoch * 10, epoch=epoch, reason=ended, message="", metrics={}))  # type: ignore[arg-type]
    return events


def test_nothing_is_claimed_from_fewer_than_three_epochs() -> None:
    assert diagnose([], DigitsConfig()) is None
    assert diagnose(history([1, 0.1], [0.5, 2.0]), DigitsConfig()) is None


def test_overfitting_is_named_with_its_numbers_and_a_remedy() -> None:
    events = history([0.8, 0.3, 0.1, 0.05, 0.02], [0.7, 0.21, 0.25, 0.3, 0.34])
    found = diagnose(events, DigitsConfig(dropout=0.0))
    assert found is not None
    assert found.kind == "overfitting"
    assert "3 epochs (0.21 → 0.34)" in found.sentence
    assert found.remedy == {"dropout": 0.3}
    assert found.remedy_label == "Try dropout 0.3"


def test_the_next_remedy_is_offered_where_the_first_is_in_use() -> None:
    events = history([0.8, 0.3, 0.1, 0.05, 0.02], [0.7, 0.21, 0.25, 0.3, 0.34])
    found = diagnose(events, DigitsConfig(dropout=0.4, augmentation="light", share=100.0))
    assert found is not None
    assert found.remedy == {"augmentation": "strong"}


def test_a_small_rise_is_not_called_overfitting() -> None:
    events = history([0.8, 0.3, 0.2, 0.15, 0.12], [0.7, 0.30, 0.31, 0.30, 0.31])
    assert diagnose(events, DigitsConfig()) is None


def test_a_jump_of_the_loss_asks_for_smaller_steps() -> None:
    found = diagnose(history([0.5, 0.3, 0.9], [0.5, 0.4, 0.9]), DigitsConfig(learning_rate=0.01))
    assert found is not None
    assert (found.kind, found.remedy) == ("unstable", {"learning_rate": 0.001})


def test_validation_that_still_falls_at_the_end_asks_for_more_epochs() -> None:
    found = diagnose(history([0.5, 0.4, 0.3], [0.6, 0.5, 0.4], ended="completed"), DigitsConfig(epochs=3))
    assert found is not None
    assert (found.kind, found.remedy) == ("still_improving", {"epochs": 6})


def test_divergence_asks_for_a_tenth_of_the_learning_rate() -> None:
    found = diagnose(history([1], [1], ended="diverged"), DigitsConfig(learning_rate=1.0))
    assert found is not None
    assert found.remedy == {"learning_rate": 0.1}


@pytest.mark.parametrize(
    ("preset", "kind"),
    [("overfit", "overfitting"), ("vanishing", "not_learning")],
)
def test_the_presets_that_are_made_to_fail_are_seen_through(preset: str, kind: str) -> None:
    task = demos.task("digits")
    values = next(p.values for p in task.presets if p.name == preset)
    config = replace(DigitsConfig(**values), epochs=25 if preset == "overfit" else 3)
    dataset = cut(task.load(config), num_train=200)
    events = list(train(task, config, dataset, learner=task.learner(config, Placement(threads=1))))
    seen = {found.kind for last in range(len(events)) if (found := diagnose(events[: last + 1], config))}
    assert kind in seen
