"""The Voice page: title, model in use, and the views Try and Train."""

import streamlit as st

from core import demos
from core.contract import Task
from core.demos.voice.hearing import VoiceReader, read_model, run_reader
from core.demos.voice.release import release_card
from core.runs import checkpoints
from core.settings import home
from ui import models
from ui.services import store
from ui.train import train_view
from ui.views import view_picker
from ui.voice import answer, assistant, source
from ui.voice.training import run_parts

KEY = "voice"
VIEWS = {"try": "Try", "train": "Train"}


def show() -> None:
    """Draw the page."""
    task = demos.task(KEY)
    st.title(task.title, anchor=False)
    st.markdown(f":gray[{task.sentence}]")
    if view_picker(task, VIEWS) == "train":
        train_view(task, run_parts())
    else:
        try_view(task)


def try_view(task: Task) -> None:
    """Give a recording, follow it through the network, and see the assistant obey."""
    _try(models.model_picker(task, models.choices(task, release_label=release_label())))


@st.fragment
def _try(model_id: str) -> None:
    reader = reader_of(str(home()), model_id)
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


def release_label() -> str:
    """ "97.9 % of 4,890 clips of the Speech Commands v0.02 12-class test set"."""
    figure = max(release_card()["figures"], key=lambda figure: figure["examples"])
    return f"{figure['accuracy']:.2f} % of {figure['set']}"


def reader_of(home_folder: str, model_id: str) -> VoiceReader:
    """The reader behind a model id."""
    if model_id == models.RELEASE:
        return release()
    return _reader(home_folder, model_id, models.best_checkpoint(model_id).seq)


@st.cache_resource(max_entries=1)
def release() -> VoiceReader:
    """The release model, read once."""
    return read_model()


@st.cache_resource(max_entries=16)
def _reader(home_folder: str, run_id: str, seq: int) -> VoiceReader:
    restored = checkpoints.restore(store(), run_id, prefer="best")
    assert restored is not None
    return run_reader(store().get(run_id).config, restored.state["learner"])
