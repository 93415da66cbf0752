"""How the answers to a pinned drawing moved while the network learned: one row a class, one column an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.plots.template import colorscale, palette, style
from core.plots.words import percent

MAX_COLUMNS = 240
ROW_HEIGHT = 16  # px


class History(NamedTuple):
    """Answers over time, thinned to at most `MAX_COLUMNS` columns; the newest is always the last."""

    epochs: tuple[float, ...]  # (T,)
    probabilities: npt.NDArray[np.float64]  # (T, C) in [0, 1]
    labels: tuple[str, ...]  # (C,)
    highlighted: int  # index of the class that the reader follows


def history_info(
    epochs: Sequence[float],
    probabilities: Sequence[Sequence[float]],
    labels: Sequence[str],
    *,
    highlighted: int | None = None,
) -> History:
    """What the strip shows.

    Args:
        epochs: (T,) when each answer was given, T ≥ 1.
        probabilities: (T, C) in [0, 1].
        highlighted: index of a class; None: the winner of the newest answer.
    """
    table = np.asarray(probabilities, dtype=np.float64)
    # steps of a power of two, counted from the newest: columns do not jump about while the history grows
    step = 1 << max(0, (len(epochs) - 1) // MAX_COLUMNS).bit_length()
    kept = list(range(len(epochs) - 1, -1, -step))[::-1]
    chosen = int(table[-1].argmax()) if highlighted is None else highlighted
    return History(tuple(float(epochs[index]) for index in kept), table[kept], tuple(labels), chosen)


def answer_history(info: History, *, dark: bool, uirevision: str = "history") -> go.Figure:
    """A strip from noise to certainty: the more probable, the further from the background; two traces, always."""
    colors = palette(dark)
    rows = list(range(len(info.labels)))
    fig = go.Figure(
        go.Heatmap(
            x=list(range(len(info.epochs))),
            y=rows,
            z=info.probabilities.T,
            customdata=np.broadcast_to(info.epochs, (len(rows), len(info.epochs))),
            text=[[label] * len(info.epochs) for label in info.labels],
            colorscale=colorscale(colors.sequential),
            zmin=0,
            zmax=1,
            ygap=2,
            showscale=False,
            hovertemplate="%{text}: %{z:.1%} at epoch %{customdata:.2f}<extra></extra>",
        )
    )
    newest = info.probabilities[-1, info.highlighted]
    fig.update_yaxes(
        tickvals=rows,
        ticktext=[f"<b>{label}</b>" if row == info.highlighted else label for row, label in enumerate(info.labels)],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        fixedrange=True,
    )
    last = len(info.epochs) - 1
    fig.update_xaxes(
        tickvals=[0, last] if last else [0],
        ticktext=[f"{info.epochs[column]:.1f}" for column in ([0, last] if last else [0])],
        title={"text": "epoch", "standoff": 0},
        range=[-0.5, last + 0.5],
        ticklabeloverflow="allow",
        fixedrange=True,
    )
    fig.add_annotation(
        text=f"<b>{percent(float(newest))}</b>", x=1, xref="paper", xanchor="left", xshift=8,
        y=info.highlighted, yanchor="middle", font={"color": colors.accent},
    )  # fmt: skip
    style(fig, dark=dark, height=ROW_HEIGHT * len(rows) + 40, uirevision=uirevision)
    label_width = 12 + 8 * max(len(label) for label in info.labels)
    return fig.update_layout(margin={"l": label_width, "r": 64, "t": 6, "b": 34}, dragmode=False)


def history_sentence(info: History) -> str:
    """First and newest answer in words: "7 went from 9.8 % at epoch 0.0 to 97.3 % at epoch 3.0."."""
    label = info.labels[info.highlighted]
    first, newest = info.probabilities[0, info.highlighted], info.probabilities[-1, info.highlighted]
    answers = "1 answer" if len(info.epochs) == 1 else f"{len(info.epochs)} answers"
    return (
        f"{label} went from {percent(float(first))} at epoch {info.epochs[0]:.1f} "
        f"to {percent(float(newest))} at epoch {info.epochs[-1]:.1f}, over {answers}."
    )
