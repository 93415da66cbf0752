"""Garbage collection of the web process: on a timer, never while somebody waits for an answer.

Streamlit collects everything after each run of a page or a part of it. With PyTorch loaded that is most of the
process's time when a class draws at once, so `runner.postScriptGC` is off. Python's own collections of young objects
go on; those of all objects are left to the thread here. Whoever turns the option on gets Streamlit's collections alone.
"""

import gc
import threading
import time

import streamlit as st

PAUSE_SECONDS = 5.0
LARGEST_SHARE = 0.02  # of a processor's time
NEVER = 2**31 - 1


def collect_until(stop: threading.Event, *, pause: float = PAUSE_SECONDS) -> None:
    """Collect the garbage that page runs leave, every few seconds until `stop` is set."""
    if st.get_option("runner.postScriptGC"):
        return
    gc.set_threshold(*gc.get_threshold()[:2], NEVER)
    spent = 0.0  # processor seconds of the last collection: where others have the processor, it is no longer for that
    while not stop.wait(max(pause, spent / LARGEST_SHARE)):
        start = time.thread_time()
        gc.collect()
        spent = time.thread_time() - start
