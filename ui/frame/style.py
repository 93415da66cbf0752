"""What the theme cannot say: whether the page is dark, and a few lines of global CSS."""

import streamlit as st

from core.plots.template import DARK, LIGHT

# Tabular figures, so that numbers that change do not wobble; the same in charts. The text of primary buttons is
# white by default, which has a contrast of 2.3:1 on the dark theme's accent. A drawing canvas has one size, and a
# column narrower than that would cut it off.
_CSS = """
<style>
  .stApp, .stApp .js-plotly-plot text { font-variant-numeric: tabular-nums; }
  [data-testid^="stBaseButton-primary"]:not(:disabled) {
    color: light-dark(#ffffff, #0d1114);
  }
  [data-testid="stColumn"]:has([class*="st-key-"][class*="-canvas-"]) { min-width: 282px; }
</style>
"""


def is_dark() -> bool:
    """Whether the reader's page was dark when this run of it was asked for: a switch shows with the next run."""
    return st.context.theme.type == "dark"


def apply_style() -> None:
    """Add the global CSS; call it once a page run, from the navigation."""
    st.html(_CSS)


def palette_css(selector: str) -> str:
    """The palette as CSS variables that follow the reader's mode by themselves, for components that draw."""
    roles = ("text", "muted", "grid", "quiet", "accent", "second")
    pairs = {role: (getattr(LIGHT, role), getattr(DARK, role)) for role in roles}
    pairs["paper"] = (LIGHT.background, DARK.background)
    pairs["soft"] = (LIGHT.sequential[0], DARK.sequential[0])
    declared = "".join(f"--{role}: light-dark({light}, {dark});" for role, (light, dark) in pairs.items())
    return f"{selector} {{ {declared} }}\n"
