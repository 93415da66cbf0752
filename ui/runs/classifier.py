"""The page of a demo that tells classes apart: title, views, model picker, and what a run shows beside its curves.

What differs between demos (how an input is given, how an answer and a mistake look) is in a `ClassifierPage`, which
each fills in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core import demos
from core.classifier import Classifier, Labelled, Values
from core.knobs import Config
from core.plots.confusion import confusion_figure, confusion_info, confusion_sentence
from core.plots.history import answer_history, history_info, history_sentence
from core.plots.words import percent
from core.runs.records import Run
from core.settings import home
from ui.frame.errors import shown_errors
from ui.frame.fragments import fragment
from ui.frame.services import store
from ui.frame.style import is_dark
from ui.frame.views import view_picker
from ui.runs import classical, export, models, pins, readers
from ui.runs.live import RunParts, live_part
from ui.runs.models import ModelOption
from ui.widgets import data_panel
from ui.widgets.live_chart import live_chart
from ui.widgets.verdict import probability_chart

VIEWS = {"try": "Try", "train": "Train", "inside": "Look inside"}


@dataclass(frozen=True)
class Own:
    """A person's own input, which the newest weights answer while a run trains."""

    give: Callable[[Run], None]  # draws the way to give one, and pins it
    shown: Callable[[Run, pins.Answered], bool]  # draws it where `give` does not; False: there is none
    classes: Callable[[Run], Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class ClassifierPage:
    """What a demo adds to the page of all classifiers."""

    demo: str
    tries: Callable[[Any, str, list[ModelOption]], None]  # the chosen model, its id, all models: the view Try
    inside: Callable[[Any, str], None] | None = None  # the chosen model, its id; None: no such view
    own: Own | None = None
    note: Callable[[Run, Labelled], str] | None = None  # completes "Measured with the weights of the best epoch; …"
    mistake: Callable[[Any, Labelled, Sequence[int], Values], None] | None = None  # draws these of the test set
    calibration: Callable[[Labelled, Values], None] | None = None  # in place of the mistakes, then below
    before_result: Callable[[Run, Labelled], None] | None = None
    before_form: Callable[[], None] | None = None
    ready: Callable[[Config], bool] = data_panel.show  # draws what is missing for a config; whether a run can start


def show(page: ClassifierPage) -> None:
    """Draw the whole page."""
    demo = demos.find(page.demo)
    st.title(demo.title, anchor=False)
    st.markdown(f":gray[{demo.sentence}]")
    views = {name: label for name, label in VIEWS.items() if name != "inside" or page.inside is not None}
    view = view_picker(demo.task, views)
    if view == "train":
        _train(page)
        return
    options = models.choices(demo)
    model_id = models.model_picker(demo, options)
    with shown_errors():
        model = readers.model_of(page.demo, model_id)
        if view == "inside" and page.inside is not None:
            page.inside(model, model_id)
        else:
            page.tries(model, model_id, options)


def _train(page: ClassifierPage) -> None:
    if page.before_form is not None and "run" not in st.query_params:
        page.before_form()
    classical.train_view(demos.task(page.demo), run_parts(page), ready=page.ready)


def run_parts(page: ClassifierPage) -> RunParts:
    """What stands beside and under the curves of a run."""

    def right(run: Run) -> None:
        if page.own is not None:
            _own(page.own, run)

    def after(run: Run) -> None:
        if run.state == "completed":
            _tested(page, run)
        export.panel(run)

    return RunParts(right=right, below=classical.section, after=after)


def _own(own: Own, run: Run) -> None:
    st.markdown(f"**Your {demos.find(run.task).page.given}, while it trains**")

    def answers(shown: Run) -> None:
        _answers(own, store().get(shown.id))

    if run.is_over:
        fragment(answers)(run)
        return
    fragment(own.give)(run)
    live_part(answers, run)(run)


def _answers(own: Own, run: Run) -> None:
    """What the newest weights say, and how that moved."""
    found = pins.answered(run)
    if found is None or not own.shown(run, found):
        if run.is_over:
            st.caption(pins.nothing(run))
        return
    if not found.events:
        st.caption(pins.IN_A_MOMENT)
        return
    classes, answers = own.classes(run), found.answers
    info = history_info([event.epoch for event in found.events], answers, classes)
    probability_chart(classes, answers[-1], key="pin.bars")
    st.caption("How the answer moved, from the first weights to the newest")
    live_chart(answer_history(info, dark=is_dark(), uirevision=run.id), key="pin.history", alt=history_sentence(info))


@st.cache_data(max_entries=32, show_spinner="Testing the model …")
def _test_answers(home_folder: str, run_id: str, seq: int, _model: Classifier, _examples: Any) -> Values:
    return _model.probabilities(_examples)


def _tested(page: ClassifierPage, run: Run) -> None:
    """How good it is on the test set, what it takes for what, and where it is most sure and wrong."""
    model: Classifier = readers.model_of(page.demo, run.id)
    found = model.test_set()
    if page.before_result is not None:
        page.before_result(run, found)
    answers = _test_answers(str(home()), run.id, readers.best_checkpoint(run.id).seq, model, found.examples)
    right = float((answers.argmax(1) == found.labels).mean())
    st.subheader(f"{percent(right)} of the {found.name}", anchor=False)
    words = demos.find(page.demo).page
    note = page.note(run, found) if page.note else f"none of these {words.examples} was used for training or choosing."
    st.caption(f"Measured with the weights of the best epoch; {note}")
    left, middle = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{words.confusion}**")
        _confusion(model, found, answers, told=page.calibration is not None)
    with middle:
        (page.calibration or (lambda *_: _mistakes(page, model, found, answers)))(found, answers)
    if page.calibration is not None:
        _mistakes(page, model, found, answers)


def _confusion(model: Classifier, found: Labelled, answers: Values, *, told: bool) -> None:
    counts = np.zeros((len(model.classes), len(model.classes)), dtype=np.int64)
    np.add.at(counts, (np.asarray(found.labels, np.int64), answers.argmax(1)), 1)
    info = confusion_info(counts, model.classes)
    live_chart(confusion_figure(info, dark=is_dark()), key="confusion", alt=confusion_sentence(info))
    if told:
        st.caption(confusion_sentence(info))


def _mistakes(page: ClassifierPage, model: Classifier, found: Labelled, answers: Values) -> None:
    if page.mistake is None:
        return
    words = demos.find(page.demo).page
    st.markdown(f"**{words.mistakes}**")
    said = answers.argmax(1)
    wrong = np.flatnonzero(said != found.labels)
    if not len(wrong):
        st.caption("None: every test example was answered right.")
        return
    worst = wrong[np.argsort(-answers[wrong, said[wrong]])][: words.num_mistakes]
    page.mistake(model, found, worst.tolist(), answers)
