"""What Digits adds to the view of a run: the own drawing, scored again as it trains, and what the model gets wrong."""

from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st

from core import demos
from core.data.pictures import drawing, sources
from core.plots import pictures
from core.plots.confusion import confusion_figure, confusion_info, confusion_sentence
from core.plots.history import answer_history, history_info, history_sentence
from core.plots.probabilities import probabilities_sentence, probability_bars
from core.plots.words import percent
from core.runs.records import Run
from core.settings import home
from ui.demos.digits import source
from ui.demos.digits.readers import reader_of
from ui.frame.fragments import fragment
from ui.frame.services import store
from ui.frame.style import is_dark
from ui.runs import classical, export, pins, readers
from ui.runs.live import RunParts, live_part
from ui.runs.run_words import data_label
from ui.widgets.live_chart import live_chart

PIN_SIZE = 84  # px
WHOSE = {"session": "", "browser": "drawn before", "visitor": "drawn by another visitor"}
NUM_MISTAKES = 12
NETWORKS = {"cnn": "convolutional", "plain": "plain"}
BESIDE = classical.Beside(
    network="digits",
    methods="classical",
    question=(
        "How far do nearest neighbours, logistic regression, a random forest and an SVM get on the same images? Each "
        "reads the pixels, then gradient histograms."
    ),
    unit="images",
    data_label=lambda config: sources.find(config.data).label,
    network_label=lambda config: "release" if config.start == "release" else NETWORKS[config.network],
)


def run_parts() -> RunParts:
    """The parts of a digits run."""
    return RunParts(beside=_beside, after=_after, below=partial(classical.section, beside=BESIDE))


def _beside(run: Run) -> None:
    st.markdown("**Your drawing, while it trains**")
    if run.is_over:
        fragment(_answers)(run)
        return
    fragment(_pin_canvas)(run)
    live_part(_answers, run)(run)


def _pin_canvas(run: Run) -> None:
    strokes = source.draw("digits")  # the canvas of Try: what was drawn there is scored from the first step on
    problem = drawing.problem(strokes)
    if problem is not None and problem.blocking:
        pins.pin(run, None)
        st.caption(
            "Draw a digit: the newest weights answer it about once a second."
            if problem.code == "blank"
            else problem.message
        )
        return
    pins.pin(run, np.round(drawing.prepare(strokes).image * 255).astype(int).tolist())


def _answers(shown: Run) -> None:
    run = store().get(shown.id)
    found = pins.answered(run)
    if found is None or found.given is None:
        if run.is_over:
            st.caption("Nothing was drawn while this run trained.")
        return
    dark = is_dark()
    if run.is_over or found.whose != "session":  # the canvas does not show what is scored
        image = np.array(found.given, dtype=np.float32) / 255
        st.image(
            pictures.picture(image, dark=dark),
            width=PIN_SIZE,
            caption=WHOSE[found.whose],
            alt="the pinned drawing, 28×28",
        )
    if not found.events:
        st.caption(pins.IN_A_MOMENT)
        return
    classes, answers = sources.find(str(run.config["data"])).classes, found.answers
    info = history_info([event.epoch for event in found.events], answers, classes)
    live_chart(
        probability_bars(classes, answers[-1], dark=dark),
        key="pin.bars",
        alt=probabilities_sentence(classes, answers[-1]),
    )
    st.caption("How the answer moved, from the first weights to the newest")
    live_chart(answer_history(info, dark=dark, uirevision=run.id), key="pin.history", alt=history_sentence(info))


@st.cache_data(max_entries=32, show_spinner="Testing the model …")
def _test_answers(home_folder: str, run_id: str, seq: int, data: str) -> npt.NDArray[np.float32]:
    """(N, 10) probabilities of a run's best weights for its test images."""
    reader, _ = reader_of(run_id)
    return reader.probabilities(sources.load_images(data).test_images.astype(np.float32) / np.float32(255))


def _after(run: Run) -> None:
    if run.state == "completed":
        _tested(run)
    export.panel(run)


def _tested(run: Run) -> None:
    data = str(run.config["data"])
    images = sources.load_images(data)
    answers = _test_answers(str(home()), run.id, readers.best_checkpoint(run.id).seq, data)
    predicted, truth = answers.argmax(1), images.test_labels.astype(int)
    right = float((predicted == truth).mean())
    label = data_label(demos.task("digits"), run)
    st.subheader(f"{percent(right)} of the {len(truth):,} test images of {label}", anchor=False)
    st.caption("Measured with the weights of the best epoch; none of these images was used for training or choosing.")
    left, middle = st.columns(2, gap="large")
    with left:
        st.markdown("**Which digit is taken for which**")
        counts = np.zeros((10, 10), dtype=np.int64)
        np.add.at(counts, (truth, predicted), 1)
        info = confusion_info(counts, images.classes)
        live_chart(confusion_figure(info, dark=is_dark()), key="confusion", alt=confusion_sentence(info))
    with middle:
        st.markdown("**The most confident mistakes**")
        wrong = np.flatnonzero(predicted != truth)
        if not len(wrong):
            st.caption("None: every test image was answered right.")
            return
        worst = wrong[np.argsort(-answers[wrong, predicted[wrong]])][:NUM_MISTAKES]
        names = images.classes
        captions = [
            f"true {names[truth[i]]} · said {names[predicted[i]]}\n{percent(float(answers[i].max()))}" for i in worst
        ]
        tiles = [images.test_images[i].astype(np.float32) / 255 for i in worst]
        st.image(
            pictures.gallery(tiles, captions, columns=4, dark=is_dark()),
            width=pictures.gallery_width(len(tiles), columns=4),
            alt=pictures.gallery_sentence(captions),
        )
