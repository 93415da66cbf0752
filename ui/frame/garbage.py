"""Garbage collection of the web process: on a timer, never while somebody waits for an answer.

Streamlit collects everything after each run of a page or a part of it. With PyTorch loaded that is most of the
process's time when a class draws at once, so `runner.postScriptGC` is off. Python's own collections of young objects
go on; those of all objects are left to the thread here.
"""

import gc
import threading
import time

PAUSE_SECONDS = 5.0
LARGEST_SHARE = 0.02  # of the time; nothing else runs in the process during a collection
NEVER = 2**31 - 1


def collect_until(stop: threading.Event, *, pause: float = PAUSE_SECONDS) -> None:
    """Collect the garbage that page runs leave, every few seconds until `stop` is set."""
    gc.set_threshold(*gc.get_threshold()[:2], NEVER)
    while not stop.wait(pause):
        start = time.perf_counter()
        gc.collect()
        pause = max(pause, (time.perf_counter() - start) / LARGEST_SHARE)
