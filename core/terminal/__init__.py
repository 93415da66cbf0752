"""Glassbox from a terminal: the same functions as the pages, one verb a module, no Streamlit.

Answers are one JSON object a line on standard output (`output.py`); everything for a reader's eyes is on standard error.
"""
