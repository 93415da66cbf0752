"""Whether the chosen data set is on this machine; if not, a download with progress, cancel and retry."""

import streamlit as st

from core.data import registry
from core.data.fetch import transfer
from core.knobs import Config
from core.settings import data_folder
from ui.frame.errors import show_error
from ui.frame.fragments import fragment
from ui.frame.words import duration, plain, size


def show(config: Config) -> bool:
    """Nothing where the data is here; otherwise how to get it. Returns whether it is here."""
    name = getattr(config, "data", None)
    if name is None or registry.find(name).is_here():
        return True
    _panel(name)
    return False


@fragment(run_every=1.0)
def _panel(name: str) -> None:
    source = registry.find(name)
    if source.is_here():
        st.rerun(scope="app")
    if not source.origin.can_fetch:
        st.warning(plain(source.problem()), icon=":material/folder_off:")
        return
    with st.container(border=True):
        licence = source.licence.rstrip(".")
        st.markdown(f"**{source.label} is not on this machine yet.** {source.sentence} Licence: {licence}.")
        latest = transfer.latest(name)
        state = latest.state() if latest else None
        if latest is not None and state is not None and state.status == "running":
            left = f" · {duration(state.seconds_left)} left" if state.seconds_left is not None else ""
            fraction = state.done_bytes / max(state.total_bytes, 1)
            rate = f" · {size(state.bytes_per_second)}/s" if source.origin.num_bytes else ""
            st.progress(min(fraction, 1.0), f"{state.message}{rate}{left}")
            st.button("Cancel", icon=":material/close:", on_click=latest.cancel, key="download.cancel")
            return
        if state is not None and state.status in ("failed", "cancelled"):
            if state.status == "failed":
                show_error(state.message, icon="cloud_off")
            else:
                st.info(state.message, icon=":material/cloud_off:")
        what = f"Download ({size(source.origin.num_bytes)})" if source.origin.num_bytes else "Make it now"
        label = "Try again" if state is not None and state.status != "done" else what
        st.button(label, icon=":material/download:", on_click=_start, args=(name,), key="download.start")
        if not source.origin.folder:
            return
        folder = data_folder() / source.origin.folder
        st.caption(
            f"Without internet: put the files into `{folder}` on the server, or choose data that needs no download."
        )


def _start(name: str) -> None:
    transfer.start(name)  # what goes wrong is in the state of the transfer
