"""Figures in two steps: a small named tuple that says what is drawn, then the Plotly figure.

Nothing here reads files, runs networks or knows Streamlit. Every figure has a `*_sentence` that says the same in words.
"""
