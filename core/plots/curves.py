"""Curves of a training: one metric, training and validation on one axis; and one metric of several runs.

What the curves mean (overfitting, divergence) is said elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.contract import Evaluated, Event, Metric, Stepped
from core.plots.template import CHART_HEIGHT, DASHES, Palette, palette, style
from core.plots.words import number

MAX_POINTS = 500  # of a line: more than a screen shows, few enough to redraw four times a second
LABEL_GAP = 16  # px between the labels at the ends of lines
FLATTENED = 100  # times the median: a highest value above it would press the rest of a line onto the axis
MARGIN = {"l": 44, "r": 78, "t": 52, "b": 40}  # px; right: labels, top: title and best epoch


class Line(NamedTuple):
    """Values of a metric over epochs, thinned to at most `MAX_POINTS`."""

    x: tuple[float, ...]  # epochs
    y: tuple[float, ...]  # in the metric's unit, finite


class Curves(NamedTuple):
    """All lines of a run, by metric name."""

    train: dict[str, Line]
    validation: dict[str, Line]
    best_epoch: float | None  # of the best validation so far; None: nothing selects, or nothing was evaluated


def curves_info(events: Iterable[Event], *, select: Metric | None, max_points: int = MAX_POINTS) -> Curves:
    """Read the lines of a run from its events; values that are not finite are left out.

    Args:
        events: in order of time; only `Stepped` and `Evaluated` are read.
        select: the metric of the validation split that picks the best epoch.
    """
    train: dict[str, list[tuple[float, float]]] = {}
    validation: dict[str, list[tuple[float, float]]] = {}
    for event in events:
        if isinstance(event, Stepped | Evaluated):
            lines = train if isinstance(event, Stepped) else validation
            for name, value in event.metrics.items():
                if math.isfinite(value):
                    lines.setdefault(name, []).append((event.epoch, value))
    scored = validation.get(select.name, []) if select else []
    best = None
    if select and scored:
        sign = 1.0 if select.goal == "max" else -1.0
        best = max(scored, key=lambda point: sign * point[1])[0]
    return Curves(
        {name: thin(points, max_points) for name, points in train.items()},
        {name: thin(points, max_points) for name, points in validation.items()},
        best,
    )


def thin(points: list[tuple[float, float]], max_points: int) -> Line:
    """At most `max_points` of the points: the lowest and the highest of each bucket, so no spike is lost.

    Buckets start at the first point and only ever double in size, so a growing line does not shimmer. The last point
    is always kept.
    """
    if len(points) <= max_points:
        return _line(points)
    size = 2
    while 2 * math.ceil(len(points) / size) + 1 > max_points:
        size *= 2
    values = np.array([value for _, value in points])
    kept = {len(points) - 1}
    for start in range(0, len(points), size):
        bucket = values[start : start + size]
        kept.update((start + int(bucket.argmin()), start + int(bucket.argmax())))
    return _line([points[index] for index in sorted(kept)])


def curves_figure(
    info: Curves, metric: Metric, *, dark: bool, epochs: float | None = None, uirevision: str = "curves"
) -> go.Figure:
    """Training (solid) and validation (dashed) of one metric, the best epoch marked: three traces, always.

    Args:
        epochs: the planned end of the horizontal axis, so that a live chart fills up instead of rescaling.
        uirevision: constant for a run, so that zoom survives updates.
    """
    colors = palette(dark)
    lines = [info.train.get(metric.name, Line((), ())), info.validation.get(metric.name, Line((), ()))]
    best = _at(lines[1], info.best_epoch)
    fig = go.Figure()
    for name, line, color, dash in zip(
        ("train", "validation"), lines, (colors.accent, colors.second), ("solid", "6px,4px"), strict=True
    ):
        fig.add_trace(_trace(name, line, color=color, dash=dash, unit=metric.unit))
    fig.add_trace(
        go.Scatter(
            x=[info.best_epoch] if best is not None else [],
            y=[best] if best is not None else [],
            mode="markers",
            name="best epoch",
            hoverinfo="skip",
            marker={"size": 11, "color": colors.background, "line": {"width": 2.5, "color": colors.second}},
            cliponaxis=False,
        )
    )
    log = needs_log(lines, metric)
    _axes(fig, metric, colors, epochs=epochs, log=log, dark=dark, uirevision=uirevision)
    if best is not None:
        _mark_best(fig, info, best, metric, colors)
    labels = {"train": (lines[0], colors.accent), "validation": (lines[1], colors.second)}
    _label_ends(fig, labels, zero=metric.goal == "min", log=log)
    return fig


def compare_figure(runs: Mapping[str, Curves], metric: Metric, *, dark: bool, uirevision: str = "compare") -> go.Figure:
    """The validation curves of several runs on one axis, told apart by colour, dash and a label at their end."""
    colors = palette(dark)
    fig = go.Figure()
    labels = {}
    for index, (name, info) in enumerate(runs.items()):
        line = info.validation.get(metric.name, Line((), ()))
        color = colors.series[index % len(colors.series)]
        fig.add_trace(_trace(name, line, color=color, dash=DASHES[index % len(DASHES)], unit=metric.unit))
        labels[name] = (line, colors.text)
    log = needs_log([line for line, _ in labels.values()], metric)
    _axes(fig, metric, colors, epochs=None, log=log, dark=dark, uirevision=uirevision)
    _label_ends(fig, labels, zero=metric.goal == "min", log=log)
    fig.update_layout(margin={"r": 12 + 7 * max(map(len, runs), default=0)})
    longest = max((line.x[-1] for line, _ in labels.values() if line.x), default=0)
    for annotation in fig.layout.annotations:
        if annotation.x != longest and annotation.xref != "paper":  # other lines go on behind this label
            annotation.bgcolor = colors.background
    return fig


def needs_log(lines: Iterable[Line], metric: Metric) -> bool:
    """Whether a spike would flatten the lines of a metric without unit (a loss), so that a log axis shows more."""
    values = [value for line in lines for value in line.y]
    if metric.goal != "min" or metric.unit or not values or min(values) <= 0:
        return False
    return max(values) > FLATTENED * float(np.median(values))


def curves_sentence(info: Curves, metric: Metric) -> str:
    """The newest values in words: "Loss after epoch 3: training 0.123, validation 0.156. Best epoch: 2."."""
    words = []
    for name, lines in (("training", info.train), ("validation", info.validation)):
        line = lines.get(metric.name)
        if line:
            words.append(f"{name} {number(line.y[-1], metric.unit)} after epoch {_epoch(line.x[-1])}")
    if not words:
        return f"{metric.label}: nothing measured yet."
    best = "" if info.best_epoch is None else f" Best epoch so far: {_epoch(info.best_epoch)}."
    return f"{metric.label}: {', '.join(words)}.{best}"


def compare_sentence(runs: Mapping[str, Curves], metric: Metric) -> str:
    """The last validation value of each run in words."""
    words = []
    for name, info in runs.items():
        line = info.validation.get(metric.name)
        value = f"{number(line.y[-1], metric.unit)} after epoch {_epoch(line.x[-1])}" if line else "not evaluated yet"
        words.append(f"{name} {value}")
    return f"{metric.label} on validation: {', '.join(words)}."


def spread(positions: list[float], gap: float) -> list[float]:
    """Positions moved apart to at least `gap`, in the same order, each group staying around its centre."""
    order = sorted(range(len(positions)), key=positions.__getitem__)
    groups: list[tuple[float, int]] = []  # centre, members
    for index in order:
        groups.append((positions[index], 1))
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < gap * (groups[-1][1] + groups[-2][1]) / 2:
            (upper, many), (lower, few) = groups.pop(), groups.pop()
            groups.append(((upper * many + lower * few) / (many + few), many + few))
    placed = [centre + gap * (member - (size - 1) / 2) for centre, size in groups for member in range(size)]
    result = [0.0] * len(positions)
    for index, place in zip(order, placed, strict=True):
        result[index] = place
    return result


def _line(points: list[tuple[float, float]]) -> Line:
    return Line(tuple(x for x, _ in points), tuple(y for _, y in points))


def _at(line: Line, epoch: float | None) -> float | None:
    """The value of a line at an epoch, if it has one there."""
    return dict(zip(line.x, line.y, strict=True)).get(epoch) if epoch is not None else None


def _epoch(epoch: float) -> str:
    return f"{epoch:.2f}".rstrip("0").rstrip(".")


def _trace(name: str, line: Line, *, color: str, dash: str, unit: str) -> go.Scatter:
    return go.Scatter(
        x=line.x,
        y=line.y,
        name=name,
        mode="lines+markers" if len(line.x) == 1 else "lines",  # a single point makes no line
        line={"color": color, "width": 1.75, "dash": dash},
        marker={"size": 6},
        hovertemplate=f"{name} %{{y:.4g}}{' ' + unit if unit else ''}<extra></extra>",
    )


def _axes(
    fig: go.Figure, metric: Metric, colors: Palette, *, epochs: float | None, log: bool, dark: bool, uirevision: str
) -> None:
    """Axes and title. No range is computed here: a range that changes would throw away the reader's zoom."""
    style(fig, dark=dark, uirevision=uirevision)
    fig.update_xaxes(
        title_text="epoch",
        range=None if epochs is None else [0, epochs],
        rangemode="tozero",
        hoverformat=".2f",
        unifiedhovertitle={"text": "epoch %{x}"},
        nticks=8,
    )
    fig.update_yaxes(rangemode="tozero" if metric.goal == "min" else "normal", nticks=6, ticksuffix="")
    if log:
        fig.update_yaxes(type="log", rangemode="normal", dtick=1)
    fig.update_layout(margin=MARGIN, hovermode="x unified", dragmode="zoom")
    named = "log scale" if log else metric.unit
    unit = f" <span style='color:{colors.muted};font-weight:400'>{named}</span>" if named else ""
    fig.add_annotation(
        text=f"<b>{metric.label}</b>{unit}", x=0, xref="paper", xanchor="left", xshift=-MARGIN["l"],
        y=1, yref="paper", yanchor="bottom", yshift=26, font={"size": 15},
    )  # fmt: skip


