"""Where a voice network looks: integrated gradients on the log-mel beside occlusion in time and in frequency."""

from typing import Any

import numpy as np
import streamlit as st

from core.demos.voice.features import HOP_LENGTH, SAMPLE_RATE, SILENCE_FEATURE, band_centres
from core.demos.voice.hearing import Command, VoiceReader
from core.explain import sound
from core.explain.layers import number
from core.plots.listening import Listening, listening_figure, listening_sentence
from core.plots.words import percent
from ui.frame.style import is_dark
from ui.widgets.live_chart import live_chart

KEY = "voice.look"
STEPS = (10, 20, 50, 100, 200)
TIME = {"width": 10, "stride": 4}  # frames of 10 ms
BANDS = {"width": 4, "stride": 2}


def show(reader: VoiceReader, command: Command) -> None:
    """The figure, the completeness error, and what costs the most."""
    st.subheader("Where it looks, not why", anchor=False)
    st.caption(
        "Both methods say which times and pitches a score hangs on. They do not say what the network makes of them, "
        "and they may disagree."
    )
    winner = int(np.argmax(command.probabilities))
    names = reader.classes
    choosing, precise = st.columns(2, gap="large", vertical_alignment="bottom")
    target = choosing.selectbox(
        "Score of", range(len(names)), winner, format_func=names.__getitem__, key=f"{KEY}.target.{winner}.{len(names)}"
    )
    steps = precise.select_slider("Steps from silence", STEPS, 50, key=f"{KEY}.steps", persist_state="session")
    word, bands = names[target], band_centres(reader.network.num_mels)
    asked: dict[str, Any] = {"floor": SILENCE_FEATURE, "target": target}
    with st.spinner("Adding up gradients …", show_time=False):
        found = sound.attribute(reader.network, command.features, steps=steps, **asked)
    times = sound.occlude(reader.network, command.features, axis=0, **TIME, **asked)
    pitches = sound.occlude(reader.network, command.features, axis=1, **BANDS, **asked)
    info = Listening(word, command.features, found.values, times.drops, pitches.drops, HOP_LENGTH / SAMPLE_RATE, bands)
    live_chart(listening_figure(info, dark=is_dark()), key=f"{KEY}.chart", alt=listening_sentence(info))
    difference = found.score - found.blank_score
    proportion = percent(abs(found.error / difference)) if difference else "nothing to compare with"
    gradients, occlusion = st.columns(2, gap="large")
    gradients.markdown(
        f"**Integrated gradients.** The score of “{word}” goes from {number(found.blank_score, 3)} for silence to "
        f"{number(found.score, 3)} for yours, a difference of **{number(difference, 3)}**. All cells together explain "
        f"**{number(difference + found.error, 3)}**: a completeness error of **{number(found.error)}** ({proportion}). "
        "Blue speaks for the word, orange against it."
    )
    first, last = bands[pitches.start], bands[pitches.start + pitches.width - 1]
    start = times.start * HOP_LENGTH / SAMPLE_RATE
    occlusion.markdown(
        f"**Occlusion.** Silence for {TIME['width'] * 10} ms from {start:.2f} s on costs “{word}” the most in time, "
        f"**{number(times.largest, 3)}** of its score; silence in the {pitches.width} bands from {first:,.0f} to "
        f"{last:,.0f} Hz the most in pitch, **{number(pitches.largest, 3)}**."
    )
