"""What happened in a training, in one sentence with its evidence, and what to change. Pure functions of the events.

Nothing is claimed from fewer than three epochs. What is said of training loss is said of it as it was measured: with
dropout and augmentation on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.contract import Config, Ended, Evaluated, Event, Real, Stepped, knobs, relevant
from core.errors import InvalidSettingError

FEWEST_EPOCHS = 3
RISING_EPOCHS = 3
AT_CHANCE = 1.5  # accuracy below so many times that of guessing among ten


@dataclass(frozen=True)
class Diagnosis:
    """One finding. `remedy` holds the knobs to change in a clone; empty where there is nothing to mend."""

    kind: str
    sentence: str
    remedy: Mapping[str, Any] = field(default_factory=dict)
    remedy_label: str = ""


@dataclass(frozen=True)
class _Epochs:
    """Means of the training metric and the last validation metric, one number for each finished epoch."""

    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    validation_accuracy: tuple[float, ...]
    is_completed: bool

    def __len__(self) -> int:
        return len(self.validation_loss)


def diagnose(events: Sequence[Event], config: Config) -> Diagnosis | None:
    """The most serious finding of a run so far; None as long as there is nothing to say.

    Args:
        events: of a run whose metrics are named "loss" and, for a classifier, "accuracy" (percent).
        config: the run's config; a remedy only ever turns knobs that it has and that matter.
    """
    last = events[-1] if events else None
    if isinstance(last, Ended) and last.reason == "diverged":
        return _diverged(last, config)
    epochs = _epochs(events)
    if len(epochs) < FEWEST_EPOCHS:
        return None
    findings: tuple[Callable[[_Epochs, Config], Diagnosis | None], ...] = (
        _not_learning,
        _overfitting,
        _unstable,
        _still_improving,
        _fits,
    )
    return next((found for finding in findings if (found := finding(epochs, config))), None)


def _epochs(events: Sequence[Event]) -> _Epochs:
    train: dict[int, list[Mapping[str, float]]] = {}
    validation: dict[int, Mapping[str, float]] = {}
    for event in events:
        number = -(-event.epoch // 1)  # an event at the end of epoch 2 belongs to epoch 2
        if isinstance(event, Stepped):
            train.setdefault(int(number), []).append(event.metrics)
        elif isinstance(event, Evaluated) and event.epoch == number and event.epoch > 0:
            validation[int(number)] = event.metrics
    both = sorted(set(train) & set(validation))

    def trained(name: str) -> tuple[float, ...]:
        return tuple(sum(m[name] for m in train[n]) / len(train[n]) for n in both if all(name in m for m in train[n]))

    def validated(name: str) -> tuple[float, ...]:
        return tuple(validation[n][name] for n in both if name in validation[n])

    completed = any(isinstance(event, Ended) and event.reason == "completed" for event in events[-1:])
    return _Epochs(trained("loss"), validated("loss"), trained("accuracy"), validated("accuracy"), completed)


def _overfitting(epochs: _Epochs, config: Config) -> Diagnosis | None:
    best = min(range(len(epochs)), key=epochs.validation_loss.__getitem__)
    rising = len(epochs) - 1 - best
    low, now = epochs.validation_loss[best], epochs.validation_loss[-1]
    fell = epochs.train_loss[-1] < epochs.train_loss[best]
    if rising < RISING_EPOCHS or now < 1.1 * low or not fell:
        return None
    sentence = (
        f"Validation loss has risen for {rising} epochs ({low:.3g} → {now:.3g}) while training loss fell "
        f"({epochs.train_loss[best]:.3g} → {epochs.train_loss[-1]:.3g}): overfitting."
    )
    for changes, label in (
        ({"dropout": 0.3}, "Try dropout 0.3"),
        ({"share": 100.0}, "Try all of the training data"),
        ({"augmentation": "light"}, "Try light augmentation"),
        ({"augmentation": "strong"}, "Try strong augmentation"),
        ({"dropout": 0.5}, "Try dropout 0.5"),
    ):
        name, value = next(iter(changes.items()))
        if _is_step_up(config, name, value):
            return _with_remedy("overfitting", sentence, config, changes, label)
    return Diagnosis("overfitting", sentence)


def _not_learning(epochs: _Epochs, config: Config) -> Diagnosis | None:
    if not epochs.train_accuracy or epochs.train_accuracy[-1] > AT_CHANCE * 10:
        return None
    sentence = (
        f"After {len(epochs)} epochs training accuracy is {epochs.train_accuracy[-1]:.1f} %, about that of guessing: "
        "nothing is learned."
    )
    if getattr(config, "activation", None) in ("sigmoid", "tanh") and "activation" in relevant(config):
        sentence += " Through many layers of this activation hardly any gradient reaches the first ones."
        return _with_remedy("not_learning", sentence, config, {"activation": "relu"}, "Try ReLU")
    rate = getattr(config, "learning_rate", None)
    if rate is None:
        return Diagnosis("not_learning", sentence)
    factor = 10.0 if rate < 1e-3 else 0.1
    return _with_rate("not_learning", sentence, config, factor)


def _unstable(epochs: _Epochs, config: Config) -> Diagnosis | None:
    low, now = min(epochs.train_loss), epochs.train_loss[-1]
    if now < 2 * low or now - low < 0.2:
        return None
    sentence = f"Training loss jumped from {low:.3g} to {now:.3g}: the steps are too large."
    return _with_rate("unstable", sentence, config, 0.1)


def _still_improving(epochs: _Epochs, config: Config) -> Diagnosis | None:
    before, now = epochs.validation_loss[-2:]
    if not epochs.is_completed or now > min(epochs.validation_loss) or now > 0.9 * before:
        return None
    sentence = (
        f"Validation loss was still falling in the last epoch ({before:.3g} → {now:.3g}): more epochs should help."
    )
    more = min(2 * config.epochs, 100)
    return _with_remedy("still_improving", sentence, config, {"epochs": more}, f"Try {more} epochs")


def _fits(epochs: _Epochs, config: Config) -> Diagnosis | None:
    if not epochs.is_completed or not epochs.validation_accuracy:
        return None
    best = max(epochs.validation_accuracy)
    number = epochs.validation_accuracy.index(best) + 1
    return Diagnosis(
        "fits",
        f"Validation accuracy reached {best:.1f} % in epoch {number} of {len(epochs)}, and validation loss did not "
        f"rise for long (last {epochs.validation_loss[-1]:.3g}): no sign of overfitting.",
    )


def _diverged(ended: Ended, config: Config) -> Diagnosis:
    return _with_rate("diverged", f"The numbers grew beyond all bounds after step {ended.step:,}.", config, 0.1)


def _with_rate(kind: str, sentence: str, config: Config, factor: float) -> Diagnosis:
    declared = knobs(type(config)).get("learning_rate")
    if not isinstance(declared, Real):
        return Diagnosis(kind, sentence)
    rate = float(f"{getattr(config, 'learning_rate') * factor:.3g}")  # noqa: B009 - not every Config has it
    rate = min(max(rate, declared.low), declared.high)
    return _with_remedy(kind, sentence, config, {"learning_rate": rate}, f"Try learning rate {rate:g}")


def _with_remedy(kind: str, sentence: str, config: Config, changes: Mapping[str, Any], label: str) -> Diagnosis:
    """The finding with its remedy, or without one where these knobs cannot be turned so."""
    try:
        changed = replace(config, **changes)
    except (InvalidSettingError, TypeError):  # a value that is not allowed, a knob that this Config has not
        return Diagnosis(kind, sentence)
    if changed == config or not set(changes) <= set(relevant(config)):
        return Diagnosis(kind, sentence)
    return Diagnosis(kind, sentence, changes, label)


def _is_step_up(config: Config, name: str, value: Any) -> bool:
    """Whether a knob exists, matters, and this value is more of it than there is now."""
    declared = knobs(type(config)).get(name)
    if declared is None or name not in relevant(config) or not declared.allows(value):
        return False
    order = list(getattr(declared, "options", {}))
    now = getattr(config, name)
    return order.index(now) < order.index(value) if order else now < value
