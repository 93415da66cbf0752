"""How the gradient of a score shrinks on its way back through the steps: one line for each kind of recurrent layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.plots.template import CHART_HEIGHT, DASHES, palette, style
from core.plots.words import NO_BREAK, joined, percent

LOWEST = 1e-8  # of the size at the last step; what is smaller is not drawn
LABELS = 92  # px, for the names right of the lines
NAME_HEIGHT = 16  # px


class Memory(NamedTuple):
    """Size of the gradient at each step, in proportion to that at the last step."""

    seconds: tuple[float, ...]  # where each step ends
    ratios: Mapping[str, tuple[float, ...]]
    reaches: Mapping[str, float]  # seconds before the end over which the ratio stays at or above `limit`
    limit: float


def memory_info(
    sizes: Mapping[str, npt.NDArray[np.float64]], reaches: Mapping[str, int], *, step: float, limit: float
) -> Memory:
    """What the chart shows.

    Args:
        sizes: (T,) for each network, not zero at the last step.
        reaches: steps before the last one.
        step: seconds.
    """
    count = len(next(iter(sizes.values())))
    return Memory(
        tuple(round((index + 1) * step, 4) for index in range(count)),
        {name: tuple(float(value) for value in values / values[-1]) for name, values in sizes.items()},
        {name: steps * step for name, steps in reaches.items()},
        limit,
    )


def memory_figure(info: Memory, *, dark: bool, uirevision: str = "memory") -> go.Figure:
    """Lines over the time of the recording on a logarithmic axis; the thin line is the limit."""
    colors = palette(dark)
    fig = go.Figure()
    for index, (name, ratios) in enumerate(info.ratios.items()):
        fig.add_trace(
            go.Scatter(
                x=info.seconds, y=[ratio if ratio >= LOWEST else None for ratio in ratios], name=name, mode="lines",
                line={"color": colors.series[index], "width": 2, "dash": DASHES[index]},
                hovertemplate=f"{name} %{{y:.1e}}<extra></extra>",
            )
        )  # fmt: skip
    for index, name in enumerate(info.ratios):
        # all lines end at 1: the names stand in a column right of it, each with a piece of its line
        fig.add_annotation(
            text=f"{_DASH_MARKS[index]} {name}", x=1, xref="paper", xanchor="left", xshift=8, y=1, yref="paper",
            yanchor="top", yshift=-NAME_HEIGHT * index, font={"color": colors.series[index]},
        )  # fmt: skip
    fig.add_hline(y=info.limit, line={"color": colors.muted, "width": 1, "dash": "dot"})
    fig.update_xaxes(title_text="seconds", range=[0, info.seconds[-1]], hoverformat=".2f")
    fig.update_yaxes(
        type="log",
        range=[np.log10(LOWEST), 1],
        exponentformat="power",
        title_text="share of the last gradient",
        dtick=2,
    )
    style(fig, dark=dark, height=CHART_HEIGHT, uirevision=uirevision)
    return fig.update_layout(margin={"l": 64, "r": LABELS, "t": 12, "b": 40}, hovermode="x unified")


_DASH_MARKS = ("—", "- -", "···")


def memory_sentence(info: Memory) -> str:
    """How far back each network's gradient reaches, in words."""
    parts = [
        f"{name} {seconds:.2f}{NO_BREAK}s" + (" (all of it)" if seconds >= info.seconds[-2] else "")
        for name, seconds in info.reaches.items()
    ]
    return f"The gradient stays above {percent(info.limit)} of its last size over the last: {joined(parts)}."
