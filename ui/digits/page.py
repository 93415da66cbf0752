"""The Digits page: title, model in use, and the views Try, Train and Look inside."""

import streamlit as st

from core import demos
from core.demos.digits.release import release_card
from core.settings import home
from ui import classical, models
from ui.digits import answer, inside
from ui.digits.readers import reader_of, release
from ui.digits.training import BESIDE, run_parts
from ui.views import view_picker

VIEWS = {"try": "Try", "train": "Train", "inside": "Look inside"}


def show() -> None:
    """Draw the page."""
    task = demos.task("digits")
    st.title(task.title, anchor=False)
    st.markdown(f":gray[{task.sentence}]")
    view = view_picker(task, VIEWS)
    if view == "train":
        classical.train_view(task, run_parts(), BESIDE)
    else:
        model_id = models.model_picker(task, models.choices(task, release_label=release_label()))
        (_inside if view == "inside" else _try)(model_id)


@st.fragment
def _try(model_id: str) -> None:
    """Give a digit, get an answer after each stroke."""
    reader, classes = reader_of(str(home()), model_id)
    given, reading = answer.ask(reader, classes)
    if given is not None and reading is not None and reading.probabilities is not None:
        answer.show_steps(reader, given, reading, classes=classes)


@st.fragment
def _inside(model_id: str) -> None:
    """What a model does with the same drawing, layer by layer."""
    reader, classes = reader_of(str(home()), model_id)
    inside.look_inside(model_id, reader, classes)


def warm_up() -> None:
    """Read what every visitor needs."""
    release()


def release_label() -> str:
    """ "99.6 % of 10,000 MNIST test images"."""
    figure = next(figure for figure in release_card()["figures"] if "10,000" in figure["set"])
    return f"{figure['accuracy']:.2f} % of {figure['set']}"
