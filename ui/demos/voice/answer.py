"""The answer to a recording, and the way to it: listen, interpret, predict, with everything on one time axis."""

import numpy as np
import streamlit as st

from core.data.sound import audio
from core.data.sound.speech import SILENCE, UNKNOWN
from core.demos.voice.features import FRAME_LENGTH, HOP_LENGTH
from core.demos.voice.hearing import NOTHING, Command, Hearing, VoiceReader
from core.plots.sound import Heard, journey_figure, journey_info, journey_sentence
from core.plots.template import palette
from core.plots.words import NO_BREAK, certainty, percent
from ui.demos.voice.browser import cursor
from ui.demos.voice.player import play
from ui.demos.voice.source import Given
from ui.frame.style import is_dark
from ui.widgets.live_chart import live_chart
from ui.widgets.verdict import probability_chart, verdict

CHART = "voice.journey"
PLAYER = "voice.player"


def threshold_slider(reader: VoiceReader, *, key: str) -> float:
    """Below which probability an answer is “unknown”."""
    per_cent = st.slider(
        "Threshold (%)",
        0,
        99,
        round(100 * reader.threshold),
        key=f"{key}.threshold.{reader.threshold}",
        help="An answer that is less likely than this becomes “unknown”: fewer false alarms, more questions back.",
    )
    return per_cent / 100


def show_answer(hearing: Hearing | None, classes: tuple[str, ...], *, truth: str | None = None) -> Command | None:
    """The commands large, how sure in words, and every class's probability of the one that is looked at."""
    if hearing is None:
        st.info("Give a recording, and the answer stands here.", icon=":material/mic:")
        return None
    if hearing.problem is not None and hearing.problem.blocking:
        _large(NOTHING, f"Answer: {NOTHING}")
        st.warning(hearing.problem.message, icon=":material/volume_off:")
        return None
    command = _chosen(hearing)
    word, probability = command.answer, max(command.probabilities)
    likeliest = classes[int(np.argmax(command.probabilities))]
    verdict(
        word,
        probability,
        certainty(probability),
        milliseconds=sum(hearing.milliseconds.values()),
        size=3.25,
        truth=None if truth is None else (word == truth, "right" if word == truth else f"“{truth}” was said"),
    )
    if word == UNKNOWN and likeliest != UNKNOWN:
        st.caption(f"“{likeliest}” is the likeliest, but {percent(probability)} is below the threshold.")
    if hearing.problem is not None:
        st.warning(hearing.problem.message, icon=":material/info:")
    elif word == NOTHING:
        st.info("Only noise was heard. Speak towards the microphone, from a hand's width away.", icon=":material/mic:")
    probability_chart(classes, command.probabilities, key="voice.bars")
    return command


def _chosen(hearing: Hearing) -> Command:
    """Of several commands the one that the visitor looks at; the first at first."""
    if len(hearing.commands) == 1:
        return hearing.commands[0]
    numbers = list(range(len(hearing.commands)))
    names = [f"{number + 1}. {command.answer}" for number, command in enumerate(hearing.commands)]
    picked = st.segmented_control(
        f"{len(numbers)} commands were heard",
        numbers,
        default=0,
        required=True,
        format_func=names.__getitem__,
        key=f"voice.command.{len(numbers)}",
    )
    return hearing.commands[picked or 0]


def _large(word: str, label: str) -> None:
    st.html(
        f'<div role="status" aria-label="{label}" style="font-size:3.25rem;font-weight:650;line-height:1.1;'
        f'color:{palette(is_dark()).accent}">{word}</div>',
        width="content",
    )


def show_journey(reader: VoiceReader, hearing: Hearing, samples: audio.Wave) -> None:
    """Waveform, log-mel, states, attention and probabilities on one time axis, with a player whose cursor follows."""
    st.subheader("From sound to answer", anchor=False)
    with st.container(key=PLAYER):
        play(samples)
    if not hearing.commands:
        return
    info = journey_info(
        samples,
        reader.features(samples[None])[0],
        [_heard(reader, command) for command in hearing.commands],
        reader.classes,
        rate=audio.RATE,
    )
    live_chart(journey_figure(info, dark=is_dark()), key=CHART, alt=journey_sentence(info))
    st.caption(
        "The dotted lines mark the second that the network heard. Each row of the state is one of its units, blue "
        "where it is positive and orange where it is negative, sorted by when it is strongest. The probabilities are "
        "what the network would say if one step alone counted."
    )
    cursor(chart=CHART, player=PLAYER)


def _heard(reader: VoiceReader, command: Command) -> Heard:
    inside = reader.inspect(command.features)
    window = command.window
    return Heard(
        answer=command.answer,
        start=window.seconds[0],
        bounds=(window.low / audio.RATE, window.high / audio.RATE),
        step=inside.stride * HOP_LENGTH / audio.RATE,
        states=inside.states,
        attention=inside.attention,
        probabilities=inside.probabilities,
    )


def show_stages(given: Given, reader: VoiceReader, hearing: Hearing, command: Command | None, threshold: float) -> None:
    """Listen, interpret, predict: what each did, in numbers. Respond is the assistant's."""
    listen, interpret, predict = st.columns(3, gap="medium")
    with listen.container(border=True, height="stretch"):
        st.markdown("**1 · Listen**")
        st.markdown(_listened(given, hearing, command))
    if command is None:
        return
    with interpret.container(border=True, height="stretch"):
        st.markdown("**2 · Interpret**")
        frames, bands = command.features.shape
        st.markdown(
            f"{frames} frames × {bands} mel bands: every {1000 * HOP_LENGTH // audio.RATE} ms the power in "
            f"{bands} bands of pitch, over {1000 * FRAME_LENGTH // audio.RATE} ms, as a logarithm.\n\n"
            f":gray[{hearing.milliseconds['interpret']:.1f} ms]"
        )
    with predict.container(border=True, height="stretch"):
        st.markdown("**3 · Predict**")
        st.markdown(_predicted(reader, hearing, command, threshold))


def _listened(given: Given, hearing: Hearing, command: Command | None) -> str:
    recording = given.recording
    kind = {1: "mono", 2: "stereo"}.get(recording.channels, f"{recording.channels} channels")
    level = (
        f"Level {decibels(hearing.loudness)}, noise {decibels(hearing.noise)}: "
        f"the speech is {hearing.loudness - hearing.noise:.0f}{NO_BREAK}dB above it."
    )
    where = ""
    if command is not None:
        start, end = command.window.seconds
        where = f"The second from {start:.2f} to {end:.2f} s was heard.\n\n".replace("-", "−")
    return (
        f"{recording.seconds:.1f} s, {recording.rate / 1000:g} kHz, {kind}.\n\n{where}{level}\n\n"
        f":gray[{hearing.milliseconds['listen']:.1f} ms]"
    )


def _predicted(reader: VoiceReader, hearing: Hearing, command: Command, threshold: float) -> str:
    winner = int(np.argmax(command.probabilities))
    probability, name = command.probabilities[winner], reader.classes[winner]
    if name == SILENCE:
        why = f"“{SILENCE}” is the likeliest, so {NOTHING}."
    elif probability < threshold:
        why = f"“{name}” with {percent(probability)} is below the threshold of {percent(threshold)}: unknown."
    else:
        why = f"“{name}” with {percent(probability)}, above the threshold of {percent(threshold)}."
    return f"{why}\n\n:gray[{hearing.milliseconds['predict']:.1f} ms]"


def decibels(level: float) -> str:
    """ "−23 dBFS"."""
    return f"{level:.0f}{NO_BREAK}dBFS".replace("-", "−")
