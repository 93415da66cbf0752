"""The views of a demo page (Try, Train, …): a control that stands in the address as `view=`."""

from collections.abc import Mapping

import streamlit as st

from core.contract import Task


def view_picker(task: Task, views: Mapping[str, str]) -> str:
    """The chosen view. An address that names a run opens Train; one that names an unknown view says so."""
    key = f"{task.name}.view"
    if key not in st.session_state:
        st.session_state[key] = _from_address(views)
    chosen = st.segmented_control(
        "View", list(views), required=True, format_func=views.__getitem__, key=key, label_visibility="collapsed"
    )
    assert chosen is not None
    st.query_params["view"] = chosen
    return chosen


def go_to(task: Task, view: str) -> None:
    """Show another view in the next run of the page; for callbacks."""
    st.session_state[f"{task.name}.view"] = view


def _from_address(views: Mapping[str, str]) -> str:
    default = "train" if "run" in st.query_params and "train" in views else next(iter(views))
    wanted = st.query_params.get("view", default)
    if wanted not in views:
        st.warning(f"There is no view “{wanted}” here; the views are {', '.join(views)}.", icon=":material/link_off:")
        return default
    return wanted
