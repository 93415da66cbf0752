"""A text sentence by sentence: how probable one class is in each, as a curve, and of the whole as a line."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.plots.template import palette, style
from core.plots.words import percent

HEIGHT = 220  # px
HOVER_WIDTH, HOVER_LINES = 48, 5  # of a sentence that is pointed at


class SentenceCurve(NamedTuple):
    """What is shown; probabilities in [0, 1]."""

    label: str  # the class
    texts: tuple[str, ...]
    values: tuple[float, ...]  # of each sentence
    whole: float


def sentence_curve_info(label: str, texts: Sequence[str], values: Sequence[float], whole: float) -> SentenceCurve:
    """The curve of a text of one sentence or more."""
    return SentenceCurve(label, tuple(texts), tuple(map(float, values)), float(whole))


def sentence_curve_figure(info: SentenceCurve, *, dark: bool, uirevision: str = "sentences") -> go.Figure:
    """One point a sentence, the whole text as a dashed line: two traces, always."""
    colors = palette(dark)
    places = list(range(1, len(info.values) + 1))
    fig = go.Figure()
    fig.add_trace(
        go.Scatter(
            x=places,
            y=[100 * value for value in info.values],
            customdata=[_hover(text) for text in info.texts],
            mode="lines+markers",
            line={"color": colors.accent, "width": 2},
            marker={"size": 7},
            hovertemplate=f"%{{customdata}}<br><b>%{{y:.0f}} % {info.label}</b><extra></extra>",
        )
    )
    fig.add_trace(
        go.Scatter(
            x=[places[0], places[-1]],
            y=[100 * info.whole] * 2,
            mode="lines",
            line={"color": colors.second, "dash": "dash", "width": 2},
            hoverinfo="skip",
        )
    )
    style(fig, dark=dark, height=HEIGHT, uirevision=uirevision)
    fig.add_annotation(
        text=f"the whole {percent(info.whole)}",
        x=1,
        xref="paper",
        xanchor="right",
        y=100 * info.whole,
        yanchor="bottom" if info.whole < 0.85 else "top",
        showarrow=False,
        font={"color": colors.second},
        bgcolor=colors.background,
    )
    fig.update_xaxes(title_text="sentence", dtick=max(1, len(places) // 10), fixedrange=True)
    fig.update_yaxes(range=[-4, 104], tickvals=[0, 50, 100], ticktext=["0 %", "50 %", "100 %"], fixedrange=True)
    return fig.update_layout(showlegend=False, margin={"l": 52, "r": 12, "t": 12, "b": 40}, dragmode=False)


def _hover(text: str) -> str:
    lines = textwrap.wrap(text.replace("<", "&lt;"), HOVER_WIDTH, max_lines=HOVER_LINES, placeholder=" …")
    return "<br>".join(lines)


def sentence_curve_sentence(info: SentenceCurve) -> str:
    """The whole, how many sentences lean which way, and which is the highest and the lowest."""
    most = sum(value > 0.5 for value in info.values)
    high, low = (choose(range(len(info.values)), key=info.values.__getitem__) for choose in (max, min))
    return (
        f"The whole text is {percent(info.whole)} {info.label}; of {len(info.values)} sentences {most} lean to it. "
        f"The highest is sentence {high + 1} with {percent(info.values[high])}, the lowest sentence {low + 1} with "
        f"{percent(info.values[low])}."
    )
