"""What Voice adds to the view of a run: the own recording, scored again as it trains, and mistakes to listen to."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.classifier import Labelled, Values
from core.data.sound import audio, own_words, speech
from core.data.sound.speech_synthesis import Sound
from core.demos.voice.config import classes_of
from core.demos.voice.hearing import VoiceReader
from core.plots.words import percent
from core.runs.records import Run
from ui.demos.voice import own_words_check, source
from ui.demos.voice.player import ELSEWHERE, play
from ui.frame.services import config_of
from ui.frame.visitor import hearer
from ui.runs import classifier, pins

KEY = "voice"


def _pin(run: Run) -> None:
    """Choose what is scored: what was given in Try is scored from the first step on."""
    from core.demos.voice.learner import pin  # with PyTorch

    with st.expander("Give another recording", icon=":material/mic:", expanded=source.last(KEY) is None):
        source.take(source.input_picker(KEY), KEY)
    given = source.last(KEY)
    if given is None:
        st.caption("Record, upload or take a sample: the newest weights answer it about once a second.")
        return
    samples = given.recording.samples
    play(samples)
    problem = audio.problem(samples)
    if problem is not None and problem.blocking:
        st.caption(problem.message)
        return

    def heard() -> Any:
        return pin(audio.to_int16(audio.cut(samples, audio.commands(samples)[0])), config_of(run))

    pins.pin(run, given.id, heard)


def _shown(run: Run, found: pins.Answered) -> bool:
    if found.whose != "session":
        st.caption(f"{pins.origin(run, found).capitalize()}.")
    return True


OWN = classifier.Own(
    give=_pin,
    shown=_shown,
    classes=lambda run: classes_of(config_of(run)),
)


def note(run: Run, found: Labelled) -> str:
    """Who speaks in the test clips."""
    who = "none of these clips was learned from, though your voice was."
    return (who if learned_own_words(run) else "nobody who speaks in these clips was heard in training.") + (
        " Synthetic voices: people's speech is harder." if "synthetic" in found.name else ""
    )


def before_result(run: Run, found: Labelled) -> None:
    """What was known before, where own words were learned."""
    if learned_own_words(run):
        own_words_check.show(run, config_of(run), found)


def learned_own_words(run: Run) -> bool:
    """Whether a run has learned own words: a few seconds of teaching, about what was known before."""
    return config_of(run).data == "own_words"


def mistake(model: VoiceReader, found: Labelled, worst: Sequence[int], said: Values) -> None:
    """Clips to listen to."""
    for index in worst:
        answer, true = model.classes[said[index].argmax()], model.classes[found.labels[index]]
        st.caption(f"“{true}”, answered “{answer}” with {percent(float(said[index].max()))}")
        _play(true, np.asarray(found.examples[index]))


def _play(word: str, clip: Sound) -> None:
    """A test clip; one of an own word for whoever recorded it."""
    if not speech.own_among([word]) or own_words.may_hear(word, clip, owner=hearer()):
        play(audio.from_int16(clip))
    else:
        st.caption(ELSEWHERE)
