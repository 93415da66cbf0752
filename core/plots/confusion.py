"""The confusion matrix: how often each true class was given each answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.plots.template import colorscale, palette, style
from core.plots.words import percent

SHORT_LABEL = 3  # letters that fit above a column of any width


class Confusion(NamedTuple):
    """Counts, and the fraction of each cell in its row."""

    labels: tuple[str, ...]  # (C,)
    counts: npt.NDArray[np.int64]  # (C, C): true class, predicted class
    fractions: npt.NDArray[np.float64]  # (C, C) in [0, 1]; the row of a class without examples is 0


def confusion_info(counts: Sequence[Sequence[int]] | npt.NDArray[np.int64], labels: Sequence[str]) -> Confusion:
    """What the matrix shows; `counts` is (C, C), row: true class, column: predicted class."""
    table = np.asarray(counts, dtype=np.int64)
    fractions = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    return Confusion(tuple(labels), table, fractions)


def confusion_figure(info: Confusion, *, dark: bool, uirevision: str = "confusion") -> go.Figure:
    """Heat map with the counts in the cells; empty cells stay empty.

    Colour follows the square root of a cell's fraction in its row: otherwise a mistake of 1 % is invisible beside 99 %.
    A click on a cell carries `x` (predicted) and `y` (true) as class indices.
    """
    colors = palette(dark)
    size = len(info.labels)
    indices = list(range(size))
    names = np.array(info.labels)
    fig = go.Figure(
        go.Heatmap(
            x=indices,
            y=indices,
            z=np.sqrt(info.fractions),
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            colorscale=colorscale(colors.sequential),
            showscale=False,
            text=[[f"{count:,}" if count else "" for count in row] for row in info.counts.tolist()],
            texttemplate="%{text}",
            textfont={"size": 12},
            customdata=np.stack(
                [
                    np.broadcast_to(names[:, None], (size, size)),
                    np.broadcast_to(names[None, :], (size, size)),
                    np.array([[percent(fraction) for fraction in row] for row in info.fractions.tolist()]),
                ],
                axis=-1,
            ),
            hovertemplate="true %{customdata[0]}, predicted %{customdata[1]}<br>"
            "<b>%{text}</b> · %{customdata[2]} of all true %{customdata[0]}<extra></extra>",
        )
    )
    ticks = {
        "tickvals": indices,
        "ticktext": list(info.labels),
        "showgrid": False,
        "fixedrange": True,
        "tickfont": {"color": colors.text, "size": 13},
    }
    fig.update_xaxes(**ticks, side="top", title_text="predicted", range=[-0.5, size - 0.5])
    fig.update_yaxes(**ticks, title_text="true", range=[size - 0.5, -0.5])
    style(fig, dark=dark, height=34 * size + 60, uirevision=uirevision)
    longest = max(len(label) for label in info.labels)
    upright = longest > SHORT_LABEL  # longer names beside each other would touch
    label_height = 30 + 7 * longest if upright else 48
    fig.update_xaxes(tickangle=-90 if upright else 0, title_standoff=7 * longest - 8 if upright else 8)
    fig.update_layout(height=34 * size + 12 + label_height)
    return fig.update_layout(margin={"l": 30 + 7 * longest, "r": 4, "t": label_height, "b": 8}, dragmode=False)


def confusion_sentence(info: Confusion) -> str:
    """Accuracy and the most frequent mistake in words."""
    total, right = int(info.counts.sum()), int(np.trace(info.counts))
    if total == 0:
        return "Nothing was classified yet."
    summary = f"{right:,} of {total:,} right ({percent(right / total)})."
    mistakes = info.counts - np.diag(np.diag(info.counts))
    if not mistakes.any():
        return summary
    true, said = np.unravel_index(int(mistakes.argmax()), mistakes.shape)
    times = f"{int(mistakes[true, said]):,} times" if mistakes[true, said] > 1 else "once"
    return f"{summary} The most frequent mistake: a true {info.labels[true]} taken for {info.labels[said]}, {times}."
