"""What the pages of a server share: the run store, and this machine's speed."""

import streamlit as st

from core import settings
from core.runs.store import RunStore
from core.training import estimate
from core.training.placement import device_for


@st.cache_resource(max_entries=4)
def _store(home: str) -> RunStore:
    return RunStore()


def store() -> RunStore:
    """The run store of this installation."""
    return _store(str(settings.home()))


@st.cache_resource
def machine_speed() -> float:
    """FLOP/s of this machine, measured once."""
    return estimate.machine_speed(device_for("auto"))
