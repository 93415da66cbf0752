"""One neuron as a diagram, the plane it divides, and activation functions with their derivatives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.lessons.activations import ACTIVATIONS, Array
from core.lessons.neuron import PLANE, Neuron, NeuronSettings, line, neuron, surface
from core.plots import svg
from core.plots.template import colorscale, palette, style

SMALL = 190  # px, a panel of the side by side
_RESOLUTION = 61
_REACH = 5.0  # of z in the panels


def signed(value: float, digits: int = 2) -> str:
    """A number with a true minus sign: "−0.50"."""
    return f"{value:.{digits}f}".replace("-", "−")


def neuron_diagram(now: Neuron, activation: str) -> str:
    """Inputs, weights, products, sum, activation and output of a neuron, with all numbers, as SVG."""
    rows = len(now.x)
    step, top = 62.0, 34.0
    middle = top + step * (rows - 1) / 2 + step / 2
    parts = []
    for index, (x, w, product) in enumerate(zip(now.x, now.w, now.products, strict=True)):
        y = top + index * step
        parts.append(_edge(y, middle, w))
        parts += [
            svg.circle(28, y, 24),
            svg.text(28, y - 7, f"x{index + 1}", role="muted", size=11),
            svg.text(28, y + 7, signed(x, 1), bold=True),
        ]
        across = y + (middle - y) * 0.36
        parts.append(svg.box(66, across - 11, 92, 22, stroke="none"))
        parts.append(svg.text(112, across, f"× {signed(w, 1)} = {signed(product)}", size=13))
    bias = top + rows * step
    parts += [
        _edge(bias, middle, now.b),
        svg.circle(28, bias, 24, stroke="quiet"),
        svg.text(28, bias - 7, "b", role="muted", size=11),
        svg.text(28, bias + 7, signed(now.b, 1), bold=True),
        svg.circle(222, middle, 27, stroke="text"),
        svg.text(222, middle - 8, "sum z", role="muted", size=11),
        svg.text(222, middle + 7, signed(now.z), bold=True),
        svg.line(250, middle, 272, middle, role="muted", arrow=True),
        svg.box(274, middle - 26, 88, 52, fill="soft"),
        svg.text(318, middle - 8, ACTIVATIONS[activation].label, role="muted", size=12),
        svg.text(318, middle + 9, f"slope {signed(now.slope)}", size=12),
        svg.line(362, middle, 382, middle, role="muted", arrow=True),
        svg.text(412, middle - 13, "output y", role="muted", size=11),
        svg.text(412, middle + 7, signed(now.y, 3), role="accent", size=18, bold=True),
    ]
    return svg.svg(444, bias + 28, parts)


def _edge(y: float, middle: float, weight: float) -> str:
    """From an input to the sum: solid for a positive weight, dashed for a negative one."""
    role, dash = ("accent", "") if weight >= 0 else ("second", "7 5")
    return svg.line(52, y, 196, middle, role=role, width=0.8 + 1.4 * abs(weight), dash=dash)


def neuron_sentence(now: Neuron, activation: str) -> str:
    """The whole calculation in words: "z = 1.0 × 1.5 + … + 0.0 = 1.00; sigmoid(1.00) = 0.731."."""
    products = " + ".join(f"{_bracketed(x)} × {_bracketed(w)}" for x, w in zip(now.x, now.w, strict=True))
    label = ACTIVATIONS[activation].label
    return f"z = {products} + {_bracketed(now.b)} = {signed(now.z)}; {label} of {signed(now.z)} is {signed(now.y, 3)}."


def _bracketed(value: float) -> str:
    return f"({signed(value, 1)})" if value < 0 else signed(value, 1)


class Plane(NamedTuple):
    """What a neuron answers over the plane of its first two inputs."""

    axis: Array
    outputs: Array  # rows are x2
    line: tuple[tuple[float, float], tuple[float, float]] | None  # where z = 0
    point: tuple[float, float]


def plane_info(settings: NeuronSettings) -> Plane:
    """The plane of a neuron."""
    axis = np.linspace(-PLANE, PLANE, _RESOLUTION)
    now = neuron(settings)
    return Plane(axis, surface(settings, axis), line(settings), (now.x[0], now.x[1]))


def plane_figure(info: Plane, *, dark: bool) -> go.Figure:
    """The outputs as shades, the line z = 0, and the input as a point."""
    colors = palette(dark)
    reach = max(float(np.abs(info.outputs).max()), 1e-9)
    is_signed = float(info.outputs.min()) < -1e-3
    fig = go.Figure(
        go.Heatmap(
            x=info.axis,
            y=info.axis,
            z=info.outputs,
            colorscale=colorscale(colors.diverging if is_signed else colors.sequential),
            zmin=-reach if is_signed else 0,
            zmax=reach,
            zsmooth="best",
            showscale=True,
            colorbar={"thickness": 8, "len": 0.9, "outlinewidth": 0, "title": {"text": "y"}, "nticks": 5},
            hovertemplate="x1 %{x:.1f}, x2 %{y:.1f}: y = %{z:.2f}<extra></extra>",
        )
    )
    ends = info.line or ((None, None), (None, None))
    fig.add_trace(
        go.Scatter(
            x=[end[0] for end in ends], y=[end[1] for end in ends], mode="lines", hoverinfo="skip",
            line={"color": colors.text, "width": 2},
        )
    )  # fmt: skip
    fig.add_trace(
        go.Scatter(
            x=[info.point[0]], y=[info.point[1]], mode="markers", hovertemplate="the input<extra></extra>",
            marker={"size": 13, "color": colors.background, "line": {"color": colors.second, "width": 3}},
        )
    )  # fmt: skip
    style(fig, dark=dark, height=300)
    fig.update_xaxes(range=[-PLANE, PLANE], title_text="x1", dtick=1, fixedrange=True)
    fig.update_yaxes(range=[-PLANE, PLANE], title_text="x2", dtick=1, showgrid=False, fixedrange=True)
    return fig.update_layout(margin={"l": 40, "r": 8, "t": 8, "b": 40}, dragmode=False)


def activation_figure(name: str, z: float, *, dark: bool) -> go.Figure:
    """An activation (solid) and its derivative (dashed), both marked at z."""
    colors = palette(dark)
    activation = ACTIVATIONS[name]
    axis = np.linspace(-_REACH, _REACH, 201)
    at = float(np.clip(z, -_REACH, _REACH))
    fig = go.Figure()
    for words, function, color, dash in (
        ("y", activation.value, colors.accent, "solid"),
        ("slope", activation.derivative, colors.second, "6px,4px"),
    ):
        fig.add_trace(
            go.Scatter(
                x=axis, y=function(axis), mode="lines", line={"color": color, "width": 2, "dash": dash},
                hovertemplate=f"{words} %{{y:.3f}}<extra></extra>",
            )
        )  # fmt: skip
        fig.add_trace(
            go.Scatter(
                x=[at], y=function(np.array([at])), mode="markers", hoverinfo="skip", cliponaxis=False,
                marker={"size": 9, "color": colors.background, "line": {"color": color, "width": 2.5}},
            )
        )  # fmt: skip
    style(fig, dark=dark, height=SMALL)
    fig.add_vline(x=at, line={"color": colors.quiet, "width": 1}, layer="below")
    fig.update_xaxes(title_text="z", range=[-_REACH, _REACH], tickvals=[-4, -2, 0, 2, 4], fixedrange=True)
    fig.update_yaxes(range=[-1.25, 2.25], tickvals=[-1, 0, 1, 2], fixedrange=True)
    return fig.update_layout(margin={"l": 28, "r": 10, "t": 8, "b": 36}, hovermode="x unified", dragmode=False)


def activation_sentence(name: str, z: float) -> str:
    """Value and slope at z in words."""
    activation = ACTIVATIONS[name]
    at = np.array([z])
    value, slope = float(activation.value(at)[0]), float(activation.derivative(at)[0])
    return f"{activation.label} at z = {signed(z)}: output {signed(value, 3)}, slope {signed(slope, 3)}."
