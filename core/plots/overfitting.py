"""Training and validation of one run beside those of others: the same axes, so that they can be compared."""

from __future__ import annotations

import plotly.graph_objects as go

from core.lessons.overfitting.figures import NUM_STEPS, Learned
from core.plots.template import palette, style

HEIGHT = 210
_TOP = 2.5  # nats


def learned_figure(run: Learned, *, mark_best: bool, dark: bool) -> go.Figure:
    """Loss over steps: training solid, validation dashed; with the place of the lowest validation loss if asked for."""
    colors = palette(dark)
    fig = go.Figure()
    for name, line, color, dash in (
        ("training", run.train_loss, colors.accent, "solid"),
        ("validation", run.validation_loss, colors.second, "6px,4px"),
    ):
        fig.add_trace(
            go.Scatter(
                x=run.steps, y=line, name=name, mode="lines", line={"color": color, "width": 2, "dash": dash},
                hovertemplate=f"{name} %{{y:.3f}}<extra></extra>",
            )
        )  # fmt: skip
    if mark_best:
        step, loss = run.steps[run.best], run.validation_loss[run.best]
        fig.add_vline(x=step, line={"color": colors.quiet, "width": 1}, layer="below")
        fig.add_trace(
            go.Scatter(
                x=[step], y=[loss], mode="markers", hoverinfo="skip",
                marker={"size": 11, "color": colors.background, "line": {"width": 2.5, "color": colors.second}},
            )
        )  # fmt: skip
        fig.add_annotation(text="stop here", x=step, y=loss, yshift=18, font={"size": 12, "color": colors.muted})
    style(fig, dark=dark, height=HEIGHT)
    fig.update_xaxes(title_text="step", range=[0, NUM_STEPS], fixedrange=True)
    fig.update_yaxes(range=[0, _TOP], nticks=6, fixedrange=True)
    return fig.update_layout(margin={"l": 34, "r": 10, "t": 8, "b": 40}, hovermode="x unified", dragmode=False)
