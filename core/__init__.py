"""Glassbox without its pages: networks, training, runs, plots. Nothing in here imports Streamlit."""

from core import torchaudio_guard

torchaudio_guard.install()  # before anything can import torchaudio, be it through another library
