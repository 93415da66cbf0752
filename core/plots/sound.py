"""A recording and what a network makes of it, on one time axis: waveform, log-mel, states, attention, probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.plots.template import colorscale, palette, style
from core.plots.words import joined

MAX_COLUMNS = 400  # of the waveform and the log-mel
ROWS = {
    "waveform": 84,
    "log-mel": 128,
    "state": 110,
    "attention": 44,
}  # px; the probabilities have CLASS_HEIGHT a class
CLASS_HEIGHT, GAP, BOTTOM, TOP = 15, 26, 40, 22  # px
LEFT = 76  # px, for the names of the classes

Values = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Heard:
    """One window of a recording as a network went through it."""

    answer: str
    start: float  # s, where the window begins
    bounds: tuple[float, float]  # s, what of the recording belongs to it
    step: float  # s, between two states
    states: Values  # (steps, H)
    attention: Values | None  # (steps,), sums to 1
    probabilities: Values  # (steps, C)


class Journey(NamedTuple):
    """What the figure shows. Columns without a window are NaN."""

    seconds: float
    peaks: Values  # (columns, 2) smallest and largest sample
    spectrum: Values  # (mels, columns) log-mel
    windows: tuple[tuple[float, float, str], ...]  # start, end, answer
    step: float
    states: Values  # (H, T), units sorted by when they are strongest
    attention: Values  # (T,), 1 is an even share
    probabilities: Values  # (C, T)
    labels: tuple[str, ...]


def journey_info(
    samples: Values, spectrum: Values, heard: Sequence[Heard], labels: Sequence[str], *, rate: int
) -> Journey:
    """Put everything on one time axis.

    Args:
        samples: (N,) in [-1, 1].
        spectrum: (frames, mels) log-mel of the whole recording.
        heard: at least one.
        labels: (C,) names of the classes.
    """
    seconds = len(samples) / rate
    step = heard[0].step
    count = max(1, round(seconds / step))
    states = np.full((heard[0].states.shape[1], count), np.nan)
    probabilities = np.full((len(labels), count), np.nan)
    attention = np.full(count, np.nan)
    for one in heard:
        middles = one.start + (np.arange(len(one.states)) + 0.5) * step
        inside = (middles >= max(0.0, one.bounds[0])) & (middles < min(seconds, one.bounds[1]))
        columns = np.minimum((middles[inside] / step).astype(int), count - 1)
        states[:, columns] = one.states[inside].T
        probabilities[:, columns] = one.probabilities[inside].T
        if one.attention is not None:
            attention[columns] = one.attention[inside] * len(one.attention)
    states = states[_by_time(states)]
    windows = tuple((max(0.0, one.start), min(seconds, one.start + 1.0), one.answer) for one in heard)
    return Journey(
        seconds, _peaks(samples), _thinned(spectrum).T, windows, step, states, attention, probabilities, tuple(labels)
    )


def _by_time(states: Values) -> npt.NDArray[np.intp]:
    """Order of the units, the one that is strongest first at the bottom."""
    strength = np.abs(np.nan_to_num(states))
    return np.argsort(strength @ np.arange(strength.shape[1]) / np.maximum(strength.sum(axis=1), 1e-12), kind="stable")


def _peaks(samples: Values) -> Values:
    """(columns, 2) smallest and largest of each stretch of samples."""
    size = max(1, -(-len(samples) // MAX_COLUMNS))
    padded = np.pad(samples, (0, -len(samples) % size), mode="edge").reshape(-1, size)
    return np.stack([padded.min(axis=1), padded.max(axis=1)], axis=1)


def _thinned(spectrum: Values) -> Values:
    """(columns, mels) with at most `MAX_COLUMNS` columns: the mean of neighbours."""
    size = max(1, -(-len(spectrum) // MAX_COLUMNS))
    padded = np.pad(spectrum, ((0, -len(spectrum) % size), (0, 0)), mode="edge")
    return padded.reshape(-1, size, spectrum.shape[1]).mean(axis=1)


def journey_figure(info: Journey, *, dark: bool, uirevision: str = "journey") -> go.Figure:
    """Five rows over one time axis; the marked windows are what the network heard."""
    colors = palette(dark)
    has_attention = bool(np.isfinite(info.attention).any())
    names = ["waveform", "log-mel", "state", *(["attention"] if has_attention else []), "probabilities"]
    heights = [ROWS.get(name, CLASS_HEIGHT * len(info.labels)) for name in names]
    total = TOP + sum(heights) + GAP * (len(names) - 1) + BOTTOM
    fig = go.Figure()
    top = 1.0
    inner = total - TOP - BOTTOM
    for number, (name, height) in enumerate(zip(names, heights, strict=True), start=1):
        axis = "yaxis" if number == 1 else f"yaxis{number}"
        fig.update_layout({axis: {**_axis(name, info), "domain": [max(0.0, top - height / inner), top], "anchor": "x"}})
        fig.add_annotation(
            text=_TITLES[name], x=0, xref="paper", xanchor="left", y=top, yref="paper", yanchor="bottom",
            font={"size": 12, "color": colors.muted}, align="left",
        )  # fmt: skip
        fig.add_trace(_trace(name, info, dark=dark, yaxis="y" if number == 1 else f"y{number}"))
        top -= (height + GAP) / inner
    for start, end, answer in info.windows:
        for x in (start, end):
            line = {"color": colors.accent, "width": 1, "dash": "dot"}
            fig.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line=line)
        fig.add_annotation(
            text=f"<b>{answer}</b>", x=(start + end) / 2, y=1, yref="paper", yanchor="bottom",
            font={"color": colors.accent, "size": 13},
        )  # fmt: skip
    fig.update_xaxes(range=[0, info.seconds], title={"text": "seconds"}, showgrid=False, anchor=f"y{len(names)}")
    style(fig, dark=dark, height=total, uirevision=uirevision)
    return fig.update_layout(margin={"l": LEFT, "r": 12, "t": TOP, "b": BOTTOM}, hovermode="closest")


_TITLES = {
    "waveform": "Waveform",
    "log-mel": "Log-mel: the pitch of the sound, low to high",
    "state": "Recurrent state: what the network keeps in mind",
    "attention": "Attention: where it looks, not why",
    "probabilities": "Probability of each class, step by step",
}


def _axis(name: str, info: Journey) -> dict[str, object]:
    quiet: dict[str, object] = {"showgrid": False, "fixedrange": True, "showticklabels": False}
    if name == "waveform":
        largest = max(0.05, float(np.abs(info.peaks).max()))
        return {**quiet, "range": [-largest, largest]}
    if name == "log-mel":
        return {**quiet, "range": [-0.5, len(info.spectrum) - 0.5]}
    if name == "state":
        return {**quiet, "range": [-0.5, len(info.states) - 0.5]}
    if name == "attention":
        return {**quiet, "rangemode": "tozero"}
    rows = list(range(len(info.labels)))
    return {
        **quiet, "showticklabels": True, "tickvals": rows, "ticktext": list(info.labels),
        "range": [len(rows) - 0.5, -0.5], "tickfont": {"size": 11},
    }  # fmt: skip


def _trace(name: str, info: Journey, *, dark: bool, yaxis: str) -> go.Bar | go.Heatmap:
    colors = palette(dark)
    if name == "waveform":
        width = info.seconds / len(info.peaks)
        low, high = info.peaks.T
        return go.Bar(
            x=(np.arange(len(low)) + 0.5) * width, y=np.maximum(high - low, 1e-4), base=low, width=width, yaxis=yaxis,
            marker={"color": colors.text, "line": {"width": 0}}, hoverinfo="skip",
        )  # fmt: skip
    if name == "attention":
        return go.Bar(
            x=(np.arange(len(info.attention)) + 0.5) * info.step, y=np.round(info.attention, 3), width=info.step,
            yaxis=yaxis, marker={"color": colors.accent, "line": {"width": 0}},
            hovertemplate="%{y:.1f} times an even share at %{x:.2f} s<extra></extra>",
        )  # fmt: skip
    if name == "log-mel":
        step = info.seconds / info.spectrum.shape[1]
        return go.Heatmap(
            z=np.round(info.spectrum, 1), zmin=float(np.median(info.spectrum)), x0=step / 2, dx=step,
            yaxis=yaxis, showscale=False, colorscale=colorscale(colors.sequential),
            hovertemplate="band %{y}, %{x:.2f} s: %{z:.1f}<extra></extra>",
        )  # fmt: skip
    shared = {"x0": info.step / 2, "dx": info.step, "yaxis": yaxis, "showscale": False, "hoverongaps": False}
    if name == "state":
        limit = float(np.nanmax(np.abs(info.states), initial=1e-6))
        return go.Heatmap(
            z=_with_gaps(info.states), zmin=-limit, zmax=limit, colorscale=colorscale(colors.diverging),
            hovertemplate="unit %{y}, %{x:.2f} s: %{z:.2f}<extra></extra>", **shared,
        )  # fmt: skip
    return go.Heatmap(
        z=_with_gaps(info.probabilities), zmin=0, zmax=1, colorscale=colorscale(colors.sequential), ygap=1,
        text=[[label] * info.probabilities.shape[1] for label in info.labels],
        hovertemplate="%{text}: %{z:.0%} at %{x:.2f} s<extra></extra>", **shared,
    )  # fmt: skip


def _with_gaps(values: Values) -> list[list[float | None]]:
    """Rounded numbers with None where there is none: JSON has no NaN."""
    return [[None if np.isnan(value) else round(float(value), 2) for value in row] for row in values]


def journey_sentence(info: Journey) -> str:
    """What the figure shows, in words."""
    said = [f"“{answer}” from {start:.2f} to {end:.2f} s" for start, end, answer in info.windows]
    return f"A recording of {info.seconds:.1f} s; the network heard {joined(said)}. Five rows share one time axis."
