"""The 2-3-1 network of one step of learning: what is known so far, and what the sub-step is about."""

from __future__ import annotations

from core.lessons.backprop import HIDDEN, INPUTS
from core.lessons.backprop_substeps import Trace
from core.plots import svg
from core.plots.neuron import signed

WIDTH, HEIGHT = 470, 336
_PLACES = {"x1": (36, 112), "x2": (36, 232), "h1": (206, 62), "h2": (206, 172), "h3": (206, 282), "y": (342, 172)}
_RADIUS = 25


def step_diagram(trace: Trace, step: int) -> str:
    """The network after so many sub-steps, as SVG. Blue: values. Orange: gradients."""
    known, focus = trace.known(step), set(trace.steps[step].focus)
    parts = []
    for i in INPUTS:
        for j in HIDDEN:
            parts += _connection(trace, known, focus, f"x{i}", f"h{j}", f"w{j}{i}", 0.7)
    for j in HIDDEN:
        parts += _connection(trace, known, focus, f"h{j}", "y", f"v{j}", 0.4)
    for name in _PLACES:
        parts += _neuron(trace, known, focus, name)
    parts += _bias(trace, known, "h1", "b1") + _bias(trace, known, "h2", "b2") + _bias(trace, known, "h3", "b3")
    parts += _bias(trace, known, "y", "c") + _loss(trace, known, focus)
    return svg.svg(WIDTH, HEIGHT, parts)


def step_sentence(trace: Trace, step: int) -> str:
    """What the diagram shows, in words."""
    now = trace.steps[step]
    made = ", ".join(f"{_spoken(name)} {signed(trace.values[name], 4)}" for name in now.makes)
    return f"{now.title}: {made}."


def _spoken(name: str) -> str:
    if name.startswith("new_"):
        return f"new {name[4:]}"
    return f"∂L/∂{name[1:]}" if name.startswith("d") else name


def _connection(
    trace: Trace, known: set[str], focus: set[str], start: str, end: str, weight: str, where: float
) -> list[str]:
    (x1, y1), (x2, y2) = _PLACES[start], _PLACES[end]
    is_focus = f"{start}-{end}" in focus
    value = trace.values[f"new_{weight}" if f"new_{weight}" in known else weight]
    x, y = x1 + (x2 - x1) * where, y1 + (y2 - y1) * where
    has_gradient = f"d{weight}" in known
    parts = [
        svg.line(
            x1, y1, x2, y2, role="accent" if is_focus else "quiet", width=1 + min(abs(value), 4),
            dash="" if value >= 0 else "7 5",
        ),
        svg.box(x - 21, y - (13 if has_gradient else 8), 42, 26 if has_gradient else 16, stroke="none", radius=4),
        svg.text(x, y - (6 if has_gradient else 0), signed(value), size=13, bold=f"new_{weight}" in known),
    ]  # fmt: skip
    if has_gradient:
        parts.append(svg.text(x, y + 7, signed(trace.values[f"d{weight}"], 3), role="second", size=12))
    return parts


def _neuron(trace: Trace, known: set[str], focus: set[str], name: str) -> list[str]:
    x, y = _PLACES[name]
    is_focus = name in focus
    value = signed(trace.values[name], 3) if name in known else "?"
    parts = [
        svg.circle(x, y, _RADIUS, stroke="accent" if is_focus else "muted", width=3 if is_focus else 1.2),
        svg.text(x, y - 10, name, role="muted", size=11),
        svg.text(x, y + 5, value, size=14, bold=name in known, role="text" if name in known else "muted"),
    ]
    sum_name = "z" if name == "y" else f"z{name[1]}"
    if name[0] != "x" and sum_name in known:
        parts.append(svg.text(x, y + 18, f"z {signed(trace.values[sum_name])}", role="muted", size=10))
    gradient = next((g for g in (f"d{sum_name}", f"d{name}") if g in known), None)
    if name[0] != "x" and gradient:
        words = f"∂L/∂{gradient[1:]} {signed(trace.values[gradient], 3)}"
        parts.append(svg.text(x, y + 36, words, role="second", size=12))
    return parts


def _bias(trace: Trace, known: set[str], neuron: str, name: str) -> list[str]:
    x, y = _PLACES[neuron]
    value = trace.values[f"new_{name}" if f"new_{name}" in known else name]
    parts = [
        svg.text(x - 3, y - 36, f"{name} {signed(value)}", size=12, anchor="end" if f"d{name}" in known else "middle")
    ]
    if f"d{name}" in known:
        parts.append(
            svg.text(x + 3, y - 36, signed(trace.values[f"d{name}"], 3), role="second", size=12, anchor="start")
        )
    return parts


def _loss(trace: Trace, known: set[str], focus: set[str]) -> list[str]:
    is_focus = "L" in focus
    value = signed(trace.values["L"], 4) if "L" in known else "?"
    parts = [
        svg.line(368, 172, 394, 172, role="muted", arrow=True),
        svg.box(
            396, 148, 70, 48, fill="soft", stroke="accent" if is_focus else "quiet", line_width=3 if is_focus else 1
        ),
        svg.text(431, 161, "loss L", role="muted", size=11),
        svg.text(431, 179, value, bold=True, size=14),
        svg.text(431, 132, f"target {signed(trace.values['t'], 1)}", role="muted", size=12),
    ]
    if "new_L" in known:
        parts.append(svg.text(431, 210, f"now {signed(trace.values['new_L'], 4)}", role="accent", size=12, bold=True))
    return parts
