"""Numbers and states in words, the same on every page."""

import re

from core import demos
from core.runs.records import Run

_MARKDOWN = re.compile(r"([\\`*_\[\]()!$:~<>#@|])")
_ADDRESS = re.compile(r"https?://|www\.|[\w.+-]+@", re.IGNORECASE)
_NO_BREAK = "\u2060"  # shows nothing; what follows a letter, and this counts as one, is not made a link
LONGEST = 600  # characters of somebody's text in a message
NOTHING = "–"  # in a table, where there is no value


def plain(text: str) -> str:
    """Text of a person or an address, to be shown as it is: Streamlit would read Markdown in it, pictures too.

    An address becomes a link only after escapes have been read, so escapes do not keep it from that. Not for what is
    shown as it is (options, data frames); for `st.badge` there is `plain_badge`.
    """
    cut = text if len(text) <= LONGEST else text[:LONGEST] + " …"
    return _MARKDOWN.sub(r"\\\1", _ADDRESS.sub(rf"{_NO_BREAK}\g<0>", cut))


def plain_badge(text: str) -> str:
    """The same for the label of `st.badge`, which escapes brackets by itself."""
    return plain(text).replace(r"\[", "[").replace(r"\]", "]")


STATES = {
    "queued": ("waiting", "gray", ":material/hourglass_empty:"),
    "running": ("running", "blue", ":material/progress_activity:"),
    "completed": ("completed", "green", ":material/check_circle:"),
    "stopped": ("stopped", "orange", ":material/pause_circle:"),
    "failed": ("failed", "red", ":material/error:"),
}  # state → word, colour, icon


def duration(seconds: float) -> str:
    """Seconds as people say them: "8 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 60:
        return f"{max(seconds, 0):.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def size(num_bytes: float) -> str:
    """Bytes in decimal units: "180 MB"."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if num_bytes >= factor:
            return f"{num_bytes / factor:.3g} {unit}"
    return f"{num_bytes:.0f} bytes"


def standing(run: Run) -> str:
    """ "epoch 3/5 · 31,200 examples/s · 6 s left" of a run that has reported; "fit 3/8" of a job of fits, which
    take longer and longer."""
    if run.progress is None:
        return ""
    total = sum(run.phases)
    place = f"{min(int(run.progress.epoch) + 1, total)}/{total}"
    if run.task in demos.names() and demos.find(run.task).fits is not None:
        return f"fit {place}"
    parts = [f"epoch {place}"]
    if run.command is not None and not run.is_over:
        return f"{parts[0]} · paused at step {run.progress.step:,}"
    if run.progress.examples_per_second:
        parts.append(f"{run.progress.examples_per_second:,.0f} examples/s")
    if run.progress.seconds_left is not None and run.state == "running":
        parts.append(f"{duration(run.progress.seconds_left)} left")
    return " · ".join(parts)
