"""Step by step: pause a run, do single steps of D, of G or of both, and see what each of them changed."""

import numpy as np
import streamlit as st

from core import demos
from core.contract import BOTH, Commanded
from core.demos.generator.network import IMAGE_SIDE
from core.demos.generator.pictures import Pixels, read_sheet_text
from core.plots import pictures
from core.plots.words import number, percent
from core.runs.records import Run
from ui.frame.errors import action, show_click_error
from ui.frame.services import store
from ui.frame.style import is_dark
from ui.runs import pins
from ui.runs.live import live_part, told
from ui.widgets.pictures import picture

STEPS = (
    ("discriminator", 1, "1 step of D"),
    ("generator", 1, "1 step of G"),
    (BOTH, 10, "10 steps of both"),
)
CLICKS = "hand"  # the buttons here, whose errors are shown under them
FIXED = "fixed"  # key of what every run draws again and again
NUM_SHOWN = 10  # of those
WIDTH = 560  # px of ten pictures


def section(run: Run) -> None:
    """Under the curves of a run: the buttons while it goes on, and what the last step by hand changed."""
    live_part(_section, run)(run)


def _section(shown: Run) -> None:
    run = store().get(shown.id)
    done = told(run, Commanded)
    if run.is_over and not done:
        return
    st.subheader("Step by step", anchor=False)
    if not run.is_over:
        _buttons(run)
    if done:
        _changed(run, done[-1])
    elif run.command is not None:
        st.caption("Choose a step: its pictures, before and after, and what it did to both losses are shown here.")


def _buttons(run: Run) -> None:
    if run.command is None:
        action(CLICKS, "Pause", "pause", store().command, run.id, key="hand.pause")
        st.caption("A paused run does single steps, of D or of G alone too, and then goes on from there.")
        return
    with st.container(horizontal=True):
        for part, steps, label in STEPS:
            icon = "skip_next" if steps == 1 else "fast_forward"
            action(CLICKS, label, icon, store().command, run.id, part, steps, key=f"hand.{part}")
        action(CLICKS, "Go on", "play_arrow", store().go_on, run.id, key="hand.go", type="primary")
    show_click_error(CLICKS)


def _changed(run: Run, event: Commanded) -> None:
    label = next(text for part, _, text in STEPS if part == event.command["part"])
    st.markdown(f"**What {label} changed, after step {event.step:,} of the plan**")
    left, right = st.columns([3, 4], gap="large")
    with left:
        _losses(event)
    with right:
        names = [name for name in event.after["pictures"] if name != FIXED]
        if names:
            _own(event, *pins.chosen(run, names))
        _same_numbers(event)
    st.caption(
        f"{_moved_sentence(event)} Losses and accuracies are of the same validation pictures and the same random "
        "numbers each time, without the penalty; pictures are drawn by G itself, whose average hardly moves in a step."
    )


def _losses(event: Commanded) -> None:
    before, after = event.before["losses"], event.after["losses"]
    said = {metric.name: metric for metric in demos.task("generator").metrics}
    st.table(
        [
            {
                "": said[name].label,
                "Before": number(before[name], said[name].unit),
                "After": number(after[name], said[name].unit),
                "Change": f"{after[name] - before[name]:+.3f}".replace("-", "\N{MINUS SIGN}"),
            }
            for name in after
        ]
    )


def _pair(event: Commanded, key: str) -> tuple[Pixels, Pixels]:
    first, last = (
        read_sheet_text(looked["pictures"][key], side=IMAGE_SIDE)[:NUM_SHOWN] for looked in (event.before, event.after)
    )
    return first, last


def _own(event: Commanded, name: str, whose: pins.Whose) -> None:
    before, after = (images[0] / 255 for images in _pair(event, name))
    names = ["before", "after", "what changed"]
    st.markdown("**Your picture**" if whose != "visitor" else "**The picture that another visitor chose**")
    st.image(
        pictures.gallery([before, after, _difference(before, after)], names, columns=3, dark=is_dark()),
        width=pictures.gallery_width(3, columns=3),
        alt=f"The chosen picture before and after, and the difference of both, which is {_moved(before, after)}",
    )


def _same_numbers(event: Commanded) -> None:
    before, after = (np.concatenate(list(images), axis=1) / 255 for images in _pair(event, FIXED))
    st.markdown("**The same random numbers: before, after, what changed**")
    rows = np.concatenate([before, after, _difference(before, after)])
    picture(
        rows,
        WIDTH,
        alt=f"Ten pictures before, the same after, and below them their difference, which is {_moved(before, after)}",
    )


def _difference(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How much each pixel changed, brought to full scale so that small changes are seen."""
    change = np.abs(after - before)
    full: np.ndarray = change / max(float(change.max()), 1 / 255)
    return full


def _moved(before: np.ndarray, after: np.ndarray) -> str:
    return f"{percent(float(np.abs(after - before).mean()))} of the way from paper to ink on average"


def _moved_sentence(event: Commanded) -> str:
    before, after = (images / 255 for images in _pair(event, FIXED))
    if np.array_equal(before, after):
        return "The pictures are as they were: only D has learned, and it draws nothing."
    return f"The ten pictures changed by {_moved(before, after)}; the last row shows where, at full contrast."
