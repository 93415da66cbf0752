"""The Digits page: title, model in use, and the views Try, Train and Look inside."""

import streamlit as st

from core import demos
from core.demos.digits.config import DigitsConfig
from core.demos.digits.cost import num_examples
from core.knobs import Config, to_json
from ui.demos.digits import answer, inside
from ui.demos.digits.readers import reader_of
from ui.demos.digits.training import BESIDE, run_parts
from ui.frame.fragments import fragment
from ui.frame.views import view_picker
from ui.runs import classical, models
from ui.widgets import data_panel
from ui.widgets.form import set_form

VIEWS = {"try": "Try", "train": "Train", "inside": "Look inside"}


def show() -> None:
    """Draw the page."""
    demo = demos.find("digits")
    task = demo.task
    st.title(demo.title, anchor=False)
    st.markdown(f":gray[{demo.sentence}]")
    view = view_picker(task, VIEWS)
    if view == "train":
        classical.train_view(task, run_parts(), BESIDE, ready=_ready)
    else:
        model_id = models.model_picker(demo, models.choices(demo))
        (_inside if view == "inside" else _try)(model_id)


def _ready(config: Config) -> bool:
    """Whether a run can start; says so where generated pictures take the place of the training images."""
    assert isinstance(config, DigitsConfig)
    if config.synthetic:
        st.info(
            f"These settings learn from {num_examples(config):,} **synthetic pictures** that a generator drew.",
            icon=":material/imagesmode:",
        )
        if st.button("Use real ones", icon=":material/undo:", key="digits.real"):
            set_form(demos.task("digits"), {**to_json(config), "synthetic": ""})
            st.rerun()
    return data_panel.show(config)


@fragment
def _try(model_id: str) -> None:
    """Give a digit, get an answer after each stroke."""
    reader, classes = reader_of(model_id)
    given, reading = answer.ask(reader, classes)
    if given is not None and reading is not None and reading.probabilities is not None:
        answer.show_steps(reader, given, reading, classes=classes)


@fragment
def _inside(model_id: str) -> None:
    """What a model does with the same drawing, layer by layer."""
    reader, classes = reader_of(model_id)
    inside.look_inside(model_id, reader, classes)
