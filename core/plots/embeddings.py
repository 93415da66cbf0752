"""Words as points of a plane: those of a vocabulary small, one's own large and with their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.plots.template import colorscale, palette, style
from core.plots.words import percent

HEIGHT = 440  # px
ROOM = 0.12  # of the axes beyond the outermost point, for names

Places = npt.NDArray[np.float32]


class Embeddings(NamedTuple):
    """Where words lie, and how far the network leans to the second class for each alone."""

    words: tuple[str, ...]
    places: Places  # (N, 2)
    leans: npt.NDArray[np.float32]  # (N,) in [0, 1]
    own: tuple[str, ...]
    own_places: Places  # (M, 2)
    own_leans: npt.NDArray[np.float32]  # (M,)
    towards: str  # the class that 1 stands for


def embeddings_figure(info: Embeddings, *, dark: bool) -> go.Figure:
    """A scatter plot with equal units; the colour says what the network makes of a word alone."""
    colors = palette(dark)
    fig = go.Figure()
    for words, places, leans, is_own in (
        (info.words, info.places, info.leans, False),
        (info.own, info.own_places, info.own_leans, True),
    ):
        fig.add_scatter(
            x=places[:, 0],
            y=places[:, 1],
            mode="markers+text" if is_own else "markers",
            text=[f"<b>{word}</b>" for word in words] if is_own else list(words),
            textposition="top center",
            textfont={"color": colors.text},
            marker={
                "color": leans,
                "cmin": 0,
                "cmax": 1,
                "colorscale": colorscale(colors.diverging),
                "size": 13 if is_own else 6,
                "opacity": 1.0 if is_own else 0.55,
                "symbol": "diamond" if is_own else "circle",
                "line": {"width": 2 if is_own else 0.5, "color": colors.accent if is_own else colors.muted},
            },
            customdata=[percent(float(fraction)) for fraction in leans],
            hovertemplate=f"%{{text}}: %{{customdata}} {info.towards} on its own<extra></extra>",
        )
    everything = np.concatenate([info.places, info.own_places])
    low, high = everything.min(0), everything.max(0)
    room = ROOM * (high - low)
    hidden = {"showgrid": False, "showticklabels": False}
    fig.update_xaxes(**hidden, range=[float(low[0] - room[0]), float(high[0] + room[0])], title="first component")
    fig.update_yaxes(**hidden, range=[float(low[1] - room[1]), float(high[1] + room[1])], title="second component")
    return style(fig, dark=dark, height=HEIGHT, uirevision="embeddings").update_layout(
        margin={"l": 28, "r": 8, "t": 8, "b": 28}
    )


def embeddings_sentence(info: Embeddings, nearest: Sequence[tuple[str, Sequence[str]]]) -> str:
    """How many words are shown, and what lies near one's own.

    Args:
        nearest: one's own words, each with those nearest to it.
    """
    shown = f"{len(info.words)} frequent words of the vocabulary"
    if not info.own:
        return f"{shown}; none of your words is known."
    near = "; ".join(f"near “{word}” {', '.join(others)}" for word, others in nearest if others)
    return f"{shown} and {len(info.own)} of yours. In all dimensions: {near}."
