"""Glassbox. `streamlit run Home.py` starts everything: the pages, and the supervisor of the workers that train."""

import streamlit as st

from ui import server

app = st.App("ui/navigation.py", lifespan=server.lifespan, routes=server.routes(), middleware=server.middleware())
