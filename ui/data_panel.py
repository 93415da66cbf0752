"""Whether the chosen data set is on this machine; if not, a download with progress, cancel and retry."""

import streamlit as st

from core.data import sources, transfer
from core.knobs import Config
from core.settings import data_folder
from ui.words import duration, size


def show(config: Config) -> bool:
    """Nothing where the data is here; otherwise how to get it. Returns whether it is here."""
    name = getattr(config, "data", None)
    if name is None or sources.is_here(name):
        return True
    _panel(name)
    return False


@st.fragment(run_every=1.0)
def _panel(name: str) -> None:
    if sources.is_here(name):
        st.rerun(scope="app")
    source = sources.find(name)
    with st.container(border=True):
        st.markdown(f"**{source.label} is not on this machine yet.** {source.sentence} {source.licence}")
        latest = transfer.latest(name)
        state = latest.state() if latest else None
        if latest is not None and state is not None and state.status == "running":
            left = f" · {duration(state.seconds_left)} left" if state.seconds_left is not None else ""
            share = state.done_bytes / max(state.total_bytes, 1)
            st.progress(min(share, 1.0), f"{state.message} · {size(state.bytes_per_second)}/s{left}")
            st.button("Cancel", icon=":material/close:", on_click=latest.cancel, key="download.cancel")
            return
        if state is not None and state.status in ("failed", "cancelled"):
            (st.error if state.status == "failed" else st.info)(state.message, icon=":material/cloud_off:")
        label = "Try again" if state is not None else f"Download ({size(source.num_bytes)})"
        st.button(label, icon=":material/download:", on_click=_start, args=(name,), key="download.start")
        st.caption(
            f"Without internet: put the files into `{data_folder() / source.folder}` on the server, or choose the "
            "5,000 MNIST digits, which are always here."
        )


def _start(name: str) -> None:
    transfer.start(name)  # what goes wrong is in the state of the transfer
