"""The Digits page: what it adds to the page of all classifiers."""

import streamlit as st

from core import demos
from core.demos.digits.config import DigitsConfig
from core.demos.digits.cost import num_examples
from core.demos.digits.reader import DigitReader
from core.knobs import Config
from ui.demos.digits import answer, inside, training
from ui.frame.errors import shown_errors
from ui.frame.fragments import fragment
from ui.runs import classifier, models
from ui.widgets import data_panel
from ui.widgets.form import change_form


def _ready(config: Config) -> bool:
    """Whether a run can start; says so where generated pictures take the place of the training images."""
    assert isinstance(config, DigitsConfig)
    return (not config.synthetic or _synthetic(config)) and data_panel.show(config)


def _synthetic(config: DigitsConfig) -> bool:
    """What is learned from in place of the training images, and a way back; returns whether it is here."""
    is_here = False
    with shown_errors(icon="imagesmode"):
        st.info(
            f"These settings learn from {num_examples(config):,} **synthetic pictures** that a generator drew.",
            icon=":material/imagesmode:",
        )
        is_here = True
    if st.button("Use real ones", icon=":material/undo:", key="digits.real"):
        change_form(demos.task("digits"), config, synthetic="")
    return is_here


@fragment
def _try(reader: DigitReader, model_id: str, options: list[models.ModelOption]) -> None:
    """Give a digit, get an answer after each stroke."""
    given, reading = answer.ask(reader)
    if given is not None and reading is not None and reading.probabilities is not None:
        answer.show_steps(reader, given, reading)


@fragment
def _inside(reader: DigitReader, model_id: str) -> None:
    """What a model does with the same drawing, layer by layer."""
    inside.look_inside(reader, model_id)


def show() -> None:
    """Draw the page."""
    classifier.show(
        classifier.ClassifierPage(
            demo="digits",
            tries=_try,
            inside=_inside,
            own=training.OWN,
            mistake=training.mistake,
            ready=_ready,
        )
    )
