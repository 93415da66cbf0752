"""Home: what this is, the demos, what runs, and what it runs on."""

import streamlit as st

from ui.home import parts

parts.welcome()
st.space("small")
parts.demo_cards()
st.space("small")
left, right = st.columns(2, gap="large")
with left:
    parts.queue()
with right:
    parts.this_machine()
