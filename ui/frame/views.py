"""The views of a demo page (Try, Train, …): a control that stands in the address as `view=`."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from core.contract import Task
from ui.frame import address
from ui.frame.state import record
from ui.frame.words import plain


@dataclass
class _Shown:
    """What this session was shown last of a demo, and what stood in the address then: the view, and the run."""

    last: str | None = None
    written: tuple[str | None, str | None] | None = None


def view_picker(task: Task, views: Mapping[str, str]) -> str:
    """The chosen view. An address that names a run opens Train; one that names an unknown view says so.

    A link to the page that is already open changes the address and nothing else, so an address that this control has
    not written itself counts for more than what was chosen before.
    """
    key, shown = f"{task.name}.view", record(_Shown, task.name)
    given = (st.query_params.get("view"), st.query_params.get("run"))
    if st.session_state.get(key) is None or shown.written != given:  # None: from a page that was left
        st.session_state[key] = _from_address(views, last=shown.last)
    chosen = st.segmented_control(
        "View", list(views), required=True, format_func=views.__getitem__, key=key, label_visibility="collapsed"
    )
    assert chosen is not None
    address.write({"view": chosen})
    shown.last, shown.written = chosen, (chosen, st.query_params.get("run"))
    return chosen


def go_to(view: str) -> None:
    """Show another view in the next run of the page; for callbacks."""
    address.write({"view": view})


def _from_address(views: Mapping[str, str], *, last: str | None) -> str:
    default = "train" if "run" in st.query_params and "train" in views else last or next(iter(views))
    wanted = st.query_params.get("view", default)
    if wanted not in views:
        named = plain(f"There is no view “{wanted[:40]}” here; the views are {', '.join(views)}.")
        st.warning(named, icon=":material/link_off:")
        return default
    return wanted
