"""The badge that shows on every page which job is running, and when none can start."""

from contextlib import suppress

import streamlit as st

from core.errors import StorageError
from core.runs.records import Run
from ui.frame import health
from ui.frame.demo_pages import run_link
from ui.frame.fragments import fragment
from ui.frame.services import store
from ui.frame.words import plain, plain_badge, standing

HEIGHT = 44  # px


@fragment(run_every=2.0)
def show_badge() -> None:
    """Above every page, in a place that is kept free for it: the running job, that none can start, or nothing."""
    shown = st.query_params.get("run")  # the page of a run says more about it than the badge
    running: list[Run] = []
    with suppress(StorageError):  # a page that needs the runs says so; others work without them
        running = [run for run in store().find(states=["running"], limit=3) if run.id != shown]
    with st.container(horizontal=True, vertical_alignment="center", height=HEIGHT, border=False):
        if said := health.no_start():
            st.badge("training cannot start", icon=":material/warning:", color="orange", help=plain(said))
        for run in running[:1]:
            st.badge(f"{plain_badge(run.title)} · {short(run)}", icon=":material/progress_activity:", color="blue")
            run_link(run, "open")
        if len(running) > 1:
            st.caption(f"and {len(running) - 1} more", width="content")


def short(run: Run) -> str:
    """A few words on how far a run is."""
    return standing(run) if run.progress else run.status
