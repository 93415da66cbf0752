"""The copy of a model that learns to resist attacks: started with one click, found again on return."""

from dataclasses import dataclass

import streamlit as st

from core import demos
from core.demos.digits.config import DigitsConfig
from core.demos.digits.cost import num_examples
from core.demos.digits.resisting import EPSILON, RELEASE_COPY, copy_config
from core.runs.records import Run
from ui.frame.demo_pages import run_link
from ui.frame.errors import action, show_click_error
from ui.frame.services import config_of, store
from ui.frame.words import duration, plain
from ui.runs import readers
from ui.runs.live import live_part, show_progress
from ui.runs.start import start_run
from ui.runs.train import expected


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
    config: DigitsConfig = config_of(run)
    if config.adversarial:
        return None
    copied = copy_config(config, phases=run.phases)
    words = f"The same settings and the same seed, {copied.epochs} epochs"
    return Plan(copied, run.id, f"{run.title}, resists ε {EPSILON:g}", words)


def show(plan: Plan, copy: Run | None) -> None:
    """The button that trains the copy, how far it is, or where it is."""
    if copy is None:
        _offer(plan)
    elif not copy.is_over:
        live_part(_progress, copy)(copy)
        run_link(copy, "Watch it learn", icon=":material/open_in_new:")
    elif copy.state == "completed":
        st.caption("The copy has learned this attack, in one step; attacks of many small steps still find more.")
        run_link(copy, "Open the copy", icon=":material/open_in_new:")
    else:
        st.warning(plain(f"The copy is {copy.state}. {copy.reason}"), icon=":material/info:")
        run_link(
            copy, "Open it, to resume it there" if copy.state == "stopped" else "Open it", icon=":material/open_in_new:"
        )
        if copy.state == "failed":
            _offer(plan)


def _offer(plan: Plan) -> None:
    action("copy", f"Train a copy that resists (ε {EPSILON:g})", "shield", _start, plan, key="copy.start")
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
    show_progress(run, whose="The copy: ")
