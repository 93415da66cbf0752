"""Glassbox. `streamlit run Home.py` starts everything: the pages, and the supervisor of the workers that train."""

import streamlit as st

from ui import server
from ui.frame.errors import show_uncaught

app = st.App(
    "ui/navigation.py",
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=server.middleware(),
    on_script_error=show_uncaught,
)
