"""One plain sentence about how two networks compete, with its evidence in numbers, and what to change next.

The rules work on whole epochs and claim nothing from fewer than three, as those for classifiers do
(`core.training.diagnosis`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from core.contract import Ended, Evaluated, Event, Stepped
from core.demos.generator.config import GeneratorConfig
from core.training.diagnosis import FEWEST_EPOCHS, Diagnosis

WON = 97.0  # % of real and of generated pictures that a discriminator tells apart when it has won
GROWN = 1.5  # times the loss that G had at its best: its gradient vanishes
FEW_CLASSES = 5.0  # of ten, drawn by a generator that has collapsed
ALIKE = 40.0  # % of the real pictures' diversity
SWING = 15.0  # percentage points of agreement, up and down again
LONG = 5  # evaluations among which swings are looked for
GOOD = 90.0  # % of agreement
CALM = GeneratorConfig()  # what a remedy goes back to


def diagnose(events: Sequence[Event], config: GeneratorConfig) -> Diagnosis | None:
    """Say what a competition shows, while it runs or after it; None if there is nothing to say yet.

    Args:
        events: of the whole run so far, in order of time.
        config: of the run; the remedy can be put into it as it is.
    """
    end = events[-1] if events and isinstance(events[-1], Ended) else None
    if end is not None and end.reason == "diverged":
        return _diverged(end, config)
    evaluated = [event for event in events if isinstance(event, Evaluated) and event.epoch > 0]
    if not evaluated or evaluated[-1].epoch < FEWEST_EPOCHS:
        return None
    stepped = [event for event in events if isinstance(event, Stepped)]
    return (
        _won(stepped, config)
        or _collapsed(evaluated, config)
        or _oscillating(evaluated, config)
        or (_over(evaluated, end, config) if end is not None else None)
    )


def _diverged(end: Ended, config: GeneratorConfig) -> Diagnosis:
    return Diagnosis(
        "diverged",
        f"Training diverged by step {end.step:,}: a loss or a weight is no longer a finite number. Learning rates of "
        f"{config.generator_rate:g} (G) and {config.discriminator_rate:g} (D) make steps that are too large.",
        *_rates(config, 0.1, 0.1),
    )


def _won(stepped: Sequence[Stepped], config: GeneratorConfig) -> Diagnosis | None:
    """D tells nearly everything apart for the last epoch, and G is worse off than it was."""
    if not stepped:
        return None
    last = [event for event in stepped if event.epoch > stepped[-1].epoch - 1]
    right = {name: _mean(last, name) for name in ("real_accuracy", "generated_accuracy")}
    loss = _mean(last, "generator")
    by_epoch = [
        _mean([event for event in stepped if epoch < event.epoch <= epoch + 1], "generator")
        for epoch in range(math.floor(stepped[-1].epoch))
    ]
    lowest = min((value for value in by_epoch if math.isfinite(value)), default=math.inf)
    if min(right.values()) < WON or not loss > GROWN * lowest:
        return None
    return Diagnosis(
        "discriminator_wins",
        f"D has won: it tells {right['real_accuracy']:.1f} % of the real and {right['generated_accuracy']:.1f} % of "
        f"the generated pictures apart, and the loss of G has risen from {lowest:.2f} to {loss:.2f}. Where D is sure, "
        "its gradient says little, and G has nothing to learn from.",
        *_calmer_discriminator(config),
    )


def _collapsed(evaluated: Sequence[Evaluated], config: GeneratorConfig) -> Diagnosis | None:
    last = [event.metrics for event in evaluated[-2:]]
    classes = [metrics["classes"] for metrics in last if "classes" in metrics]
    diversity = [metrics["diversity"] for metrics in last]
    if len(last) < 2:
        return None
    if classes and max(classes) < FEW_CLASSES:
        evidence = f"a separate classifier sees only {classes[-1]:.1f} of 10 classes in 500 pictures"
    elif max(diversity) < ALIKE:
        evidence = f"pictures of one class differ only {diversity[-1]:.0f} % as much as real ones"
    else:
        return None
    return Diagnosis("collapse", f"G has collapsed: {evidence}. It found a few that pass.", *_wider(config))


def _oscillating(evaluated: Sequence[Evaluated], config: GeneratorConfig) -> Diagnosis | None:
    name = "agreement" if config.has_classes else "classes"
    scale = 1.0 if config.has_classes else 10.0  # classes of ten as percent
    values = [scale * event.metrics[name] for event in evaluated if name in event.metrics][-LONG:]
    changes = [after - before for before, after in itertools.pairwise(values)]
    if len(changes) < 3 or min(changes) > -SWING or max(changes) < SWING:
        return None
    what = "agreement with the asked class" if config.has_classes else "the share of the classes that are drawn"
    return Diagnosis(
        "unstable",
        f"The two go round in circles: within {len(values)} evaluations {what} fell by {-min(changes):.0f} points and "
        f"rose by {max(changes):.0f}. Averaged weights and smaller steps are calmer.",
        *(_averaged(config) if config.averaging < 0.99 else _rates(config, 1 / 3, 1 / 3)),
    )


def _over(evaluated: Sequence[Evaluated], end: Ended, config: GeneratorConfig) -> Diagnosis | None:
    last = evaluated[-1].metrics
    if "agreement" not in last or last["agreement"] < GOOD:
        before = [event.metrics.get("agreement", math.nan) for event in evaluated[-3:]]
        if end.reason == "completed" and len(before) == 3 and before[2] > before[1] > before[0]:
            epochs = min(2 * config.epochs, 100)
            return Diagnosis(
                "still_improving",
                f"Agreement with the asked class was still rising when the run ended ({before[0]:.0f} → "
                f"{before[1]:.0f} → {before[2]:.0f} %): more epochs will probably help.",
                *(({"epochs": epochs}, f"Try {epochs} epochs") if epochs > config.epochs else (None, "")),
            )
        return None
    return Diagnosis(
        "good",
        f"A good match: a separate classifier sees the asked class in {last['agreement']:.1f} % of 500 pictures, and "
        f"within a class they differ {last['diversity']:.0f} % as much as real ones.",
    )


# Remedies: the knobs to change, and what the button says


_Remedy = tuple[dict[str, Any] | None, str]


def _mean(events: Sequence[Stepped], name: str) -> float:
    values = [event.metrics[name] for event in events if name in event.metrics]
    return sum(values) / len(values) if values else math.nan


def _rates(config: GeneratorConfig, of_generator: float, of_discriminator: float) -> _Remedy:
    generator = max(float(f"{config.generator_rate * of_generator:.1g}"), 1e-5)
    discriminator = max(float(f"{config.discriminator_rate * of_discriminator:.1g}"), 1e-5)
    changes = {"generator_rate": generator, "discriminator_rate": discriminator}
    if (generator, discriminator) == (config.generator_rate, config.discriminator_rate):
        return None, ""
    return changes, f"Try learning rates of {generator:g} (G) and {discriminator:g} (D)"


def _calmer_discriminator(config: GeneratorConfig) -> _Remedy:
    if config.loss != "relativistic":
        return {"loss": "relativistic", "penalty": CALM.penalty}, "Try the relativistic loss with R1 and R2"
    if config.augmentation == "none":
        return {"augmentation": "shift"}, "Try augmentation of D by shifts"
    return _rates(config, 1.0, 1 / 3)


def _wider(config: GeneratorConfig) -> _Remedy:
    if config.loss != "relativistic":
        calm = {name: getattr(CALM, name) for name in ("loss", "penalty", "generator_rate", "discriminator_rate")}
        return calm, "Try the relativistic loss with R1 and R2, and its rates"
    if not config.has_classes:
        return {"conditional": True}, "Try conditional networks"
    return _rates(config, 1 / 3, 1.0)


def _averaged(config: GeneratorConfig) -> _Remedy:
    return {"averaging": 0.99}, "Try weight averaging 0.99"
