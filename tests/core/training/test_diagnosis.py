"""What is said about a training: from hand-made curves, and from networks that were really trained."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pytest
import torch

from core import demos
from core.contract import Ended, Evaluated, Event, Metric, Placement, Preset, Stepped, Training
from core.knobs import Choice, Config, Real, knob
from core.training.diagnosis import Diagnosis, diagnose
from core.training.engine import train

ACCURACY = Metric(name="accuracy", label="Accuracy", unit="%", goal="max")
DIGITS = demos.task("digits")
PRESETS: dict[str, Preset] = {preset.name: preset for preset in DIGITS.presets}


@dataclass(frozen=True)
class BareConfig(Config):
    """A demo without any knob of its own."""


@dataclass(frozen=True)
class RichConfig(Config):
    learning_rate: float = knob(Real(label="Learning rate", help="", low=1e-3, high=1.0, step=1e-3, scale="log"), 0.1)
    dropout: float = knob(Real(label="Dropout", help="", low=0.0, high=0.8, step=0.1), 0.0)
    augmentation: str = knob(Choice(label="Augmentation", help="", options={"none": "", "a": "", "b": ""}), "none")
    share: float = knob(Real(label="Share", help="", low=1.0, high=100.0, step=1.0), 10.0)


def curve(
    train_loss: Sequence[float],
    validation_loss: Sequence[float],
    *,
    accuracy: tuple[Sequence[float], Sequence[float]] | None = None,
    reason: Literal["completed", "stopped", "diverged"] | None = None,
) -> list[Event]:
    """Events of a run with two reports an epoch whose mean is the given training value.

    Values of the validation start with those of the untrained network.
    """
    events: list[Event] = []
    for epoch, loss in enumerate(validation_loss):
        if epoch:
            for half, factor in ((1, 1.1), (2, 0.9)):
                metrics = {"loss": train_loss[epoch - 1] * factor}
                if accuracy:
                    metrics["accuracy"] = accuracy[0][epoch - 1]
                position = epoch - 1 + half / 2
                events.append(Stepped(step=round(10 * position), epoch=position, metrics=metrics))
        validated = {"loss": loss, "accuracy": accuracy[1][epoch]} if accuracy else {"loss": loss}
        events.append(Evaluated(step=10 * epoch, epoch=float(epoch), metrics=validated))
    if reason is not None:
        events.append(Ended(step=10 * len(train_loss), epoch=len(train_loss), reason=reason, message="", metrics={}))
    return events


OVERFITTING = curve([0.5, 0.11, 0.08, 0.05, 0.03], [2.3, 0.4, 0.21, 0.25, 0.30, 0.34])
NOT_LEARNING = curve([2.31, 2.305, 2.303], [2.32, 2.31, 2.305, 2.303])
UNSTABLE = curve([0.5, 0.3, 1.2, 0.4], [2.3, 0.5, 0.3, 1.5, 0.5])
PLATEAU = curve([1.0, 0.8, 0.5] + [0.5] * 5, [2.3, 1.1, 0.9, 0.6] + [0.6] * 5)
STILL_IMPROVING = curve([1.5, 1.0, 0.7, 0.5], [2.3, 1.4, 0.9, 0.65, 0.5], reason="completed")
GOOD = curve(
    [0.5, 0.2, 0.18, 0.17],
    [2.3, 0.4, 0.2, 0.19, 0.188],
    accuracy=([80, 95, 96.4, 96.9], [10, 92, 97, 97.7, 97.8]),
    reason="completed",
)
DIVERGED = curve([0.5, 0.7], [2.3, 0.6, 0.9], reason="diverged")

KINDS = [
    (OVERFITTING, "overfitting", {"dropout": 0.3}),
    (NOT_LEARNING, "not_learning", {"learning_rate": 1.0}),
    (UNSTABLE, "unstable", {"learning_rate": 0.03}),
    (PLATEAU, "plateau", {"learning_rate": 0.03}),
    (STILL_IMPROVING, "still_improving", {"epochs": 8}),
    (GOOD, "good", None),
    (DIVERGED, "diverged", {"learning_rate": 0.01}),
]
each_kind = pytest.mark.parametrize(("events", "kind", "remedy"), KINDS, ids=[kind for _, kind, _ in KINDS])


def said(events: Sequence[Event], config: Config, **options: Any) -> Diagnosis:
    found = diagnose(events, config, **options)
    assert found is not None
    return found


@each_kind
def test_a_curve_gets_its_name_and_its_remedy(events: list[Event], kind: str, remedy: dict[str, Any] | None) -> None:
    found = said(events, RichConfig())
    assert (found.kind, found.remedy) == (kind, remedy)
    assert bool(found.remedy_label) == (remedy is not None)


@each_kind
def test_a_demo_without_those_knobs_gets_the_sentence_alone(
    events: list[Event], kind: str, remedy: dict[str, Any] | None
) -> None:
    found = said(events, BareConfig())
    assert found.kind == kind
    assert found.remedy == (remedy if kind == "still_improving" else None)  # every demo has epochs


def test_the_sentence_carries_its_evidence() -> None:
    found = said(OVERFITTING, RichConfig())
    assert found.sentence == (
        "Validation loss rose over 3 epochs (0.21 → 0.34) while training loss fell (0.11 → 0.03): overfitting."
    )
    assert found.remedy_label == "Try dropout 0.3"


@pytest.mark.parametrize("num_epochs", [0, 1, 2])
def test_nothing_is_claimed_from_fewer_than_three_epochs(num_epochs: int) -> None:
    assert diagnose(curve([2.3, 2.3][:num_epochs], [2.3] * (num_epochs + 1), reason="stopped"), RichConfig()) is None
    assert diagnose([], RichConfig()) is None


def test_a_started_epoch_does_not_count() -> None:
    events = [*curve([2.3, 2.3], [2.3] * 3), Stepped(step=29, epoch=2.9, metrics={"loss": 2.3})]
    events.append(Evaluated(step=25, epoch=2.5, metrics={"loss": 2.3}))
    assert diagnose(events, RichConfig()) is None


def test_a_run_that_goes_well_is_not_interrupted() -> None:
    assert diagnose([event for event in GOOD if not isinstance(event, Ended)], RichConfig()) is None
    assert diagnose([event for event in STILL_IMPROVING if not isinstance(event, Ended)], RichConfig()) is None


def test_noise_in_the_validation_loss_is_not_overfitting() -> None:
    noisy = curve([0.5, 0.3, 0.25, 0.22, 0.20], [2.3, 0.40, 0.300, 0.305, 0.302, 0.306])
    assert diagnose(noisy, RichConfig()) is None


def test_a_gap_in_accuracy_is_overfitting_too() -> None:
    events = curve(
        [0.5, 0.2, 0.05], [2.3, 0.6, 0.5, 0.49], accuracy=([80, 95, 100], [10, 80, 84, 86.5]), reason="completed"
    )
    found = said(events, RichConfig())
    assert found.kind == "overfitting"
    assert "100.0 %" in found.sentence
    assert "13.5 points less" in found.sentence


@pytest.mark.parametrize(
    ("changes", "remedy", "label"),
    [
        ({"dropout": 0.3}, {"dropout": 0.5}, "Try dropout 0.5"),
        ({"dropout": 0.5}, {"augmentation": "a"}, "Try a augmentation"),
        ({"dropout": 0.5, "augmentation": "a"}, {"augmentation": "b"}, "Try b augmentation"),
        ({"dropout": 0.6, "augmentation": "b"}, {"share": 40.0}, "Try 40 % of the training data"),
        ({"dropout": 0.6, "augmentation": "b", "share": 50.0}, {"share": 100.0}, "Try 100 % of the training data"),
        ({"dropout": 0.6, "augmentation": "b", "share": 100.0}, None, ""),
    ],
)
def test_overfitting_is_fought_with_what_is_left(
    changes: dict[str, Any], remedy: dict[str, Any] | None, label: str
) -> None:
    found = said(OVERFITTING, RichConfig(**changes))
    assert (found.remedy, found.remedy_label) == (remedy, label)


def test_the_learning_rate_stays_inside_its_range() -> None:
    assert said(DIVERGED, RichConfig(learning_rate=0.002)).remedy == {"learning_rate": 0.001}
    assert said(DIVERGED, RichConfig(learning_rate=0.001)).remedy is None


def test_losses_above_the_untrained_one_mean_smaller_steps() -> None:
    overshooting = curve([5.0, 2.4, 2.31], [2.3, 3.0, 2.32, 2.31])
    assert said(overshooting, RichConfig()).remedy == {"learning_rate": 0.01}


def test_good_says_that_training_is_measured_with_the_brakes_on() -> None:
    with_brakes = said(GOOD, RichConfig(dropout=0.2, augmentation="a"), select=ACCURACY)
    assert with_brakes.sentence == (
        "A good fit: after 4 epochs validation accuracy is 97.8 %, in training it was 96.9 % "
        "(measured with dropout and augmentation on, which makes it harder)."
    )
    assert "measured" not in said(GOOD, RichConfig(), select=ACCURACY).sentence


def test_a_pretrained_network_that_stays_good_is_not_called_not_learning() -> None:
    events = curve([0.03, 0.03, 0.03], [0.02, 0.02, 0.02, 0.02], accuracy=([99.0] * 3, [99.5] * 4), reason="completed")
    assert said(events, RichConfig()).kind == "good"


def test_more_epochs_end_at_the_limit() -> None:
    n = 60
    falling = [0.9**epoch for epoch in range(n + 1)]
    found = said(curve(falling[1:], falling, reason="completed"), RichConfig(epochs=n))
    assert found.remedy == {"epochs": 100}


def test_events_told_twice_by_a_resumed_attempt_count_once() -> None:
    again = [event for event in OVERFITTING if event.step > 20]
    assert said([*OVERFITTING, *again], RichConfig()) == said(OVERFITTING, RichConfig())


def test_a_generator_without_a_loss_is_left_alone() -> None:
    events = [Stepped(step=10 * n, epoch=float(n), metrics={"critic": 1.0}) for n in range(1, 6)]
    assert diagnose(events, BareConfig()) is None


# Really trained networks


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trained(task: Training, config: Config) -> list[Event]:
    return list(train(task, config, task.load(config), learner=task.learner(config, Placement())))


def preset(name: str, **changes: Any) -> Config:
    return DIGITS.Config(**{**PRESETS[name].values, **changes})


def test_memorising_200_digits_is_overfitting() -> None:
    config = preset("overfit", hidden_size=128, epochs=16, learning_rate=3e-3)
    found = said(trained(DIGITS, config), config, select=ACCURACY)
    assert (found.kind, found.remedy) == ("overfitting", {"dropout": 0.3})


def test_deep_sigmoids_do_not_learn_and_the_remedy_makes_them_learn() -> None:
    config = preset("vanishing", epochs=3, share=40.0)
    found = said(trained(DIGITS, config), config)
    assert found.kind == "not_learning"
    assert found.remedy is not None
    assert found.remedy["activation"] == "relu"
    healed = trained(DIGITS, replace(config, **found.remedy))[-1]
    assert isinstance(healed, Ended)
    assert healed.metrics["accuracy"] > 70


@pytest.mark.parametrize(
    ("rate", "better"),
    [pytest.param(1e-5, 1e-4, id="too small"), pytest.param(10.0, 1.0, id="too large")],
)
def test_a_wrong_learning_rate_is_turned_the_right_way(rate: float, better: float) -> None:
    config = preset("seed", learning_rate=rate, optimizer="sgd", share=20.0, epochs=3)
    found = said(trained(DIGITS, config), config)
    assert (found.kind, found.remedy) == ("not_learning", {"learning_rate": better})


def test_a_run_that_blows_up_is_told_as_diverged() -> None:
    config = preset("seed", learning_rate=10.0, optimizer="momentum", loss="cross_entropy", hidden_layers=4, share=10.0)
    events = trained(DIGITS, config)
    assert isinstance(events[-1], Ended)
    assert events[-1].reason == "diverged"
    found = said(events, config)
    assert (found.kind, found.remedy) == ("diverged", {"learning_rate": 1.0})


def test_the_classic_example_fits_well() -> None:
    config = preset("seed", epochs=4)
    found = said(trained(DIGITS, config), config, select=ACCURACY)
    assert found.kind in ("good", "still_improving")
    assert found.sentence
