"""Glassbox from a terminal: the same functions as the pages, one verb a module, no Streamlit.

Answers are JSON on standard output, one object a line (`output.py`); what is for a reader's eyes is on standard error.
"""
