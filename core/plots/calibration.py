"""How sure a classifier claims to be, against how often it is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.plots.template import palette, style
from core.plots.words import percent


class Calibration(NamedTuple):
    """Answers in bins by how sure they were; empty bins are left out."""

    confidence: tuple[float, ...]  # mean of each bin, in [0, 1]
    accuracy: tuple[float, ...]
    counts: tuple[int, ...]
    error: float  # expected calibration error


def calibration_info(
    confidence: Sequence[float], accuracy: Sequence[float], counts: Sequence[int], error: float
) -> Calibration:
    """What the curve shows."""
    rows = [row for row in zip(confidence, accuracy, counts, strict=True) if row[2]]
    return Calibration(tuple(r[0] for r in rows), tuple(r[1] for r in rows), tuple(r[2] for r in rows), error)


def calibration_figure(info: Calibration, *, dark: bool) -> go.Figure:
    """The curve beside the diagonal on which claim and truth agree; larger points stand for more answers."""
    colors = palette(dark)
    low = min((*info.confidence, *info.accuracy, 0.5))
    most = max(info.counts, default=1)
    fig = go.Figure(
        [
            go.Scatter(
                x=[low, 1], y=[low, 1], mode="lines", line={"color": colors.quiet, "dash": "dash"}, hoverinfo="skip"
            ),
            go.Scatter(
                x=info.confidence,
                y=info.accuracy,
                mode="lines+markers",
                line={"color": colors.accent},
                marker={"size": [6 + 14 * (count / most) ** 0.5 for count in info.counts], "opacity": 1},
                text=[f"{count:,} answers" for count in info.counts],
                hovertemplate="claimed %{x:.0%}, right %{y:.0%}<br>%{text}<extra></extra>",
            ),
        ]
    )
    fig.update_xaxes(title_text="claimed probability", tickformat=".0%", fixedrange=True)
    fig.update_yaxes(title_text="share that was right", tickformat=".0%", fixedrange=True)
    return style(fig, dark=dark, uirevision="calibration").update_layout(margin={"l": 60}, dragmode=False)


def calibration_sentence(info: Calibration) -> str:
    """The expected calibration error, and which way it goes."""
    total = max(sum(info.counts), 1)
    claimed = sum(c * n for c, n in zip(info.confidence, info.counts, strict=True)) / total
    right = sum(a * n for a, n in zip(info.accuracy, info.counts, strict=True)) / total
    way = (
        "It claims more than it keeps"
        if claimed > right + 0.01
        else ("It could claim more" if right > claimed + 0.01 else "On average its claims hold")
    )
    return (
        f"{way}: {percent(claimed)} claimed on average, {percent(right)} right. Expected calibration error "
        f"{percent(info.error)}."
    )
