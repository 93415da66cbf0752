"""What pages share: the run store, whose page this is, the models that answer, and this machine's speed."""

from typing import Any

import streamlit as st

from core import settings
from core.runs import checkpoints
from core.runs.store import RunStore
from ui.server import OWNER_COOKIE


@st.cache_resource(max_entries=4)
def _store(home: str) -> RunStore:
    return RunStore()


def store() -> RunStore:
    """The run store of this installation."""
    return _store(str(settings.home()))


def owner() -> str:
    """Id of the browser that shows this page; "local" where cookies are off."""
    return st.context.cookies.get(OWNER_COOKIE, "local")


@st.cache_data(max_entries=8, show_spinner=False)
def _learner_state(home: str, run_id: str, step: int) -> dict[str, Any]:
    return checkpoints.at_step(_store(home), run_id, step)["learner"]


@st.cache_resource
def machine_speed() -> float:
    """FLOP/s of this machine, measured once."""
    from core.training import estimate

    return estimate.machine_speed()
