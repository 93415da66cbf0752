"""The frame of every page: the list of pages, the badge of running jobs, the look. Streamlit runs it for every view.

It lies beside the app and not beside `pages/`: a script next to a folder of that name would have Streamlit open the
pages in it directly, without this frame.
"""

from pathlib import Path

import streamlit as st

from ui.frame import address, demo_pages
from ui.frame.connection import watch_connection
from ui.frame.errors import shown_errors
from ui.frame.links import page_path
from ui.frame.style import apply_style
from ui.runs.running_badge import show_badge

ROOT = Path(__file__).parents[1]

st.set_page_config(page_title="Glassbox", page_icon=str(ROOT / "ui" / "icon.png"), layout="wide")
apply_style()
watch_connection()
demos = [st.Page(page_path(name), title=demo.title, icon=demo.icon) for name, demo in demo_pages.with_page().items()]
page = st.navigation(
    [
        st.Page(page_path("home"), title="Home", icon=":material/home:", default=True),
        *demos,
        st.Page(page_path("foundations"), title="Foundations", icon=":material/school:"),
        st.Page(page_path("runs"), title="Runs", icon=":material/timeline:"),
    ]
)
address.arrive(page.url_path)
show_badge()
with shown_errors():  # that no part of the page has shown: the run store itself may be gone
    page.run()
