"""What a discriminator gives real and generated examples: two histograms on one axis of scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.plots.template import palette, style

NUM_BINS = 24
HEIGHT = 200  # px


class Scores(NamedTuple):
    """Shares of the scores in equal bins."""

    edges: npt.NDArray[np.float64]  # (NUM_BINS + 1,)
    real: npt.NDArray[np.float64]  # (NUM_BINS,) in [0, 1]
    generated: npt.NDArray[np.float64]
    real_mean: float
    generated_mean: float


def scores_info(real: Sequence[float], generated: Sequence[float]) -> Scores:
    """What the histograms show; both have at least one score."""
    together = np.array([*real, *generated])
    low, high = float(together.min()), float(together.max())
    edges = np.linspace(low, high if high > low else low + 1, NUM_BINS + 1)
    fractions = [np.histogram(values, edges)[0] / len(values) for values in (real, generated)]
    return Scores(edges, fractions[0], fractions[1], float(np.mean(real)), float(np.mean(generated)))


def scores_figure(info: Scores, *, dark: bool, uirevision: str = "scores") -> go.Figure:
    """Real upwards, generated downwards, so that both are seen where they overlap: two traces, always."""
    colors = palette(dark)
    centres = (info.edges[1:] + info.edges[:-1]) / 2
    fig = go.Figure()
    for name, fractions, sign, color in (
        ("real", info.real, 1, colors.accent),
        ("generated", info.generated, -1, colors.second),
    ):
        fig.add_trace(
            go.Bar(
                x=centres,
                y=sign * fractions * 100,
                customdata=fractions * 100,
                name=name,
                marker={"color": color, "line": {"width": 0}},
                hovertemplate=f"{name}, score %{{x:.2f}}: %{{customdata:.0f}} %<extra></extra>",
            )
        )
    style(fig, dark=dark, height=HEIGHT, uirevision=uirevision)
    for text, color, y, anchor in (("real", colors.accent, 1, "top"), ("generated", colors.second, 0, "bottom")):
        fig.add_annotation(
            text=text, x=1, xref="paper", xanchor="right", y=y, yref="paper", yanchor=anchor, font={"color": color}
        )
    fig.update_xaxes(title_text="score of D", nticks=6, fixedrange=True)
    fig.update_yaxes(showticklabels=False, fixedrange=True, showgrid=False, zeroline=True, zerolinecolor=colors.quiet)
    return fig.update_layout(barmode="overlay", bargap=0.08, margin={"l": 8, "r": 8, "t": 8, "b": 40}, dragmode=False)


def scores_sentence(info: Scores) -> str:
    """Both means and how far apart they are, in words."""
    return (
        f"Scores of D in its last batch: real pictures {info.real_mean:.2f} on average, generated ones "
        f"{info.generated_mean:.2f}."
    ).replace("-", "−")
