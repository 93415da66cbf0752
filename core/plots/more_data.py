"""Learning curves: accuracy, or time, over the number of training examples, with bands from lowest to highest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.plots.curves import spread
from core.plots.template import Palette, palette, style

HEIGHT = 280  # px
MARGIN = {"l": 46, "r": 74, "t": 26, "b": 42}  # top: labels that were moved up
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
STROKES = ("solid", "6px,3px", "2px,3px", "8px,3px,2px,3px")
LABEL_GAP = 15  # px
BAND = 0.16  # opacity


class Line(NamedTuple):
    """One method; all tuples have the same length."""

    name: str
    examples: tuple[int, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def learning_figure(
    lines: Sequence[Line], *, most: int, span: tuple[float, float], log: bool, unit: str, dark: bool, uirevision: str
) -> go.Figure:
    """A band and a line with points for each method, its name at the end.

    Args:
        lines: the first is drawn strongest; always the same number, so that a live chart is updated in place.
        most: examples at the right end of the axis.
        span: lowest and highest value shown, so that figures side by side agree.
        log: whether the values too are shown logarithmically.
    """
    colors = palette(dark)
    fig = go.Figure()
    for index, line in enumerate(lines):
        color = _color(colors, index)
        fig.add_trace(
            go.Scatter(
                x=[*line.examples, *reversed(line.examples)], y=[*line.high, *reversed(line.low)], fill="toself",
                fillcolor=color, opacity=BAND, line={"width": 0}, hoverinfo="skip", mode="lines",
            )
        )  # fmt: skip
        fig.add_trace(
            go.Scatter(
                x=line.examples, y=line.values, name=line.name, mode="lines+markers",
                line={"color": color, "width": 1.75 if index else 2.75, "dash": STROKES[index % 4]},
                marker={"size": 7, "symbol": SYMBOLS[index % 4], "color": color},
                hovertemplate=f"{line.name} %{{y:.3~g}} {unit}<extra></extra>", cliponaxis=False,
            )
        )  # fmt: skip
    style(fig, dark=dark, height=HEIGHT, uirevision=uirevision)
    fig.update_xaxes(
        type="log", range=[math.log10(8), math.log10(most * 1.15)], title_text="training examples",
        tickvals=[10**power for power in range(1, 6)], ticktext=["10", "100", "1,000", "10,000", "100,000"],
        showgrid=True, fixedrange=True,
    )  # fmt: skip
    height_of = math.log10 if log else float
    fig.update_yaxes(
        type="log" if log else "linear", range=[height_of(end) for end in span], fixedrange=True,
        ticksuffix=f" {unit}", exponentformat="none", **({"dtick": 1} if log else {"nticks": 6}),
    )  # fmt: skip
    _label_ends(fig, [line for line in lines if line.examples], span=span, log=log)
    return fig.update_layout(margin=MARGIN, hovermode="x unified", dragmode=False)


def _color(colors: Palette, index: int) -> str:
    return (colors.text, *colors.series[:3])[index % 4]


def _label_ends(fig: go.Figure, lines: Sequence[Line], *, span: tuple[float, float], log: bool) -> None:
    """The name of each line beside its last point, moved apart where they would touch."""
    if not lines:
        return
    height_of = math.log10 if log else float
    scale = (HEIGHT - MARGIN["t"] - MARGIN["b"]) / (height_of(span[1]) - height_of(span[0]))
    ends = [height_of(max(line.values[-1], span[0])) for line in lines]
    for line, end, place in zip(lines, ends, spread([end * scale for end in ends], LABEL_GAP), strict=True):
        fig.add_annotation(
            text=line.name, x=math.log10(line.examples[-1]), y=end, xanchor="left", yanchor="middle", xshift=8,
            yshift=place - end * scale, font={"size": 12},
        )  # fmt: skip
