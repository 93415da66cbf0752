"""The frame of every page: the list of pages, the chip of running jobs, the look. The script that Streamlit runs."""

from pathlib import Path

import streamlit as st

from core import demos
from ui.chip import show_chip
from ui.style import apply_style

PAGES = Path(__file__).parents[1] / "pages"

st.set_page_config(page_title="Glassbox", page_icon=":material/deployed_code:", layout="wide")
apply_style()
demo_pages = [
    st.Page(PAGES / f"{name}.py", title=demos.task(name).title, icon=demos.task(name).icon)
    for name in demos.names()
    if (PAGES / f"{name}.py").exists()
]
page = st.navigation(
    [
        st.Page(PAGES / "home.py", title="Home", icon=":material/home:", default=True),
        *demo_pages,
        st.Page(PAGES / "runs.py", title="Runs", icon=":material/timeline:"),
    ]
)
show_chip()
page.run()