def _mark_best(fig: go.Figure, info: Curves, best: float, metric: Metric, colors: Palette) -> None:
    """A hairline through the best epoch and its value above the axes, where no line can cross it."""
    assert info.best_epoch is not None
    end = max(line.x[-1] for line in (*info.train.values(), *info.validation.values()))
    fig.add_shape(
        type="line", x0=info.best_epoch, x1=info.best_epoch, y0=0, y1=1, yref="paper", layer="below",
        line={"color": colors.quiet, "width": 1},
    )  # fmt: skip
    early = info.best_epoch < end / 3
    fig.add_annotation(
        text=f"best: epoch {_epoch(info.best_epoch)} · {number(best, metric.unit)}",
        x=info.best_epoch, xanchor="left" if early else "center", xshift=-3 if early else 0,
        y=1, yref="paper", yanchor="bottom", yshift=4, font={"size": 12, "color": colors.muted},
    )  # fmt: skip


def _label_ends(fig: go.Figure, labels: Mapping[str, tuple[Line, str]], *, zero: bool, log: bool) -> None:
    """The name of each line at its end, moved apart where they would touch."""
    drawn = {name: (line, color) for name, (line, color) in labels.items() if line.x}
    if not drawn:
        return
    height_of: Callable[[float], float] = math.log10 if log else float  # Plotly's annotations on a log axis too
    everything = [height_of(value) for line, _ in drawn.values() for value in line.y]
    low, high = (min(*everything, 0.0) if zero and not log else min(everything)), max(everything)
    height = CHART_HEIGHT - MARGIN["t"] - MARGIN["b"]
    scale = height / ((high - low) * 1.1 or 1.0)  # px a unit; Plotly leaves about a tenth around the data
    ends = [height_of(line.y[-1]) for line, _ in drawn.values()]
    placed = spread([end * scale for end in ends], LABEL_GAP)
    for (name, (line, color)), end, place in zip(drawn.items(), ends, placed, strict=True):
        fig.add_annotation(
            text=name, x=line.x[-1], y=end, xanchor="left", yanchor="middle",
            xshift=7, yshift=place - end * scale, font={"color": color},
        )  # fmt: skip
