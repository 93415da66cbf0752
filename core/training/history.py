"""What a training told, by finished epochs, and what its figures have to be compared with. No verdicts here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.contract import Ended, Evaluated, Event, Stepped, skill
from core.knobs import Config, relevant


@dataclass(frozen=True)
class History:
    """Values by finished epoch, all finite; epoch 0 of the validation is the untrained network."""

    train: Mapping[str, Sequence[float]]  # metric → means over epochs 1, 2 …; index 0 is epoch 1
    validation: Mapping[str, Sequence[float]]  # metric → values after epochs 0, 1, 2 …
    end: Ended | None
    floor: float = 0.0  # the least that both losses can be; they are what they are above it

    @property
    def epochs(self) -> int:
        return min(len(self.train.get("loss", ())), len(self.validation.get("loss", ())) - 1)

    def train_after(self, epoch: int, metric: str = "loss") -> float:
        return self.train[metric][epoch - 1]


def read(events: Sequence[Event], config: Config) -> History:
    """The history of a run, with the floor of label smoothing taken off its losses."""
    return _above_floor(_told(events), config)


def _told(events: Sequence[Event]) -> History:
    validation: dict[str, dict[int, float]] = {}
    steps: dict[int, Stepped] = {}
    end: Ended | None = None
    for event in events:
        if isinstance(event, Evaluated) and abs(event.epoch - round(event.epoch)) < 1e-6:
            for name, value in event.metrics.items():
                validation.setdefault(name, {})[round(event.epoch)] = value
        elif isinstance(event, Stepped):
            steps[event.step] = event  # a resumed attempt tells some steps again: the last word counts
        end = event if isinstance(event, Ended) else None
    return History(
        train={name: _unbroken(values, 1) for name, values in _epoch_means(steps).items()},
        validation={name: _unbroken(values, 0) for name, values in validation.items()},
        end=end,
    )


def _above_floor(history: History, config: Config) -> History:
    """The same history with the floor of label smoothing taken off both losses."""
    smoothing = getattr(config, "label_smoothing", 0.0) if "label_smoothing" in relevant(config) else 0.0
    num_classes = history.validation.get("num_classes", ())
    if not smoothing or not num_classes:
        return history
    least = floor(smoothing, round(num_classes[0]))

    def above(told: Mapping[str, Sequence[float]]) -> Mapping[str, Sequence[float]]:
        return {**told, "loss": [max(loss - least, 0.0) for loss in told.get("loss", ())]}

    return replace(history, train=above(history.train), validation=above(history.validation), floor=least)


def floor(smoothing: float, num_classes: int) -> float:
    """The least cross-entropy with smoothed targets, which is their entropy (Szegedy et al. 2016, section 7)."""
    others = smoothing / num_classes
    parts = [1 - smoothing + others, *[others] * (num_classes - 1)]
    return -sum(part * math.log(part) for part in parts)


def _epoch_means(steps: Mapping[int, Stepped]) -> dict[str, dict[int, float]]:
    """Metric → epoch → mean over its steps. A report counts for the epoch in which the middle of its steps lies."""
    sums: dict[str, dict[int, tuple[float, int]]] = {}
    before, epoch_before = 0, 0.0
    for step, event in sorted(steps.items()):
        epoch = math.floor((epoch_before + event.epoch) / 2) + 1
        for name, value in event.metrics.items():
            total, count = sums.setdefault(name, {}).get(epoch, (0.0, 0))
            sums[name][epoch] = (total + value * (step - before), count + step - before)
        before, epoch_before = step, event.epoch
    return {name: {epoch: s / n for epoch, (s, n) in means.items()} for name, means in sums.items()}


def _unbroken(values: Mapping[int, float], first: int) -> list[float]:
    """Values of the epochs first, first + 1 … up to the first that is missing or not finite."""
    result: list[float] = []
    while math.isfinite(value := values.get(first + len(result), math.nan)):
        result.append(value)
    return result


def has_accuracy(history: History) -> bool:
    """Whether accuracy was told for every finished epoch."""
    trained, validated = history.train.get("accuracy", ()), history.validation.get("accuracy", ())
    return len(trained) >= history.epochs and len(validated) > history.epochs


def skills(history: History) -> tuple[float, float] | None:
    """Of the last epoch in training and in validation: which share of the majority's errors is avoided.

    0: as often right as one who always says the most frequent class; 1: always right. None where that is not known.
    """
    n = history.epochs
    majority = history.validation.get("majority", ())
    if not has_accuracy(history) or len(majority) <= n or majority[n] >= 100:
        return None
    best = max(history.validation["accuracy"][1 : n + 1]) if history.end is None else history.validation["accuracy"][n]
    return skill(history.train_after(n, "accuracy"), majority[n]), skill(best, majority[n])


def behind(history: History) -> float | None:
    """By how many points of validation accuracy averaged weights are behind those that are trained, at least 0.

    None where nothing is averaged, or where it was not measured.
    """
    n, unaveraged = history.epochs, history.validation.get("unaveraged", ())
    if not has_accuracy(history) or len(unaveraged) <= n:
        return None
    return max(unaveraged[n] - history.validation["accuracy"][n], 0.0)


def lowest(history: History) -> int:
    """The epoch, from 1 on, with the lowest validation loss."""
    losses = history.validation["loss"]
    return min(range(1, history.epochs + 1), key=lambda epoch: losses[epoch])
