"""The Digits page: title, model in use, and the views Try, Train and Look inside."""

import streamlit as st

from core import demos
from core.contract import Task
from core.demos.digits.reader import DigitReader, read_model, run_reader
from core.demos.digits.release import release_card
from core.runs import checkpoints
from core.settings import home
from ui import models
from ui.digits import answer, classical, inside, source
from ui.digits.training import run_parts
from ui.live import run_view
from ui.services import store
from ui.train import train_view
from ui.views import view_picker

KEY = "digits"
DIGITS = tuple("0123456789")
VIEWS = {"try": "Try", "train": "Train", "inside": "Look inside"}


def show() -> None:
    """Draw the page."""
    task = demos.task("digits")
    st.title(task.title, anchor=False)
    st.markdown(f":gray[{task.sentence}]")
    view = view_picker(task, VIEWS)
    if view == "train":
        _train(task)
    elif view == "inside":
        inside_view(task)
    else:
        try_view(task)


def _train(task: Task) -> None:
    """The form or a run; also a run of the methods that are measured beside a network."""
    run_id = st.query_params.get("run", "")
    if classical.is_one(run_id):
        run_view(demos.task("classical"), run_id, classical.parts())
    else:
        train_view(task, run_parts())


def try_view(task: Task) -> None:
    """Give a digit, get an answer after each stroke."""
    model_id = models.model_picker(task, models.choices(task, release_label=release_label()))
    _try(model_id)


@st.fragment
def _try(model_id: str) -> None:
    reader, classes = reader_of(str(home()), model_id)
    how = source.input_picker(KEY)
    left, right = st.columns([2, 3], gap="large")
    with left:
        given = source.take(how, KEY)
    reading = reader.read(given.source, switches=answer.switches(KEY)) if given else None
    with right:
        answer.show_answer(reading, classes, truth=given.truth if given else None)
    if given is not None and reading is not None and reading.probabilities is not None:
        answer.show_steps(reader, given, reading, key=KEY, classes=classes)


def inside_view(task: Task) -> None:
    """What a model does with the same drawing, layer by layer."""
    model_id = models.model_picker(task, models.choices(task, release_label=release_label()))
    _inside(model_id)


@st.fragment
def _inside(model_id: str) -> None:
    reader, classes = reader_of(str(home()), model_id)
    inside.look_inside(model_id, reader, classes)


def release_label() -> str:
    """ "99.6 % of 10,000 MNIST test images"."""
    figure = next(figure for figure in release_card()["figures"] if "10,000" in figure["set"])
    return f"{figure['accuracy']:.2f} % of {figure['set']}"


def reader_of(home_folder: str, model_id: str) -> tuple[DigitReader, tuple[str, ...]]:
    """The reader behind a model id, and the names of what it tells apart."""
    if model_id == models.RELEASE:
        return release(), DIGITS
    run = store().get(model_id)
    reader = _reader(home_folder, model_id, models.best_checkpoint(model_id).seq)
    return reader, classes_of(str(run.config["data"]))


def classes_of(data: str) -> tuple[str, ...]:
    """Names of a data set's classes."""
    from core.data import sources

    return sources.find(data).classes


@st.cache_resource(max_entries=1)
def release() -> DigitReader:
    """The release model, read once."""
    return read_model()


@st.cache_resource(max_entries=16)
def _reader(home_folder: str, run_id: str, seq: int) -> DigitReader:
    restored = checkpoints.restore(store(), run_id, prefer="best")
    assert restored is not None
    return run_reader(store().get(run_id).config, restored.state["learner"])
