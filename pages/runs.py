"""Runs: every run of this server. Find, open, rename, delete, stop, resume, extend and compare them."""

import streamlit as st

from ui.frame import address
from ui.frame.demo_pages import run_page, shown, with_page
from ui.frame.errors import show_error
from ui.frame.links import page_path, run_query
from ui.frame.services import run_or_say, store
from ui.frame.state import record
from ui.runs import run_list
from ui.runs.compare import compare_view
from ui.runs.run_filter import clear_filter, find, run_filter


def show() -> None:
    """Draw the page: one comparison, or the list."""
    st.title("Runs", anchor=False)
    st.markdown(":gray[Every training on this server, whoever started it. It goes on when its page is closed.]")
    if "run" in st.query_params:
        _open(st.query_params["run"])
    if "compare" in st.query_params:
        compare_view(st.query_params["compare"])
        return
    run_list.show_notices()
    if store().find(limit=1):
        _list()
    else:
        _invitation()
    run_list.show_deleted()


def _open(run_id: str) -> None:
    """Go to the run that the address names; one that does not exist is said."""
    run = run_or_say(run_id)
    if run is None:
        return
    if run.task in shown():
        st.switch_page(run_page(run.task), query_params=run_query(run.id))
    show_error(f"Run {run.id} belongs to the demo “{run.task}”, which is not here.", icon="search_off")


def _list() -> None:
    runs = find(run_filter())
    with st.container(horizontal=True, vertical_alignment="center"):
        hint = f" :gray[· tick 2 to {run_list.MAX_COMPARED} to compare them]" if len(runs) > 1 else ""
        st.markdown(f"{len(runs)} run{'' if len(runs) == 1 else 's'}{hint}", width="content")
        st.space("stretch")
        _compare_button()
    if runs:
        run_list.show_rows(runs)
        run_list.watch(runs)
        return
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown("No run passes this filter.", width="content")
        st.button("Show all runs", icon=":material/filter_alt_off:", on_click=clear_filter, key="runs.clear")


def _compare_button() -> None:
    chosen = record(run_list.Ticked).run_ids
    if chosen:
        st.button("Untick all", type="tertiary", key="runs.untick", on_click=run_list.forget_chosen)
    pressed = st.button(
        f"Compare {len(chosen)} runs" if len(chosen) > 1 else "Compare",
        icon=":material/compare_arrows:",
        disabled=len(chosen) < 2,
        key="runs.compare",
        help=f"Tick 2 to {run_list.MAX_COMPARED} runs to see their curves on one axis.",
    )
    if pressed:
        address.write({"compare": ",".join(chosen)})
        st.rerun()


def _invitation() -> None:
    with st.container(border=True, horizontal_alignment="center", gap="medium"):
        st.space("small")
        st.markdown("#### No run yet", width="content")
        st.markdown("Train a network: it appears here, and you can find, compare, resume and extend it.")
        if st.button("Train a network", icon=":material/tune:", type="primary", key="runs.start"):
            st.switch_page(page_path(next(iter(with_page()))), query_params={"view": "train"})
        st.space("small")


show()
