"""What is left of an answer, or of the accuracy, under an attack of growing strength ε."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.plots.template import palette, style
from core.plots.words import percent

HEIGHT = 220  # px


class Robustness(NamedTuple):
    """A share at every strength of an attack, and which strength the reader has chosen."""

    epsilons: tuple[float, ...]  # ascending, from 0
    shares: tuple[float, ...]  # in [0, 1]
    chosen: float


def robustness_info(epsilons: Sequence[float], shares: Sequence[float], *, chosen: float) -> Robustness:
    """What the line shows; `epsilons` and `shares` have the same length."""
    return Robustness(tuple(map(float, epsilons)), tuple(map(float, shares)), float(chosen))


def robustness_figure(info: Robustness, *, dark: bool, dashed: bool = False, uirevision: str = "") -> go.Figure:
    """The share in percent over ε, with a hairline at the chosen ε: one trace, always."""
    colors = palette(dark)
    fig = go.Figure(
        go.Scatter(
            x=info.epsilons,
            y=[100 * share for share in info.shares],
            mode="lines+markers" if len(info.epsilons) <= 20 else "lines",
            line={
                "color": colors.second if dashed else colors.accent,
                "width": 1.75,
                "dash": "6px,4px" if dashed else "solid",
            },
            marker={"size": 6},
            hovertemplate="ε %{x:.2f}: %{y:.1f} %<extra></extra>",
            cliponaxis=False,
        )
    )
    fig.add_shape(
        type="line", x0=info.chosen, x1=info.chosen, y0=0, y1=1, yref="paper", layer="below",
        line={"color": colors.muted, "width": 1.5},
    )  # fmt: skip
    fig.update_xaxes(title_text="ε", range=[0, info.epsilons[-1]], nticks=7, fixedrange=True)
    fig.update_yaxes(range=[0, 100], ticksuffix=" %", nticks=5, fixedrange=True)
    style(fig, dark=dark, height=HEIGHT, uirevision=uirevision)
    return fig.update_layout(margin={"l": 52, "r": 16, "t": 12, "b": 40}, dragmode=False)


def robustness_sentence(info: Robustness, what: str) -> str:
    """First and last share in words: "Accuracy: 99.6 % at ε = 0.00, 12.3 % at ε = 0.30."."""
    ends = [
        f"{percent(share)} at ε = {epsilon:.2f}"
        for epsilon, share in zip(info.epsilons, info.shares, strict=True)
        if epsilon in (info.epsilons[0], info.epsilons[-1])
    ]
    return f"{what}: {', '.join(ends)}."
