"""What a run of More data has measured so far: every fit, and accuracy and time over the number of examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from core.contract import Evaluated, Event
from core.experiments.more_data.config import LEARNERS, Fit, MoreDataConfig, fits_a_seed, planned


@dataclass(frozen=True)
class FitResult:
    """One fit."""

    fit: Fit
    accuracy: float  # % of the test images
    seconds: float  # to fit


@dataclass(frozen=True)
class Point:
    """One method on so many examples, over all seeds so far."""

    examples: int
    mean: float  # accuracy, %
    low: float
    high: float
    seconds: float  # to fit, mean
    num_seeds: int


Curves = dict[tuple[str, str], list[Point]]  # (method, features) → points, fewest examples first


def measured(config: MoreDataConfig, events: Iterable[Event]) -> list[FitResult]:
    """The fits of a run in their order, out of its events."""
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    return [
        FitResult(
            planned(config, event.step - 1),
            event.metrics["accuracy"],
            (event.trained_seconds or 0) - (before.trained_seconds or 0),
        )
        for before, event in pairwise(evaluated)
    ]


def curves(found: Iterable[FitResult]) -> Curves:
    """Means and ranges over the seeds; methods without a fit have no points."""
    groups: dict[tuple[str, str, int], list[FitResult]] = {}
    for one in found:
        groups.setdefault((one.fit.method, one.fit.features, one.fit.examples), []).append(one)
    result: Curves = {learner: [] for learner in LEARNERS}
    for (method, features, examples), ones in groups.items():
        accuracies = [one.accuracy for one in ones]
        result[method, features].append(
            Point(
                examples,
                fmean(accuracies),
                min(accuracies),
                max(accuracies),
                fmean(one.seconds for one in ones),
                len(ones),
            )
        )
    return result


def seconds_left(config: MoreDataConfig, found: list[FitResult]) -> float | None:
    """Until all fits are done, as long as the same ones took with the seed before; None in the first pass."""
    a_seed = fits_a_seed(config)
    if len(found) < a_seed:
        return None
    latest = found[-a_seed:]
    return sum(latest[index % a_seed].seconds for index in range(config.epochs - len(found)))
