"""What is left of an answer, or of the accuracy, under an attack of growing strength ε."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core.plots.template import palette, style
from core.plots.words import percent

HEIGHT = 220  # px


class Robustness(NamedTuple):
    """Accuracy at every strength of an attack, and which strength the reader has chosen."""

    epsilons: tuple[float, ...]  # ascending, from 0
    accuracies: tuple[float, ...]  # in [0, 1]
    chosen: float
    copy: tuple[float, ...] = ()  # the same accuracies of a copy that learned to resist; empty where there is none


def robustness_info(
    epsilons: Sequence[float], accuracies: Sequence[float], *, chosen: float, copy: Sequence[float] = ()
) -> Robustness:
    """What the lines show; `epsilons`, `accuracies` and, where given, `copy` have the same length."""
    return Robustness(
        tuple(map(float, epsilons)), tuple(map(float, accuracies)), float(chosen), tuple(map(float, copy))
    )


def robustness_figure(info: Robustness, *, dark: bool, dashed: bool = False, uirevision: str = "") -> go.Figure:
    """Accuracies in percent over ε, with a hairline at the chosen ε: two traces, always; the second is the copy's."""
    colors = palette(dark)
    first = (colors.second, "6px,4px") if dashed else (colors.accent, "solid")
    fig = go.Figure()
    for accuracies, (color, dash) in ((info.accuracies, first), (info.copy, (colors.accent, "solid"))):
        fig.add_scatter(
            x=info.epsilons[: len(accuracies)],
            y=[100 * accuracy for accuracy in accuracies],
            mode="lines+markers" if len(info.epsilons) <= 20 else "lines",
            line={"color": color, "width": 1.75, "dash": dash},
            marker={"size": 6},
            hovertemplate="ε %{x:.2f}: %{y:.1f} %<extra></extra>",
            cliponaxis=False,
        )
    if info.copy:
        _label(fig, info, original=colors.second, copy=colors.accent)
    fig.add_shape(
        type="line", x0=info.chosen, x1=info.chosen, y0=0, y1=1, yref="paper", layer="below",
        line={"color": colors.muted, "width": 1.5},
    )  # fmt: skip
    fig.update_xaxes(title_text="ε", range=[0, info.epsilons[-1]], nticks=7, fixedrange=True)
    fig.update_yaxes(range=[0, 100], ticksuffix=" %", nticks=5, fixedrange=True)
    style(fig, dark=dark, height=HEIGHT, uirevision=uirevision)
    return fig.update_layout(margin={"l": 52, "r": 16, "t": 12, "b": 40}, dragmode=False)


def _label(fig: go.Figure, info: Robustness, *, original: str, copy: str) -> None:
    """The names of the two lines, on their outer sides where they are farthest apart."""
    gaps = [after - before for before, after in zip(info.accuracies, info.copy, strict=True)]
    widest = max(range(len(gaps)), key=lambda index: abs(gaps[index]))
    up = gaps[widest] >= 0  # the copy lies above
    for name, accuracies, color, above in (
        ("original", info.accuracies, original, not up),
        ("copy", info.copy, copy, up),
    ):
        fig.add_annotation(
            text=name, x=info.epsilons[widest], y=100 * accuracies[widest], font={"color": color},
            xanchor="left" if above else "right", yanchor="bottom" if above else "top", yshift=3 if above else -3,
        )  # fmt: skip


def robustness_sentence(info: Robustness, what: str) -> str:
    """First and last accuracy in words: "Accuracy: 99.6 % at ε = 0.00, 12.3 % at ε = 0.30."."""
    ends = [
        f"{percent(accuracy)} at ε = {epsilon:.2f}"
        for epsilon, accuracy in zip(info.epsilons, info.accuracies, strict=True)
        if epsilon in (info.epsilons[0], info.epsilons[-1])
    ]
    return f"{what}: {', '.join(ends)}."


def copy_sentence(info: Robustness, *, epsilon: float, images: str) -> str:
    """What the copy's training bought: "At ε = 0.10 the copy is right on 91.0 % of …, the original on 34.0 %; …".

    Args:
        epsilon: one of `info.epsilons`.
        images: what it was measured on: "the same 500 images".
    """
    at = info.epsilons.index(epsilon)
    return (
        f"At ε = {epsilon:.2f} the copy is right on {percent(info.copy[at])} of {images}, the original on "
        f"{percent(info.accuracies[at])}; on clean images {percent(info.copy[0])} against "
        f"{percent(info.accuracies[0])}."
    )
