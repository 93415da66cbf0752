"""The view Train of every demo: the form before a run, the live view of the run that the address names."""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from core import demos
from core.contract import Task
from core.errors import GlassboxError
from core.knobs import Config
from core.training import estimate
from ui.frame import address
from ui.frame.errors import shown_errors
from ui.frame.links import run_query
from ui.frame.services import machine_speed
from ui.frame.state import record
from ui.frame.words import duration, size
from ui.runs.live import RunParts, run_view
from ui.runs.start import start_run
from ui.widgets import data_panel
from ui.widgets.form import Form, config_form


def train_view(task: Task, parts: RunParts, *, ready: Callable[[Config], bool] = data_panel.show) -> None:
    """The run in the address, or a form to start one.

    Args:
        ready: draws what is missing for a config, and returns whether a run can start.
    """
    run_id = st.query_params.get("run")
    if run_id is not None:
        run_view(task, run_id, parts)
        return
    config = config_form(task)
    is_ready = ready(config)
    _start_row(task, config, is_ready=is_ready)


def _start_row(task: Task, config: Config, *, is_ready: bool) -> None:
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left, shown_errors() if is_ready else suppress(GlassboxError):  # what is missing has been said
        st.markdown(f":gray[{cost_sentence(task, config)}]")
    with right:
        pressed = st.button(
            "Start",
            icon=":material/play_arrow:",
            type="primary",
            width="stretch",
            disabled=not is_ready,
            key=f"{task.name}.start",
        )
    if pressed:
        form = record(Form, task.name)
        parent, form.parent = form.parent, None
        start(task, config, parent=parent)


def start(task: Task, config: Config, *, parent: str | None = None) -> None:
    """Create a run and show it; what cannot be started is said."""
    with shown_errors():
        run = start_run(task, config, parent=parent)
        address.replace(run_query(run.id))
        st.rerun(scope="app")


@st.cache_data(max_entries=200, show_spinner=False)
def _cost(name: str, config: Config, speed: estimate.Speed) -> estimate.Estimate:
    return estimate.estimate(demos.training(name), config, speed=speed)


def expected(task: Task, config: Config) -> estimate.Estimate:
    """What a run with this config will need on this machine."""
    return _cost(task.name, config, machine_speed())


def cost_sentence(task: Task, config: Config) -> str:
    """ "215,306 parameters · about 14 s on this machine · about 400 MB"."""
    cost = expected(task, config)
    return (
        f"{cost.num_parameters:,} parameters · about {duration(cost.seconds)} on this machine · "
        f"about {size(cost.bytes)} of memory"
    )
