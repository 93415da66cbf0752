"""The Voice page: what it adds to the page of all classifiers."""

import streamlit as st

from core import demos
from core.demos.voice.hearing import VoiceReader
from ui.demos.voice import answer, assistant, inside, own_words, source, three, training
from ui.frame.fragments import fragment
from ui.runs import classifier, models

KEY = "voice"


def _before_form() -> None:
    task = demos.task(KEY)
    own_words.panel(task, expanded=st.query_params.get("data") == "own_words")
    three.panel(task)


@fragment
def _inside(reader: VoiceReader, model_id: str) -> None:
    inside.look_inside(reader)


@fragment
def _try(reader: VoiceReader, model_id: str, options: list[models.ModelOption]) -> None:
    """Give a recording, follow it through the network, and see the assistant obey."""
    how = source.input_picker(KEY)
    left, right = st.columns([1, 1], gap="large")
    with left:
        given = source.take(how, KEY)
        if given is not None:
            samples = source.changed(given, KEY)
        threshold = answer.threshold_slider(reader, key=KEY)
    hearing = reader.hear(samples, threshold=threshold) if given is not None else None
    with right:
        command = answer.show_answer(hearing, reader.classes, truth=given.truth if given else None)
    if given is None or hearing is None:
        return
    answer.show_stages(given, reader, hearing, command, threshold)
    turns = assistant.respond_to(given.id, [one.answer for one in hearing.commands], key=f"{KEY}.assistant")
    assistant.show_assistant(turns, given.id, key=f"{KEY}.assistant")
    answer.show_journey(reader, hearing, samples)


def show() -> None:
    """Draw the page."""
    classifier.show(
        classifier.ClassifierPage(
            demo=KEY,
            tries=_try,
            inside=_inside,
            own=training.OWN,
            note=training.note,
            mistake=training.mistake,
            before_result=training.before_result,
            before_form=_before_form,
            ready=own_words.ready,
        )
    )
