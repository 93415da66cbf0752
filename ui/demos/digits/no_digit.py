"""What stands in the place of the answer where the drawing does not look like a digit, and how that is told."""

import streamlit as st

from core.demos.digits.config import GATE
from core.demos.digits.reader import Reading
from core.plots.words import certainty, percent
from ui.widgets.verdict import verdict


def show(reading: Reading, nearest: str, *, truth: tuple[bool, str] | None) -> None:
    """That it is none and how sure that is; the nearest digit stays in sight, more quietly."""
    assert reading.probabilities is not None
    assert reading.likeness is not None
    verdict(
        "This does not look like a digit",
        1 - reading.likeness,
        certainty(1 - reading.likeness),
        milliseconds=reading.milliseconds,
        size=1.75,
        is_sure=False,
        truth=truth,
    )
    st.caption(
        f"The nearest digit is **{nearest}**, with {percent(max(reading.probabilities))}: this network has ten answers "
        "and shares all of its probability out among them, whatever it is shown. If you meant a digit, draw it more "
        "plainly."
    )
    with st.popover("How that is told", icon=":material/help:"):
        st.markdown(_explanation())


def _explanation() -> str:
    """How the gate works and what it was measured on, from its card."""
    figures = GATE.card["figures"]
    rejected = [f"| {figure['set']} | {figure['rejected']:.1f} % |" for figure in figures if "rejected" in figure]
    lost = [f"| {figure['set']} | {figure['lost']:.1f} % |" for figure in figures if "lost" in figure]
    return "\n".join(
        [
            "A second, small network looks at the same 28×28 picture and says how much it is like a digit, whichever "
            "network answers. It has learned from digits, and from letters, signs, drawings, clothes, noise, scribbles "
            "and photos (outlier exposure, Hendrycks et al. 2019). The line is drawn where about one digit in a "
            "hundred is lost. Measured on what it had never seen:",
            *("", "| No digits | told apart |", "|---|---|", *rejected),
            *("", "| Digits | lost |", "|---|---|", *lost),
            *("", "Neither counts the letters o, l, i, z, s, b, q and g, which may be digits."),
        ]
    )
