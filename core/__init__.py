"""Glassbox without its pages: networks, training, runs, plots. Nothing in here imports Streamlit."""

import os

from core import torchaudio_guard

torchaudio_guard.install()  # before anything can import torchaudio, be it through another library
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime tells its makers of its use from its import on, else
