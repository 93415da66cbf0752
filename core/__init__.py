"""Glassbox without its pages: networks, training, runs, plots. Nothing in here imports Streamlit."""
