"""A loss surface with the paths of optimizers on it, step by step; and races on digits as small multiples."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core.lessons.optimizer_race.figures import NUM_STEPS, OPTIMIZERS, SURFACES, Line, Path
from core.plots.curves import spread
from core.plots.template import Palette, colorscale, palette, style

NUM_FRAMES = 40
_SYMBOLS = {"sgd": "circle", "momentum": "square", "adam": "diamond"}
_DASHES = {"sgd": "solid", "momentum": "6px,3px", "adam": "2px,3px"}


def _color(colors: Palette, optimizer: str) -> str:
    return {"sgd": colors.text, "momentum": colors.series[1], "adam": colors.series[2]}[optimizer]


def race_figure(surface: str, paths: Mapping[str, Path], *, steps: int, dark: bool) -> go.Figure:
    """Contours of a surface and the paths on it. Play runs the race; the slider goes to any step of it."""
    colors = palette(dark)
    on = SURFACES[surface]
    x, y = (np.linspace(*span, 90) for span in (on.x, on.y))
    heights = np.log1p(np.clip(on.value(x[None, :], y[:, None]) - _lowest(surface), 0, None))
    fig = go.Figure(
        go.Contour(
            x=x, y=y, z=heights, colorscale=colorscale(colors.sequential[:6]), showscale=False, ncontours=18,
            line={"width": 0.6, "color": colors.grid}, hoverinfo="skip",
        )
    )  # fmt: skip
    fig.add_trace(
        go.Scatter(
            x=[place[0] for place in on.lowest], y=[place[1] for place in on.lowest], mode="markers", name="minimum",
            marker={"symbol": "x-thin", "size": 12, "line": {"width": 2.5, "color": colors.text}}, hoverinfo="name",
        )
    )  # fmt: skip
    fig.add_traces([_trace(name, path, steps, colors) for name, path in paths.items()])
    shown = np.unique(np.linspace(0, steps, NUM_FRAMES + 1).astype(int))
    fig.frames = [
        go.Frame(
            name=str(step), data=[_trace(name, path, step, colors) for name, path in paths.items()], traces=[2, 3, 4]
        )
        for step in shown
    ]
    style(fig, dark=dark, height=460, uirevision=surface)
    fig.update_xaxes(range=on.x, fixedrange=True, title_text="weight 1")
    fig.update_yaxes(range=on.y, fixedrange=True, showgrid=False, title_text="weight 2")
    return fig.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        margin={"l": 48, "r": 12, "t": 30, "b": 96},
        dragmode=False,
        updatemenus=[_play(colors)],
        sliders=[_slider(shown, colors)],
    )


def _lowest(surface: str) -> float:
    on = SURFACES[surface]
    return min(float(on.value(*place)) for place in on.lowest)


def _trace(name: str, path: Path, step: int, colors: Palette) -> go.Scatter:
    places = path.places[: step + 1]
    sizes = [0] * (len(places) - 1) + [13]
    color = _color(colors, name)
    return go.Scatter(
        x=places[:, 0],
        y=places[:, 1],
        name=OPTIMIZERS[name],
        mode="lines+markers",
        line={"color": color, "width": 2.5, "dash": _DASHES[name]},
        marker={
            "size": sizes,
            "symbol": _SYMBOLS[name],
            "color": color,
            "line": {"width": 2, "color": colors.background},
        },
        hovertemplate=f"{OPTIMIZERS[name]}<extra></extra>",
    )


def _play(colors: Palette) -> dict[str, object]:
    run = {"frame": {"duration": 80, "redraw": False}, "transition": {"duration": 0}, "fromcurrent": False}
    return {
        "type": "buttons", "showactive": False, "x": 0, "y": -0.2, "xanchor": "left", "yanchor": "top",
        "bgcolor": colors.background, "bordercolor": colors.quiet, "font": {"color": colors.text},
        "buttons": [{"label": "▶  Race", "method": "animate", "args": [None, {**run, "mode": "immediate"}]}],
    }  # fmt: skip


def _slider(shown: np.ndarray, colors: Palette) -> dict[str, object]:
    jump = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    return {
        "active": len(shown) - 1, "x": 0.2, "len": 0.8, "y": -0.14, "pad": {"t": 12},
        "currentvalue": {"prefix": "step ", "font": {"color": colors.muted, "size": 12}, "xanchor": "right"},
        "bgcolor": colors.grid, "bordercolor": colors.grid, "ticklen": 0, "tickcolor": colors.grid, "minorticklen": 0,
        "font": {"color": "rgba(0,0,0,0)"},
        "steps": [{"label": str(step), "method": "animate", "args": [[str(step)], jump]} for step in shown],
    }  # fmt: skip


def digits_figure(losses: Mapping[float, Line], *, dark: bool) -> go.Figure:
    """Loss over steps for each learning rate of one optimizer, the rate at the end of its line; a small multiple."""
    colors = palette(dark)
    fig = go.Figure()
    top, bottom, height = 3.0, 0.03, 230
    last = max([NUM_STEPS, *(step for line in losses.values() for step, _ in line)])
    ends = []
    for index, (rate, line) in enumerate(losses.items()):
        steps = [step for step, _ in line]
        shown = [value if np.isfinite(value) else None for _, value in line]
        fig.add_trace(
            go.Scatter(
                x=steps, y=[None if value is None else min(value, 9.0) for value in shown], mode="lines",
                line={"color": colors.series[index], "width": 2, "dash": ("solid", "dash", "dot", "dashdot")[index]},
                hovertemplate=f"rate {rate:g}: %{{y:.3f}}<extra></extra>",
            )
        )  # fmt: skip
        ends.append((rate, min(next((v for v in reversed(shown) if v is not None), top), top), colors.series[index]))
    scale = (height - 52) / (np.log10(top) - np.log10(bottom))
    wanted = [float(np.log10(max(value, bottom))) * scale for _, value, _ in ends]
    for (rate, value, _), at, place in zip(ends, wanted, spread(wanted, 15), strict=True):
        fig.add_annotation(
            text=f"{rate:g}", x=last, y=np.log10(max(value, bottom)), xanchor="left", xshift=6,
            yshift=place - at, font={"size": 12},
        )  # fmt: skip
    style(fig, dark=dark, height=height)
    fig.update_xaxes(title_text="step", range=[0, last], fixedrange=True)
    fig.update_yaxes(
        type="log", range=[np.log10(bottom), np.log10(top)], tickvals=[0.03, 0.1, 0.3, 1, 3], fixedrange=True
    )
    return fig.update_layout(margin={"l": 38, "r": 44, "t": 8, "b": 44}, hovermode="x unified", dragmode=False)
