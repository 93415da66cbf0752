"""Where a voice network looks: a sound's log-mel, integrated gradients on it, and the score without times or bands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.plots.template import colorscale, palette, style

HEIGHT = 420  # px
SPLIT = 0.8  # of the width: the pictures, beside them the bands

Values = npt.NDArray[np.floating]


class Listening(NamedTuple):
    """What the figure shows. Numbers in units of the score, but for the features."""

    word: str
    features: Values  # (frames, mels) log-mel
    values: Values  # (frames, mels) integrated gradients
    times: Values  # (frames,) drop of the score where a stretch of time is silent
    bands: Values  # (mels,) drop of the score where a stretch of bands is silent
    hop: float  # seconds between frames
    hertz: tuple[float, ...]  # centre of each band


def listening_figure(info: Listening, *, dark: bool, uirevision: str = "listening") -> go.Figure:
    """Log-mel above, attributions in the middle, occlusion in time below and in frequency at the right."""
    colors = palette(dark)
    frames, mels = info.features.shape
    seconds = np.round((np.arange(frames) + 0.5) * info.hop, 3)
    limit = float(np.abs(info.values).max()) or 1.0
    picture = {"x": seconds, "y": np.arange(mels), "showscale": False, "customdata": _hertz(info, frames)}
    fig = go.Figure(
        [
            go.Heatmap(
                z=np.round(info.features.T, 1), zmin=float(np.percentile(info.features, 20)), yaxis="y",
                colorscale=colorscale(colors.sequential),
                hovertemplate="%{customdata} Hz, %{x:.2f} s: %{z:.1f}<extra>log-mel</extra>", **picture,
            ),
            go.Heatmap(
                z=np.round(info.values.T, 4), zmin=-limit, zmax=limit, yaxis="y2",
                colorscale=colorscale(colors.diverging),
                hovertemplate="%{customdata} Hz, %{x:.2f} s: %{z:.3f}<extra>integrated gradients</extra>", **picture,
            ),
            go.Bar(
                x=seconds, y=np.round(info.times, 3), yaxis="y3", marker=_bars(info.times, dark=dark),
                hovertemplate="without %{x:.2f} s: %{y:.2f} less<extra></extra>",
            ),
            go.Bar(
                x=np.round(info.bands, 3), y=np.arange(mels), xaxis="x2", yaxis="y2", orientation="h",
                marker=_bars(info.bands, dark=dark), customdata=[round(value) for value in info.hertz],
                hovertemplate="without %{customdata} Hz: %{x:.2f} less<extra></extra>",
            ),
        ]
    )  # fmt: skip
    ticks = [_nearest(info.hertz, value) for value in (300, 1000, 2000, 3500)]
    pitch = {"tickvals": ticks, "ticktext": ["300 Hz", "1 kHz", "2 kHz", "3.5 kHz"], "showgrid": False}
    fig.update_layout(
        xaxis={"domain": [0, SPLIT], "title": {"text": "seconds"}, "anchor": "y3", "showgrid": False},
        xaxis2={"domain": [SPLIT + 0.03, 1], "anchor": "y2", "showgrid": False, "showticklabels": False},
        yaxis={**pitch, "domain": [0.73, 0.96]},
        yaxis2={**pitch, "domain": [0.28, 0.66]},
        yaxis3={"domain": [0, 0.2], "showgrid": False, "nticks": 3},
        bargap=0.1,
    )
    titles = ((0.96, 0, "Log-mel"), (0.66, 0, "Integrated gradients"), (0.2, 0, "Without this time"))
    for height, at, text in (*titles, (0.66, 1, "Without band")):
        fig.add_annotation(
            text=text, x=at, xref="paper", xanchor="right" if at else "left", y=height, yref="paper", yanchor="bottom",
            font={"size": 12, "color": colors.muted},
        )  # fmt: skip
    style(fig, dark=dark, height=HEIGHT, uirevision=uirevision)
    return fig.update_layout(margin={"l": 58, "r": 8, "t": 4, "b": 40}, hovermode="closest")


def listening_sentence(info: Listening) -> str:
    """The strongest of each picture, in words."""
    frame, band = np.unravel_index(int(info.values.argmax()), info.values.shape)
    time, pitch = int(info.times.argmax()), int(info.bands.argmax())
    return (
        f"Most speaks for “{info.word}” at {frame * info.hop:.2f} s around {info.hertz[band]:,.0f} Hz (integrated "
        f"gradients). It would miss the time around {time * info.hop:.2f} s most, and the bands around "
        f"{info.hertz[pitch]:,.0f} Hz."
    )


def _bars(values: Values, *, dark: bool) -> dict[str, object]:
    """Blue where the score falls without it, orange where it rises: the ends of the diverging palette."""
    stops = palette(dark).diverging
    return {"color": [stops[-3] if value >= 0 else stops[2] for value in values], "line": {"width": 0}}


def _hertz(info: Listening, frames: int) -> list[list[int]]:
    return [[round(value)] * frames for value in info.hertz]


def _nearest(hertz: tuple[float, ...], wanted: float) -> int:
    return int(np.abs(np.array(hertz) - wanted).argmin())
