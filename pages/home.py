"""Home: what this is, the demos, what runs, and what it runs on."""

import streamlit as st

from ui import home

home.welcome()
st.space("small")
home.demo_cards()
st.space("small")
left, right = st.columns(2, gap="large")
with left:
    home.queue()
with right:
    home.this_machine()
