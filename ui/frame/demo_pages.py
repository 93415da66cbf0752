"""Which demos have a page here, and where runs are shown. A run may belong to a demo that has none (any more)."""

import streamlit as st

from core import demos
from core.demo import Demo
from core.runs.records import Run
from ui.frame.links import page_exists, page_path, run_query


def with_page() -> dict[str, Demo]:
    """The demos that have a page of their own, by name, in their order."""
    return {name: demo for name, demo in shown().items() if not demo.page.name}


def shown() -> dict[str, Demo]:
    """The demos whose runs a page shows, by name, in their order."""
    everything = {name: demos.find(name) for name in demos.names()}
    return {name: demo for name, demo in everything.items() if page_exists(demo.page.name or name)}


def run_page(task_name: str) -> str:
    """Path of the page that shows the runs of a demo, one of `shown()`."""
    return page_path(demos.find(task_name).page.name or task_name)


def run_link(run: Run, label: str, *, run_id: str = "", icon: str | None = None) -> None:
    """A link to a run, or to another run of its demo; none where no page shows the runs of that demo."""
    if run.task in shown():
        st.page_link(run_page(run.task), label=label, query_params=run_query(run_id or run.id), icon=icon)
