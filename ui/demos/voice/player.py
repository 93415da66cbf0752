"""A player of a sound that is a part of its page: a person's voice has no address, so nobody else can ask for it."""

import base64
from typing import Literal

import streamlit as st

from core.data.sound import audio

ELSEWHERE = "Recorded in another browser, which alone can play it."


def play(samples: audio.Wave, *, width: int | Literal["stretch"] = "stretch") -> None:
    """Show a player. Streamlit would serve bytes to everybody who knows their hash, without a cookie."""
    wav = base64.b64encode(audio.write_wav(samples)).decode()  # an array would be made as loud as can be
    st.audio(f"data:audio/wav;base64,{wav}", width=width)
