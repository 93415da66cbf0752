"""Train on points in the plane: what its run shows beside the curves."""

import streamlit as st

from core.contract import Previewed
from core.demos.plane.cloud import POINTS_SEED, REACH, points
from core.demos.plane.config import PlaneConfig
from core.plots.plane import plane_figure, plane_info, plane_sentence
from core.runs.records import Run
from ui.frame.services import config_of, run_of, store
from ui.frame.style import is_dark
from ui.runs.live import RunParts, live_part, told
from ui.widgets.live_chart import live_chart
from ui.widgets.preview_slider import moment

TASK = "plane"
NUM_REAL = 300  # points that are shown


def is_one(run_id: str | None) -> bool:
    """Whether a run of the address is one of these."""
    return run_of(run_id, task=TASK) is not None


def parts() -> RunParts:
    """The parts of such a run."""
    return RunParts(right=_right)


def _right(run: Run) -> None:
    live_part(_previews, run)(run)


def _previews(shown: Run) -> None:
    run = store().get(shown.id)
    drawn = [event for event in told(run, Previewed) if TASK in event.answers]
    if not drawn:
        st.caption("The first points come with the first step.")
        return
    event = drawn[moment(run, drawn)]
    config = config_of(run)
    info = plane_info(points(config, NUM_REAL, seed=POINTS_SEED), event.answers[TASK], reach=REACH)
    live_chart(plane_figure(info, dark=is_dark(), uirevision=run.id), key="plane", alt=plane_sentence(info))
    st.caption(f"After {event.step:,} steps, epoch {event.epoch:.2g}. {plane_sentence(info)}{_lines(config)}")


def _lines(config: PlaneConfig) -> str:
    match config.latent:
        case 1:
            return " The line is where G takes its one random number, from −2 to 2 standard deviations."
        case 2:
            return " The lines are a square grid of the two random numbers, from −2 to 2, as G bends it."
        case _:
            return ""
