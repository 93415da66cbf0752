"""The Voice page: title, model in use, and the views Try, Train and Look inside."""

import streamlit as st

from core import demos
from core.contract import Task
from core.demo import Demo
from core.demos.voice.hearing import VoiceReader
from ui.demos.voice import answer, assistant, inside, own_words, source, three
from ui.demos.voice.readers import reader_of
from ui.demos.voice.training import BESIDE, run_parts
from ui.frame.errors import shown_errors
from ui.frame.fragments import fragment
from ui.frame.views import view_picker
from ui.runs import classical, models

KEY = "voice"
VIEWS = {"try": "Try", "train": "Train", "inside": "Look inside"}


def show() -> None:
    """Draw the page."""
    demo = demos.find(KEY)
    task = demo.task
    st.title(demo.title, anchor=False)
    st.markdown(f":gray[{demo.sentence}]")
    view = view_picker(task, VIEWS)
    if view == "train":
        _train(task)
    elif view == "inside":
        _inside(models.model_picker(demo, models.choices(demo)))
    else:
        try_view(demo)


def _train(task: Task) -> None:
    if "run" not in st.query_params:
        own_words.panel(task, expanded=st.query_params.get("data") == "own_words")
        three.panel(task)
    classical.train_view(task, run_parts(), BESIDE, ready=own_words.ready)


@fragment
def _inside(model_id: str) -> None:
    reader = _read(model_id)
    if reader is not None:
        inside.look_inside(reader)


def try_view(demo: Demo) -> None:
    """Give a recording, follow it through the network, and see the assistant obey."""
    _try(models.model_picker(demo, models.choices(demo)))


@fragment
def _try(model_id: str) -> None:
    reader = _read(model_id)
    if reader is None:
        return
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
    turns = assistant.obey(given.id, [one.answer for one in hearing.commands], key=f"{KEY}.assistant")
    assistant.show_assistant(turns, given.id, key=f"{KEY}.assistant")
    answer.show_journey(reader, hearing, samples)


def _read(model_id: str) -> VoiceReader | None:
    """The reader behind a model id; what is wrong with the model is said in its place."""
    with shown_errors():
        return reader_of(model_id)
    return None
