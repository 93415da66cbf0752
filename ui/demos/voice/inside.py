"""Look inside a voice network: where it looks, what it hears without some bands, and how long its states remember.

Here are the recording, the answer and the choice of a part; each part has a module of its own.
"""

import streamlit as st

from core.demos.voice.hearing import VoiceReader
from ui.demos.voice import answer, inside_bands, inside_look, inside_memory, source
from ui.widgets.choice import one_of

KEY = "voice"
PARTS = {
    "look": ":material/visibility: Where it looks",
    "bands": ":material/graphic_eq: Without some bands",
    "memory": ":material/history: What it remembers",
}


def look_inside(reader: VoiceReader) -> None:
    """The whole view of one model; it begins with what was last given, on any view."""
    left, right = st.columns(2, gap="large")
    with left:
        given = source.take(source.input_picker(KEY), KEY) or source.last(KEY)
    hearing = reader.hear(given.recording.samples) if given is not None else None
    with right:
        command = answer.show_answer(hearing, reader.classes, truth=given.truth if given else None)
    part = one_of("What to look at", PARTS, key=f"{KEY}.inside.part")
    if command is None:
        st.caption("Everything here is computed from your own recording, so it begins with one.")
    elif part == "look":
        inside_look.show(reader, command)
    elif part == "bands":
        inside_bands.show(reader, command)
    else:
        inside_memory.show(command)
