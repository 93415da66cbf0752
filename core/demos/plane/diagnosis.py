"""One plain sentence about the competition in the plane, with its evidence, and what to change next."""

from __future__ import annotations

from collections.abc import Sequence

from core.contract import Ended, Evaluated, Event
from core.demos.plane.config import PlaneConfig
from core.training.diagnosis import FEWEST_EPOCHS, Diagnosis

FEW, MANY = 50.0, 75.0  # % of the real points near a generated one: of a generator that has collapsed, of a good one
CALM = {"loss": "relativistic", "penalty": 0.1, "generator_rate": 2e-3, "discriminator_rate": 2e-3}


def diagnose(events: Sequence[Event], config: PlaneConfig) -> Diagnosis | None:
    """Say what a competition shows, while it runs or after it; None if there is nothing to say yet."""
    is_calm = all(getattr(config, name) == value for name, value in CALM.items())
    remedy = (None, "") if is_calm else (CALM, "Try the relativistic loss with R1 and R2, and equal rates")
    if events and isinstance(end := events[-1], Ended) and end.reason == "diverged":
        return Diagnosis(
            "diverged",
            f"Training diverged by step {end.step:,}: a loss or a weight is no longer a finite number. Learning rates "
            f"of {config.generator_rate:g} (G) and {config.discriminator_rate:g} (D) make steps that are too large.",
            *remedy,
        )
    evaluated = [event for event in events if isinstance(event, Evaluated) and event.epoch > 0]
    if not evaluated or evaluated[-1].epoch < FEWEST_EPOCHS:
        return None
    covered, hit = (evaluated[-1].metrics[name] for name in ("covered", "hit"))
    said = f"{covered:.0f} % of the real points have a generated one nearby, {hit:.0f} % of the generated a real one"
    if max(event.metrics["covered"] for event in evaluated[-3:]) < FEW:
        return Diagnosis("collapse", f"G has collapsed to a part of the points: only {said}.", *remedy)
    if min(covered, hit) >= MANY:
        return Diagnosis("good", f"A good match: {said}.")
    return None
