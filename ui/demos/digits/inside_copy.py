"""The copy of a model that learns to resist attacks: started with one click, found again on return."""

from dataclasses import dataclass

import streamlit as st

from core import demos
from core.demos.digits.config import DigitsConfig
from core.demos.digits.cost import num_examples
from core.demos.digits.resisting import EPSILON, RELEASE_COPY, copy_config
from core.knobs import from_json, to_json
from core.runs.records import Run
from ui.frame.errors import attempt, show_click_error
from ui.frame.links import page_path, run_query
from ui.frame.services import store
from ui.frame.words import duration, plain, standing
from ui.runs import readers
from ui.runs.live import live_part
from ui.runs.start import start_run
from ui.runs.train import expected

FIRST = ("completed", "running", "queued", "stopped", "failed")  # which of several copies is shown


@dataclass(frozen=True)
class Plan:
    """The training that makes a copy."""

    config: DigitsConfig
    parent: str | None  # run that is copied; None: the release model
    title: str
    words: str  # how the copy is trained


def plan(model_id: str) -> Plan | None:
    """How a model's copy is trained; None for a model that has itself learned from adversarial examples."""
    if model_id == readers.RELEASE:
        num_images = num_examples(RELEASE_COPY)
        words = f"The release weights learn on for {RELEASE_COPY.epochs} epochs from {num_images:,} MNIST digits"
        return Plan(RELEASE_COPY, None, f"Release model, resists ε {EPSILON:g}", words)
    run = store().get(model_id)
    config, _ = from_json(DigitsConfig, run.config)
    if config.adversarial:
        return None
    copied = copy_config(config, phases=run.phases)
    words = f"The same settings and the same seed, {copied.epochs} epochs"
    return Plan(copied, run.id, f"{run.title}, resists ε {EPSILON:g}", words)


def find(plan: Plan) -> Run | None:
    """The run that a plan has become, the one that got farthest; whoever started it: the same config, the same run."""
    copies = store().find(task="digits", config=to_json(plan.config))
    return min(copies, key=lambda run: FIRST.index(run.state), default=None)


def show(plan: Plan, copy: Run | None) -> None:
    """The button that trains the copy, how far it is, or where it is."""
    if copy is None:
        _offer(plan)
    elif not copy.is_over:
        live_part(_progress, copy)(copy)
        _link(copy, "Watch it learn")
    elif copy.state == "completed":
        st.caption("The copy has learned this attack, in one step; attacks of many small steps still find more.")
        _link(copy, "Open the copy")
    else:
        st.warning(plain(f"The copy is {copy.state}. {copy.reason}"), icon=":material/info:")
        _link(copy, "Open it, to resume it there" if copy.state == "stopped" else "Open it")
        if copy.state == "failed":
            _offer(plan)


def _offer(plan: Plan) -> None:
    st.button(
        f"Train a copy that resists (ε {EPSILON:g})",
        icon=":material/shield:",
        on_click=attempt,
        args=("copy", _start, plan),
        key="copy.start",
    )
    seconds = expected(demos.task("digits"), plan.config).seconds
    st.caption(
        f"About {duration(seconds)} on this machine. {plan.words}, and half of the loss on each batch attacked with "
        f"ε = {EPSILON:g} (Goodfellow et al. 2015). The page may be left."
    )
    show_click_error("copy")


def _start(plan: Plan) -> None:
    start_run(demos.task("digits"), plan.config, parent=plan.parent, title=plan.title)


def _progress(shown: Run) -> None:
    run = store().get(shown.id)
    if run.is_over:
        st.rerun(scope="app")
    step, total = (run.progress.step, run.progress.total_steps) if run.progress else (0, 0)
    said = standing(run) if run.status == "training" else f"{run.status or 'waiting in the queue'} …"
    st.progress(min(step / total, 1.0) if total else 0.0, f"The copy: {said}")


def _link(run: Run, label: str) -> None:
    st.page_link(page_path("digits"), label=label, icon=":material/open_in_new:", query_params=run_query(run.id))
