"""The answer of a classifier: the winner large, how sure it is, whether that is right, and how long it took.

It is one piece of HTML, which the browser takes anew whenever it changes. A translator in the browser puts text into
nodes of its own; React would go on writing into the old ones, and an answer of before would stay in sight. What is
answered and how probable it is are not for translators: "negative" is the name of a class.
"""

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.plots.probabilities import probabilities_sentence, probability_bars
from core.plots.template import palette
from core.plots.words import percent
from ui.frame.style import is_dark
from ui.widgets.live_chart import live_chart

RIGHT, WRONG = "light-dark(#158237, #3dd56d)", "light-dark(#bd4043, #ff6c6c)"


def verdict(
    answer: str,
    probability: float,
    words: str,
    *,
    milliseconds: float,
    of: str = "",
    size: float,
    is_sure: bool = True,
    truth: tuple[bool, str] | None = None,
) -> None:
    """Show an answer; people who hear the page hear "Answer: 7, 98.1 %, very sure".

    Args:
        answer: the class.
        probability: of it, in [0, 1].
        words: how sure that is, or what it leans to.
        of: what the probability is of, where that is not the answer.
        size: of the answer's letters, in rem.
        is_sure: whether it stands in the accent's colour.
        truth: whether the answer is right, and that in words; None where nobody knows.
    """
    colors = palette(is_dark())
    said = f"Answer: {answer}, {percent(probability)}{f' for {of}' if of else f', {words}'}"
    parts = [f'<span translate="no"><strong>{percent(probability)}</strong> {escape(of)}</span>']
    if words:
        parts.append(f"<span>{escape(words)}</span>")
    if truth is not None:
        color, mark = (RIGHT, "✓") if truth[0] else (WRONG, "✗")
        parts.append(f'<span style="color:{color}">{mark} {escape(truth[1])}</span>')
    st.html(
        f'<div role="status" aria-label="{escape(said)}" '
        'style="display:flex;align-items:center;flex-wrap:wrap;gap:0.25rem 1rem">'
        f'<div translate="no" style="font-size:{size}rem;font-weight:650;line-height:1.1;overflow-wrap:anywhere;'
        f'color:{colors.accent if is_sure else colors.muted};min-width:3rem">{escape(answer)}</div>'
        f"<div><div>{' · '.join(parts)}</div>"
        f'<div style="color:{colors.muted}">answered in {milliseconds:.1f} ms</div></div></div>'
    )


def probability_chart(
    classes: Sequence[str], probabilities: Sequence[float], *, key: str, alt: str = "", stands: bool = True
) -> None:
    """A bar for the probability of each class, in grey where none `stands` as the answer; people who hear the page hear
    `alt` and then the likeliest."""
    sentence = f"{alt} {probabilities_sentence(classes, probabilities)}".strip()
    live_chart(probability_bars(classes, probabilities, dark=is_dark(), stands=stands), key=key, alt=sentence)
