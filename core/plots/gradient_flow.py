"""Gradients of two networks, layer by layer, and over the steps of their training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core.lessons.gradient_flow.figures import NUM_STEPS, Flow
from core.plots.template import palette, style

_DASHES = ("solid", "6px,4px")
_FLOOR = 1e-12  # smaller gradients are drawn here


def layers_figure(flows: Mapping[str, Flow], step: int, *, dark: bool) -> go.Figure:
    """Size of the gradient in each layer at one step (from 1), logarithmic: first network solid, second dashed."""
    colors = palette(dark)
    fig = go.Figure()
    for (name, flow), color, dash in zip(flows.items(), (colors.accent, colors.second), _DASHES, strict=False):
        sizes = flow.sizes[min(step, len(flow.sizes)) - 1] if len(flow.sizes) else np.array([])
        fig.add_trace(
            go.Scatter(
                x=list(range(1, len(sizes) + 1)), y=np.maximum(sizes, _FLOOR), name=name, mode="lines+markers",
                line={"color": color, "width": 2, "dash": dash}, marker={"size": 8},
                hovertemplate=f"{name}, layer %{{x}}: %{{y:.1e}}<extra></extra>",
            )
        )  # fmt: skip
    style(fig, dark=dark)
    fig.update_xaxes(title_text="layer (1 is next to the input)", dtick=1, fixedrange=True)
    _log(fig, flows)
    return _named(fig)


def first_layer_figure(flows: Mapping[str, Flow], step: int, *, dark: bool) -> go.Figure:
    """Size of the gradient in the first layer over the whole training."""
    colors = palette(dark)
    fig = go.Figure()
    for (name, flow), color, dash in zip(flows.items(), (colors.accent, colors.second), _DASHES, strict=False):
        sizes = flow.sizes[:, 0] if len(flow.sizes) else np.array([])
        fig.add_trace(
            go.Scatter(
                x=list(range(1, len(sizes) + 1)), y=np.maximum(sizes, _FLOOR), name=name, mode="lines",
                line={"color": color, "width": 2, "dash": dash},
                hovertemplate=f"{name}, step %{{x}}: %{{y:.1e}}<extra></extra>",
            )
        )  # fmt: skip
    style(fig, dark=dark)
    fig.add_vline(x=step, line={"color": colors.quiet, "width": 1}, layer="below")
    fig.update_xaxes(title_text="step", range=[0, NUM_STEPS], fixedrange=True)
    _log(fig, flows)
    return _named(fig)


def _log(fig: go.Figure, flows: Mapping[str, Flow]) -> None:
    sizes = np.concatenate([flow.sizes.ravel() for flow in flows.values()] or [np.ones(1)])
    sizes = np.maximum(sizes, _FLOOR) if len(sizes) else np.ones(1)
    span = [float(np.floor(np.log10(sizes.min()))), float(np.ceil(np.log10(sizes.max()))) + 0.2]
    every = max(1, round((span[1] - span[0]) / 7))  # powers of ten alone
    fig.update_yaxes(type="log", range=span, exponentformat="power", dtick=every, fixedrange=True)


def _named(fig: go.Figure) -> go.Figure:
    """A legend above: lines may lie on each other, so names at their ends would too."""
    fig.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        margin={"l": 48, "r": 12, "t": 34, "b": 40},
        dragmode=False,
    )
    return fig
