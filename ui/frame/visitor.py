"""Whose page this is: the browser that shows it, known by a cookie and by nothing else."""

import streamlit as st

from ui.frame.gate import OWNER_COOKIE


def owner() -> str:
    """Id of the browser that shows this page; "local" where cookies are off."""
    return _cookie() or "local"


def hearer() -> str:
    """Id of the browser that shows this page, to tell whose voice it may play; empty, so nobody's, without cookies."""
    return _cookie()


def _cookie() -> str:
    given = st.context.cookies.get(OWNER_COOKIE)
    return given if isinstance(given, str) else ""
