"""Attention of one head as a heat map: from which token to which, with the weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.plots.template import colorscale, palette, style
from core.plots.words import percent

ROW_HEIGHT = 22  # px


class Attention(NamedTuple):
    """Shares of attention; each row adds up to at most 1, less where tokens are left out."""

    tokens: tuple[str, ...]
    weights: npt.NDArray[np.float32]  # (L, L) row: the token that looks, column: the one looked at


def attention_info(tokens: Sequence[str], weights: npt.NDArray[np.float32]) -> Attention:
    """What the map shows: the first tokens' part of `weights` (L', L') with L' ≥ L."""
    count = len(tokens)
    return Attention(tuple(tokens), np.asarray(weights[:count, :count], np.float32))


def attention_figure(info: Attention, *, dark: bool) -> go.Figure:
    """Heat map, stronger is more; colour follows the square root of the weight, so that small weights are seen."""
    colors = palette(dark)
    places = list(range(len(info.tokens)))
    names = np.array(info.tokens)
    shape = info.weights.shape
    fig = go.Figure(
        go.Heatmap(
            x=places,
            y=places,
            z=np.sqrt(info.weights),
            zmin=0,
            zmax=1,
            xgap=1,
            ygap=1,
            colorscale=colorscale(colors.sequential),
            showscale=False,
            text=[[percent(float(weight)) for weight in row] for row in info.weights],
            customdata=np.stack([np.broadcast_to(names[:, None], shape), np.broadcast_to(names, shape)], -1),
            hovertemplate="%{customdata[0]} looks at %{customdata[1]}: <b>%{text}</b><extra></extra>",
        )
    )
    ticks = {"tickvals": places, "ticktext": list(info.tokens), "showgrid": False, "fixedrange": True}
    fig.update_xaxes(**ticks, side="top", tickangle=-60, range=[-0.5, len(places) - 0.5])
    fig.update_yaxes(**ticks, range=[len(places) - 0.5, -0.5])
    longest = max((len(token) for token in info.tokens), default=1)
    style(fig, dark=dark, height=ROW_HEIGHT * len(places) + 20 + 6 * longest, uirevision="attention")
    return fig.update_layout(margin={"l": 14 + 7 * longest, "r": 4, "t": 14 + 6 * longest, "b": 4}, dragmode=False)


def attention_sentence(info: Attention) -> str:
    """The strongest look in words, between two different tokens where there is one."""
    weights = info.weights.copy()
    if len(info.tokens) > 1:
        np.fill_diagonal(weights, 0)
    row, column = np.unravel_index(int(weights.argmax()), weights.shape)
    return (
        f"The strongest look: “{info.tokens[row]}” at “{info.tokens[column]}” with "
        f"{percent(float(info.weights[row, column]))} of its attention."
    )
