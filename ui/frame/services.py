"""What pages share: the run store, whose page this is, the models that answer, and this machine's speed."""

import streamlit as st

from core import settings
from core.runs.store import RunStore
from core.training import estimate
from core.training.placement import device_for
from ui.frame.gate import OWNER_COOKIE


@st.cache_resource(max_entries=4)
def _store(home: str) -> RunStore:
    return RunStore()


def store() -> RunStore:
    """The run store of this installation."""
    return _store(str(settings.home()))


def owner() -> str:
    """Id of the browser that shows this page; "local" where cookies are off."""
    return _cookie() or "local"


def hearer() -> str:
    """Id of the browser that shows this page, to tell whose voice it may play; empty, so nobody's, without cookies."""
    return _cookie()


def _cookie() -> str:
    given = st.context.cookies.get(OWNER_COOKIE)
    return given if isinstance(given, str) else ""


@st.cache_resource
def machine_speed() -> float:
    """FLOP/s of this machine, measured once."""
    return estimate.machine_speed(device_for("auto"))
