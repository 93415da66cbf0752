"""What is said about two networks that compete, and the remedy that can be put into the config."""

from dataclasses import replace
from typing import Any

import pytest

from core.contract import Ended, Evaluated, Event, Stepped
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.diagnosis import diagnose

FAIR = {"generator": 0.8, "discriminator": 0.6, "real_accuracy": 60.0, "generated_accuracy": 62.0}
FINE = {"agreement": 96.0, "classes": 9.9, "diversity": 92.0, "frechet": 20.0}


def story(*, steps: list[dict[str, float]], evaluations: list[dict[str, float]], end: Any = None) -> list[Event]:
    """A run with one report and one evaluation each epoch; what is not given is fair or fine."""
    events: list[Event] = [Evaluated(0, 0.0, FINE | {"agreement": 10.0})]
    for epoch, (step, evaluation) in enumerate(zip(steps, evaluations, strict=True), start=1):
        events += [Stepped(epoch * 50, epoch, FAIR | step), Evaluated(epoch * 50, epoch, FINE | evaluation)]
    if end:
        events.append(Ended(len(steps) * 50, len(steps), end, "", {}))
    return events


def test_nothing_is_claimed_before_three_epochs() -> None:
    bad = {"real_accuracy": 100.0, "generated_accuracy": 100.0, "generator": 9.0}
    assert diagnose(story(steps=[{}, bad], evaluations=[{}, {}]), GeneratorConfig()) is None
    assert diagnose([], GeneratorConfig()) is None


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"loss": "non_saturating"}, {"loss": "relativistic", "penalty": 0.02}),
        ({}, {"augmentation": "shift"}),
        ({"augmentation": "shift"}, {"generator_rate": 1e-2, "discriminator_rate": 1e-3}),
    ],
)
def test_a_discriminator_that_wins_is_told_with_its_evidence(changes: dict[str, Any], remedy: dict[str, Any]) -> None:
    won = {"real_accuracy": 99.5, "generated_accuracy": 98.4, "generator": 7.31}
    found = diagnose(
        story(steps=[{"generator": 2.1}, won, won], evaluations=[{}] * 3), replace(GeneratorConfig(), **changes)
    )
    assert found is not None
    assert found.kind == "discriminator_wins"
    assert "99.5 % of the real and 98.4 %" in found.sentence
    assert "from 2.10 to 7.31" in found.sentence
    assert found.remedy == remedy


def test_a_sure_discriminator_alone_is_no_victory() -> None:
    sure = {"real_accuracy": 99.5, "generated_accuracy": 98.4}
    assert diagnose(story(steps=[sure] * 4, evaluations=[{}] * 4), GeneratorConfig()) is None


def test_few_classes_are_a_collapse() -> None:
    config = GeneratorConfig(conditional=False, loss="non_saturating", discriminator_rate=3e-5)
    one = {"classes": 1.3}
    found = diagnose(story(steps=[{}] * 3, evaluations=[{}, one, one]), config)
    assert found is not None
    assert (found.kind, "1.3 of 10 classes" in found.sentence) == ("collapse", True)
    assert found.remedy is not None
    assert replace(config, **found.remedy) == GeneratorConfig(conditional=False)


def test_pictures_of_a_class_that_are_all_alike_are_a_collapse_too() -> None:
    alike = {"diversity": 12.0}
    found = diagnose(story(steps=[{}] * 3, evaluations=[{}, alike, alike]), GeneratorConfig())
    assert found is not None
    assert (found.kind, "only 12 % as much" in found.sentence) == ("collapse", True)


def test_one_bad_evaluation_is_no_collapse() -> None:
    assert diagnose(story(steps=[{}] * 3, evaluations=[{}, {}, {"classes": 1.3}]), GeneratorConfig()) is None


def test_circles_are_told_with_their_size() -> None:
    values = [{"agreement": value} for value in (50.0, 80.0, 55.0, 79.0)]
    found = diagnose(story(steps=[{}] * 4, evaluations=values), GeneratorConfig(averaging=0.0))
    assert found is not None
    assert (found.kind, found.remedy) == ("unstable", {"averaging": 0.99})
    assert "fell by 25 points and rose by 30" in found.sentence


def test_a_good_run_is_praised_with_its_figures_only_when_it_is_over() -> None:
    events = story(steps=[{}] * 3, evaluations=[{}] * 3)
    assert diagnose(events, GeneratorConfig()) is None
    found = diagnose([*events, Ended(150, 3, "completed", "", {})], GeneratorConfig())
    assert found is not None
    assert (found.kind, found.remedy) == ("good", None)
    assert "96.0 % of 500" in found.sentence


def test_what_was_still_rising_is_offered_more_epochs() -> None:
    values = [{"agreement": value} for value in (40.0, 60.0, 75.0)]
    found = diagnose(story(steps=[{}] * 3, evaluations=values, end="completed"), GeneratorConfig(epochs=3))
    assert found is not None
    assert (found.kind, found.remedy) == ("still_improving", {"epochs": 6})


def test_divergence_asks_for_smaller_steps() -> None:
    found = diagnose(story(steps=[{}], evaluations=[{}], end="diverged"), GeneratorConfig())
    assert found is not None
    assert (found.kind, found.remedy) == ("diverged", {"generator_rate": 1e-3, "discriminator_rate": 3e-4})
