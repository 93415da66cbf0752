"""What a voice network hears when low and high bands are taken away, and the sound of what is left."""

import numpy as np
import streamlit as st

from core.data.sound import audio
from core.demos.voice.features import HIGHEST_FREQUENCY, SILENCE_FEATURE, band_centres
from core.demos.voice.hearing import Command, VoiceReader
from core.explain import sound
from core.plots.words import certainty, percent
from ui.demos.voice.player import play
from ui.widgets.verdict import probability_chart

KEY = "voice.bands"
TOP = round(HIGHEST_FREQUENCY)
NARROWEST = 100  # Hz


def show(reader: VoiceReader, command: Command) -> None:
    """Two cuts, the answer to what is left between them, and its sound."""
    st.subheader("Without some bands", anchor=False)
    st.caption(
        f"The network hears 0 to {TOP:,} Hz. Bands outside the two cuts are set to silence before it answers; "
        "the player has the same part of the sound."
    )
    left, right = st.columns(2, gap="large")
    with left:
        low = st.slider("Low cut (Hz)", 0, TOP - NARROWEST, 0, 50, key=f"{KEY}.low", persist_state="session")
        high = st.slider("High cut (Hz)", NARROWEST, TOP, TOP, 50, key=f"{KEY}.high", persist_state="session")
        if high - low < NARROWEST:
            st.warning(
                f"Nothing is left between the cuts. Keep the high cut at least {NARROWEST} Hz above the low one.",
                icon=":material/info:",
            )
            return
        centres = np.array(band_centres(reader.network.num_mels))
        kept = (centres >= low) & (centres <= high)
        play(sound.band_pass(command.wave, low, high, rate=audio.RATE))
        st.caption(f"{int(kept.sum())} of {len(kept)} mel bands are left.")
    features = sound.without_bands(command.features, kept, floor=SILENCE_FEATURE)
    probabilities = reader.from_features(features[None])[0].tolist()
    before, now = int(np.argmax(command.probabilities)), int(np.argmax(probabilities))
    with right:
        probability_chart(reader.classes, probabilities, key=f"{KEY}.bars", alt=f"From {low} to {high} Hz:")
        said, how = percent(probabilities[now]), certainty(probabilities[now])
        st.markdown(
            f"From {low:,} to {high:,} Hz it hears **{reader.classes[now]}** ({said}, {how})"
            + ("." if now == before else f"; with all bands it heard {reader.classes[before]}.")
        )
