"""Points in the plane, where G takes its random numbers, and what D thinks of every place: one figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.plots.template import colorscale, palette, style

HEIGHT = 380  # px
Array = npt.NDArray[np.float64]


class Plane(NamedTuple):
    """What the figure shows."""

    real: Array  # (N, 2)
    generated: Array  # (M, 2)
    surface: Array  # (S, S) scores of D, rows from below, zero at their median
    lines: tuple[Array, ...]  # each (L, 2): latent grid lines after G
    reach: float  # of the surface, to each side


def plane_info(real: npt.ArrayLike, answer: Mapping[str, Any], *, reach: float) -> Plane:
    """Out of real points and a preview of the demo, which is in thousandths."""
    mesh = np.array(answer["mesh"], dtype=np.float64) / 1000
    one_way = tuple(mesh) if mesh.ndim == 3 else (mesh,) if len(mesh) else ()
    lines = (*one_way, *mesh.transpose(1, 0, 2)) if mesh.ndim == 3 else one_way
    generated, surface = (np.array(answer[name], dtype=np.float64) / 1000 for name in ("points", "surface"))
    return Plane(np.asarray(real, dtype=np.float64), generated, surface, lines, reach)


def plane_figure(info: Plane, *, dark: bool, uirevision: str) -> go.Figure:
    """D's scores as a heat map, the mapped grid as lines, real and generated points: always four traces."""
    colors = palette(dark)
    axis = np.linspace(-info.reach, info.reach, len(info.surface))
    limit = max(float(np.quantile(np.abs(info.surface), 0.95)), 1e-3)
    joined = [np.vstack([line, [[np.nan, np.nan]]]) for line in info.lines] or [np.full((1, 2), np.nan)]
    lines = np.vstack(joined)
    fig = go.Figure(
        go.Heatmap(
            x=axis, y=axis, z=np.round(info.surface, 3), zmin=-limit, zmax=limit, zsmooth="best", showscale=False,
            colorscale=colorscale(colors.diverging), opacity=0.55, hovertemplate="D's score %{z:.2f}<extra></extra>",
        )
    )  # fmt: skip
    fig.add_scatter(
        x=[None if np.isnan(value) else round(value, 3) for value in lines[:, 0]],
        y=[None if np.isnan(value) else round(value, 3) for value in lines[:, 1]],
        mode="lines", name="mapping", line={"color": colors.muted, "width": 1}, hoverinfo="skip",
    )  # fmt: skip
    for name, cloud, color, symbol in (
        ("real", info.real, colors.text, "circle-open"),
        ("generated", info.generated, colors.second, "circle"),
    ):
        fig.add_scatter(
            x=cloud[:, 0], y=cloud[:, 1], mode="markers", name=name,
            marker={"color": color, "size": 5, "symbol": symbol, "opacity": 0.8}, hoverinfo="name",
        )  # fmt: skip
    style(fig, dark=dark, height=HEIGHT, uirevision=uirevision)
    edge = [-info.reach, info.reach]
    fig.update_xaxes(range=edge, fixedrange=True, showgrid=False, showticklabels=False)
    fig.update_yaxes(range=edge, fixedrange=True, showgrid=False, showticklabels=False, scaleanchor="x")
    return fig.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        dragmode=False,
    )


def plane_sentence(info: Plane) -> str:
    """How far the two clouds are apart, in words."""
    apart = np.sqrt(((info.generated[:, None] - info.real[None]) ** 2).sum(2))
    return (
        f"{len(info.generated)} generated points are {apart.min(1).mean():.2f} from the nearest of {len(info.real)} "
        f"real ones on average, and these {apart.min(0).mean():.2f} from the nearest generated one; the square is "
        f"{2 * info.reach:g} wide. Where it is blue, D believes in real points, where orange, in generated ones."
    )
