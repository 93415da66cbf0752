"""A network's accuracy over the seconds of its training, and beside it methods that are fitted once: points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.plots.template import palette, style
from core.plots.words import NO_BREAK, number

HEIGHT = 380  # px
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
BELOW = 4.0  # percentage points that the axis shows under the worst point
SHORTEST = 1e-3  # s: what took less is drawn there


class Point(NamedTuple):
    """A method that was fitted once."""

    method: str  # decides colour and shape
    is_filled: bool  # told apart by more than the method: "filled: gradient histograms"
    label: str  # all of it, for the pointer
    seconds: float  # to fit
    accuracy: float  # %


class Methods(NamedTuple):
    """A line and points on the same axes."""

    seconds: tuple[float, ...]  # of the network's training, ascending
    accuracies: tuple[float, ...]  # %, of the network
    points: tuple[Point, ...]


def methods_info(network: Sequence[tuple[float, float]], points: Sequence[Point]) -> Methods:
    """What the chart shows; evaluations before the first step have no place on a logarithmic axis.

    Args:
        network: (seconds of training, accuracy in %), in order of time.
    """
    trained = [(seconds, accuracy) for seconds, accuracy in network if seconds > 0]
    placed = tuple(point._replace(seconds=max(point.seconds, SHORTEST)) for point in points)
    return Methods(tuple(s for s, _ in trained), tuple(a for _, a in trained), placed)


def methods_figure(info: Methods, *, dark: bool, uirevision: str = "methods") -> go.Figure:
    """The network's line, and a trace of points for each method, told apart by colour and shape."""
    colors = palette(dark)
    fig = go.Figure(
        go.Scatter(
            x=info.seconds, y=info.accuracies, name="this network", mode="lines",
            line={"color": colors.text, "width": 1.75, "dash": "6px,4px"},
            hovertemplate="this network: %{y:.1f} % after %{x:.3g} s<extra></extra>",
        )
    )  # fmt: skip
    for index, method in enumerate(dict.fromkeys(point.method for point in info.points)):
        mine = [point for point in info.points if point.method == method]
        color, symbol = colors.series[index % 4], SYMBOLS[index % len(SYMBOLS)]
        fig.add_trace(
            go.Scatter(
                x=[point.seconds for point in mine],
                y=[point.accuracy for point in mine],
                name=method,
                mode="markers",
                marker={
                    "symbol": [symbol if point.is_filled else f"{symbol}-open" for point in mine],
                    "size": 12,
                    "color": color,
                    "line": {"width": 2, "color": color},
                },
                text=[point.label for point in mine],
                hovertemplate="%{text}: %{y:.1f} % after %{x:.3g} s<extra></extra>",
                cliponaxis=False,
            )
        )
    style(fig, dark=dark, height=HEIGHT, uirevision=uirevision)
    lowest, x_range = _frame(info)
    fig.update_xaxes(
        title_text="seconds of training", type="log", range=x_range, dtick=1, tickangle=0, showgrid=True,
        exponentformat="none",
    )  # fmt: skip
    fig.update_yaxes(range=[lowest, 100.5], ticksuffix=f"{NO_BREAK}%", nticks=6)
    return fig.update_layout(
        margin={"l": 56, "r": 16, "t": 12, "b": 164},  # bottom: the axis and, on a phone, a legend of five rows
        showlegend=True,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "yref": "container", "y": 0, "yanchor": "bottom"},
        hovermode="closest",
        dragmode=False,
    )


def _frame(info: Methods) -> tuple[float, list[float]]:
    """Lowest accuracy shown, and the range of seconds as powers of ten: what the line does before does not count."""
    lowest = max(min([point.accuracy for point in info.points] + list(info.accuracies[-1:]), default=0.0) - BELOW, 0)
    line = zip(info.seconds, info.accuracies, strict=True)
    shown = [point.seconds for point in info.points] + [seconds for seconds, value in line if value >= lowest]
    return lowest, [math.log10(min(shown, default=1) / 2), math.log10(max(shown, default=1) * 2)]


def methods_sentence(info: Methods) -> str:
    """The best point and the end of the line in words."""
    words = []
    if info.points:
        best = max(info.points, key=lambda point: point.accuracy)
        words.append(f"{best.label}: {number(best.accuracy, '%')} after {number(best.seconds, 's')}, the best method")
    if info.seconds:
        highest = max(info.accuracies)
        at = info.seconds[info.accuracies.index(highest)]
        words.append(f"this network: {number(highest, '%')} at best, after {number(at, 's')} of training")
    return f"{'; '.join(words)}." if words else "Nothing measured yet."
