"""Diagrams as SVG text: circles, lines, boxes and words, named by role. The page gives the roles their colours.

Roles are CSS classes of `ui/widgets/diagram.py`: "accent", "second", "quiet", "muted", "text", "paper", "soft".
"""

from __future__ import annotations

import html


def svg(width: float, height: float, parts: list[str]) -> str:
    """A whole drawing of so many units; on the page it is scaled to the width it gets."""
    size = 'refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"'
    arrow = f'<marker id="head" viewBox="0 0 8 8" {size}>'
    head = f'<defs>{arrow}<path d="M0 0.5 L7.5 4 L0 7.5 z" class="fill-muted"/></marker></defs>'
    return f'<svg viewBox="0 0 {width:g} {height:g}" xmlns="http://www.w3.org/2000/svg">{head}{"".join(parts)}</svg>'


def text(
    x: float, y: float, words: str, *, role: str = "text", size: float = 14, anchor: str = "middle", bold: bool = False
) -> str:
    """Words whose middle line is at y."""
    weight = ' font-weight="650"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" class="fill-{role}" font-size="{size:g}" text-anchor="{anchor}" '
        f'dominant-baseline="central"{weight}>{html.escape(words)}</text>'
    )


def circle(x: float, y: float, radius: float, *, fill: str = "paper", stroke: str = "muted", width: float = 1.5) -> str:
    """A neuron."""
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" class="fill-{fill} stroke-{stroke}" stroke-width="{width:g}"/>'
    )


def line(
    x1: float, y1: float, x2: float, y2: float, *, role: str = "quiet", width: float = 1.5, dash: str = "",
    arrow: bool = False,
) -> str:  # fmt: skip
    """A connection, with a head at its end if it is an arrow."""
    more = (f' stroke-dasharray="{dash}"' if dash else "") + (' marker-end="url(#head)"' if arrow else "")
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="stroke-{role}" stroke-width="{width:g}"'
        f' stroke-linecap="round"{more}/>'
    )


def path(d: str, *, role: str = "muted", width: float = 1.5, dash: str = "", arrow: bool = False) -> str:
    """A curve, from SVG path commands."""
    more = (f' stroke-dasharray="{dash}"' if dash else "") + (' marker-end="url(#head)"' if arrow else "")
    return f'<path d="{d}" class="stroke-{role}" fill="none" stroke-width="{width:g}"{more}/>'


def box(
    x: float, y: float, width: float, height: float, *, fill: str = "paper", stroke: str = "muted",
    line_width: float = 1.5, radius: float = 6,
) -> str:  # fmt: skip
    """A rectangle with round corners."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" '
        f'class="fill-{fill} stroke-{stroke}" stroke-width="{line_width:g}"/>'
    )
