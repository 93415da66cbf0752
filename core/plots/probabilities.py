"""Class probabilities as bars, always in class order, so that the eye can follow one class from answer to answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.plots.template import look, palette
from core.plots.words import joined, percent

ROW_HEIGHT = 26  # px


class Probabilities(NamedTuple):
    """Class probabilities, in class order."""

    labels: tuple[str, ...]
    values: tuple[float, ...]  # in [0, 1]
    winner: int  # index of the largest


def probabilities_info(labels: Sequence[str], probabilities: Sequence[float]) -> Probabilities:
    """What the bars show; `labels` and `probabilities` are in class order and of the same length."""
    values = tuple(float(value) for value in probabilities)
    return Probabilities(tuple(labels), values, max(range(len(values)), key=values.__getitem__))


def probability_bars(
    labels: Sequence[str], probabilities: Sequence[float], *, dark: bool, stands: bool = True
) -> go.Figure:
    """One row a class, the winner in the accent colour, the percentage at the end of its bar.

    Args:
        labels: (C,) class names, in class order.
        probabilities: (C,) in [0, 1].
        stands: False where the winner is no answer: its bar is grey, too.
    """
    info = probabilities_info(labels, probabilities)
    colors = palette(dark)
    rows = list(range(len(info.labels)))
    won = [row == info.winner for row in rows]
    bars = {
        "type": "bar",
        "x": info.values,
        "y": rows,
        "orientation": "h",
        "width": 0.62,
        "marker": {
            "color": [(colors.accent if stands else colors.muted) if winner else colors.quiet for winner in won],
            "cornerradius": 4,
            "line": {"width": 0},
        },
        "text": [_strong(percent(value), winner) for value, winner in zip(info.values, won, strict=True)],
        "textposition": "outside",
        "textfont": {"color": [colors.text if winner else colors.muted for winner in won]},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    classes = {
        "tickvals": rows,
        "ticktext": [_strong(label, winner) for label, winner in zip(info.labels, won, strict=True)],
        "tickfont": {"size": 14, "color": colors.text},
        "range": [len(rows) - 0.5, -0.5],  # first class on top
        "showgrid": False,
        "fixedrange": True,
    }
    label_width = 12 + 8 * max(len(label) for label in info.labels)
    layout = {
        **look(dark=dark, height=ROW_HEIGHT * len(rows) + 8),
        "xaxis": {"range": [0, 1], "visible": False, "fixedrange": True},
        "yaxis": classes,
        "margin": {"l": label_width, "r": 60, "t": 4, "b": 4},
        "dragmode": False,
    }
    return go.Figure({"data": [bars], "layout": layout})  # at once: each later update costs 2 to 4 ms at every stroke


def probabilities_sentence(labels: Sequence[str], probabilities: Sequence[float]) -> str:
    """The three most probable classes in words: "7 with 97.3 %, then 1 with 1.2 % and 9 with 0.8 %."."""
    info = probabilities_info(labels, probabilities)
    order = sorted(range(len(info.values)), key=info.values.__getitem__, reverse=True)[:3]
    first, *others = [f"{info.labels[index]} with {percent(info.values[index])}" for index in order]
    return f"Answer: {first}, then {joined(others)}." if others else f"Answer: {first}."


def _strong(text: str, strong: bool) -> str:
    return f"<b>{text}</b>" if strong else text
