"""The Digits page: what it adds to the page of all classifiers."""

import streamlit as st

from core import demos
from core.data.pictures import picture_set
from core.demos.digits.config import DigitsConfig
from core.demos.digits.cost import num_examples
from core.demos.digits.reader import DigitReader
from core.knobs import Config
from ui.demos.digits import answer, inside, own_digits, training
from ui.frame.errors import shown_errors
from ui.frame.fragments import fragment
from ui.frame.words import plain
from ui.runs import classifier, models
from ui.widgets import data_panel
from ui.widgets.form import change_form


def _ready(config: Config) -> bool:
    """Whether a run can start; other pictures may take the place of the training images."""
    assert isinstance(config, DigitsConfig)
    if config.synthetic:
        return _in_place(config) and data_panel.show(config)
    is_here = data_panel.show(config)
    own_digits.show(config)
    return is_here


def _in_place(config: DigitsConfig) -> bool:
    """What is learned from in place of the training images, and a way back; returns whether it is here."""
    is_here = False
    with shown_errors(icon="imagesmode"):
        st.info(
            f"These settings learn from {num_examples(config):,} {_what(config.synthetic)}.",
            icon=":material/imagesmode:",
        )
        is_here = True
    if st.button("Use the training images", icon=":material/undo:", key="digits.real"):
        change_form(demos.task("digits"), config, synthetic="")
    return is_here


def _what(own: str) -> str:
    kept = picture_set.OWN.stored(own)
    return (
        f"**digits of your own**, {plain(kept.name)}" if kept.is_own else "**synthetic pictures** that a generator drew"
    )


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
