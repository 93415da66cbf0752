"""The chip that shows on every page which job is running."""

import streamlit as st

from core.runs.records import Run
from ui import demo_pages
from ui.links import page_path, run_query
from ui.services import store
from ui.words import standing


@st.fragment(run_every=2.0)
def show_chip() -> None:
    """In the sidebar's place of every page: the running jobs, or nothing."""
    running = store().find(states=["running"], limit=3)
    pages = demo_pages.tasks()
    for run in running:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(f"{run.title} · {short(run)}", icon=":material/progress_activity:", color="blue")
            if run.task in pages:
                st.page_link(page_path(run.task), label="open", query_params=run_query(run.id))


def short(run: Run) -> str:
    """A few words on how far a run is."""
    return standing(run) if run.progress else run.status
