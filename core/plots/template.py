"""The one look of all figures: palettes for light and dark, fonts, margins, axes. No figure is made here.

Colours are set in the figure, for the mode it is shown in, so that it looks the same wherever it is drawn
(`st.plotly_chart(..., theme=None)` or the live chart). `.streamlit/config.toml` repeats the few that the page shares.

Categories: Okabe and Ito, "Color Universal Design" (2008), https://jfly.uni-koeln.de/color/.
Sequential and diverging scales: equal steps of lightness in Oklab (Ottosson 2020,
https://bottosson.github.io/posts/oklab/), from the page's own background through the accent.
"""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

FONT = '"Source Sans", "Source Sans 3", system-ui, sans-serif'  # the page's family; Streamlit brings it along
FONT_SIZE = 13  # px
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px,2px,1px,2px")
CHART_HEIGHT = 300  # px, so that charts in a row have one height

# For `st.plotly_chart(..., config=CONFIG)`: no buttons on the figure, a double click goes back to the whole.
CONFIG: dict[str, Any] = {"displayModeBar": False, "displaylogo": False, "doubleClick": "reset", "responsive": True}


@dataclass(frozen=True)
class Palette:
    """Colours of one mode, as "#rrggbb". Text colours have a contrast of at least 4.5:1 on `background`."""

    background: str
    text: str
    muted: str  # axis labels, notes
    grid: str
    quiet: str  # bars and lines that are there but not the point
    accent: str
    second: str  # beside the accent, always dashed as well
    series: tuple[str, ...]
    sequential: tuple[str, ...]  # from nothing to much
    diverging: tuple[str, ...]  # from negative over nothing to positive


LIGHT = Palette(
    background="#fcfcfb",
    text="#1b1f23",
    muted="#5a636c",
    grid="#e8ebed",
    quiet="#c5ccd3",
    accent="#0072b2",
    second="#bf5000",  # vermillion, darkened until small text in it can be read
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#1b1f23"),
    sequential=(
        "#f1f4f6", "#c1dcf0", "#91c4e9", "#68abda", "#4491c8", "#1377b6", "#005e94", "#004671", "#00304f",
    ),
    diverging=(
        "#7a3200", "#b54f00", "#e17c3c", "#f2b990", "#f3f4f4", "#9bc9ea", "#529bcf", "#006caa", "#00416a",
    ),
)  # fmt: skip

DARK = Palette(
    background="#111417",
    text="#e8eaec",
    muted="#9ba4ae",
    grid="#262b30",
    quiet="#434b54",
    accent="#56b4e9",
    second="#eba71c",  # orange, a shade apart from the series' so that `twins` is exact
    series=("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#e8eaec"),
    sequential=(
        "#1b1f24", "#1f374c", "#1c5178", "#0b6ba6", "#2688c4", "#47a5dd", "#77c2ee", "#b0dbf7", "#e6f5ff",
    ),
    diverging=(
        "#ffdcc2", "#f4924d", "#be5c18", "#703e23", "#1f2327", "#1f5278", "#2385c2", "#69bcec", "#d3ecfc",
    ),
)  # fmt: skip


def palette(dark: bool) -> Palette:
    """Colours of the mode."""
    return DARK if dark else LIGHT


def twins(dark: bool) -> dict[str, str]:
    """Each colour of the mode → the colour that has its role in the other mode, to recolour a finished figure."""
    return dict(zip(_flat(palette(dark)), _flat(palette(not dark)), strict=True))


def _flat(colors: Palette) -> list[str]:
    values = dataclasses.astuple(colors)
    return [color for value in values for color in ((value,) if isinstance(value, str) else value)]


def colorscale(colors: tuple[str, ...]) -> list[tuple[float, str]]:
    """Plotly colour scale with the colours at equal distances."""
    return [(index / (len(colors) - 1), color) for index, color in enumerate(colors)]


def style(fig: go.Figure, *, dark: bool, height: int = CHART_HEIGHT, uirevision: str = "") -> go.Figure:
    """Give a figure the look of the project, in place; what the figure sets itself stays.

    Args:
        height: of the whole figure, in px; the width follows the container.
        uirevision: as long as it stays the same, zoom survives new data (https://plotly.com/python/uirevision).

    Returns:
        The same figure.
    """
    return fig.update_layout(**look(dark=dark, height=height, uirevision=uirevision))


def look(*, dark: bool, height: int = CHART_HEIGHT, uirevision: str = "") -> dict[str, Any]:
    """What `style` gives a figure, for a layout that is made in one piece."""
    return {"template": _template(palette(dark)), "height": height, "uirevision": uirevision, "autosize": True}


@functools.cache
def _template(colors: Palette) -> go.layout.Template:
    font = {"family": FONT, "size": FONT_SIZE, "color": colors.text}
    axis = {
        "gridcolor": colors.grid,
        "linecolor": colors.grid,
        "zeroline": False,
        "ticks": "",
        "ticklabelstandoff": 4,
        "tickfont": {"color": colors.muted, "size": 12},
        "title": {"font": {"color": colors.muted, "size": 12}, "standoff": 8},
        "automargin": False,
    }
    return go.layout.Template(
        layout={
            "font": font,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": colors.series,
            "margin": {"l": 44, "r": 16, "t": 16, "b": 40, "pad": 0},
            "showlegend": False,
            "hoverlabel": {
                "bgcolor": colors.background,
                "bordercolor": colors.grid,
                "font": {"family": FONT, "size": FONT_SIZE, "color": colors.text},
            },
            "xaxis": {**axis, "showgrid": False},
            "yaxis": axis,
            "annotationdefaults": {"showarrow": False, "font": {"size": FONT_SIZE}},
        }
    )
