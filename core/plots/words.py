"""Numbers as people read them, for labels and for the sentences that stand for a figure. No figures here."""

from __future__ import annotations

import math

NO_BREAK = "\u00a0"  # keeps a number and its unit on one line


def percent(fraction: float) -> str:
    """Share in [0, 1] as "97.3 %"; what is not quite nothing or everything never reads as 0 % or 100 %."""
    if 0 < fraction < 0.001:
        return f"<{NO_BREAK}0.1{NO_BREAK}%"
    if 0.999 < fraction < 1:
        return f">{NO_BREAK}99.9{NO_BREAK}%"
    if fraction in (0, 1):
        return f"{fraction * 100:.0f}{NO_BREAK}%"
    return f"{fraction * 100:.1f}{NO_BREAK}%"


def number(value: float, unit: str = "") -> str:
    """A measured value with its unit: one decimal for percentages, else three significant digits."""
    if not math.isfinite(value):
        return "not a number"
    if unit == "%":
        return f"{value:.1f}{NO_BREAK}%"
    digits = f"{value:.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")
    return f"{digits}{NO_BREAK}{unit}" if unit else digits


def certainty(probability: float) -> str:
    """How sure an answer is, in words."""
    if probability >= 0.9:  # label smoothing keeps release models below about 0.96
        return "very sure"
    if probability >= 0.75:
        return "sure"
    if probability >= 0.5:
        return "fairly sure"
    return "unsure" if probability >= 0.3 else "guessing"


def joined(parts: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
