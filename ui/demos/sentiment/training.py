"""What Sentiment adds to the view of a run: the own sentence, scored again as it trains, and what the model gets
wrong."""

from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.data.text import reviews
from core.demos.sentiment.calibration import calibration
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import classes_of
from core.demos.sentiment.reader import TextReader
from core.demos.sentiment.words import explain
from core.knobs import from_json
from core.plots.calibration import calibration_figure, calibration_info, calibration_sentence
from core.plots.confusion import confusion_figure, confusion_info, confusion_sentence
from core.plots.history import answer_history, history_info, history_sentence
from core.plots.probabilities import probabilities_sentence, probability_bars
from core.plots.words import percent
from core.runs.records import Run
from core.settings import home
from ui.demos.sentiment.answer import show_explained
from ui.demos.sentiment.readers import reader_of
from ui.demos.sentiment.text_box import text_box
from ui.frame.fragments import fragment
from ui.frame.services import store
from ui.frame.style import is_dark
from ui.frame.words import plain
from ui.runs import classical, export, pins, readers
from ui.runs.live import RunParts, live_part
from ui.widgets.live_chart import live_chart

KEY = "sentiment"
LONGEST_PIN = 2_000  # characters
NUM_MISTAKES = 5
LONGEST_MISTAKE = 400  # characters
NETWORKS = {"transformer": "transformer", "lstm": "LSTM", "minilm": "MiniLM"}
BESIDE = classical.Beside(
    network="sentiment",
    methods="classical_sentiment",
    question=(
        "How far do naive Bayes and logistic regression get on the same texts? Each reads how often a text has each "
        "word, weighted by how rare it is (TF-IDF), and knows nothing of their order; then pairs of neighbouring words "
        "too."
    ),
    unit="texts",
    data_label=lambda config: "your own table" if config.data == "own" else reviews.find(config.data).label,
    network_label=lambda config: "release" if config.start == "release" else NETWORKS[config.network],
)


def run_parts() -> RunParts:
    """The parts of a sentiment run."""
    return RunParts(beside=_beside, after=_after, below=partial(classical.section, beside=BESIDE))


def _config(run: Run) -> SentimentConfig:
    return from_json(SentimentConfig, run.config)[0]


def _beside(run: Run) -> None:
    st.markdown("**Your sentence, while it trains**")
    if run.is_over:
        fragment(_answers)(run)
        return
    fragment(_pin)(run)
    live_part(_answers, run)(run)


def _pin(run: Run) -> None:
    typed = text_box(key=KEY, label="The newest weights answer it about once a second", placeholder="Type a sentence …")
    pins.pin(run, typed.strip()[:LONGEST_PIN] or None)


def _answers(shown: Run) -> None:
    run = store().get(shown.id)
    found = pins.answered(run)
    if found is None or found.given is None:
        if run.is_over:
            st.caption("No sentence was typed while this run trained.")
        return
    if run.is_over or found.whose != "session":
        st.markdown(f"“{plain(str(found.given))}”")
        if found.whose == "visitor":
            st.caption("Typed by another visitor.")
    if not found.events:
        st.caption(pins.IN_A_MOMENT)
        return
    classes, answers = classes_of(_config(run)), found.answers
    info = history_info([event.epoch for event in found.events], answers, classes)
    live_chart(
        probability_bars(classes, answers[-1], dark=is_dark()),
        key="pin.bars",
        alt=probabilities_sentence(classes, answers[-1]),
    )
    st.caption("How the answer moved, from the first weights to the newest")
    live_chart(answer_history(info, dark=is_dark(), uirevision=run.id), key="pin.history", alt=history_sentence(info))


@st.cache_data(max_entries=32, show_spinner="Testing the model …")
def _test_answers(home_folder: str, run_id: str, seq: int) -> npt.NDArray[np.float32]:
    """(N, K) probabilities of a run's best weights for its test texts."""
    config = _config(store().get(run_id))
    return reader_of(run_id).probabilities(reviews.load(config.data, config.table).test.texts)


def _after(run: Run) -> None:
    if run.state == "completed":
        _tested(run)
    export.panel(run)


def _tested(run: Run) -> None:
    config = _config(run)
    texts = reviews.load(config.data, config.table)
    answers = _test_answers(str(home()), run.id, readers.best_checkpoint(run.id).seq)
    right = float((answers.argmax(1) == texts.test.labels).mean())
    st.subheader(f"{percent(right)} of the {len(texts.test):,} test {texts.unit} of {plain(texts.label)}", anchor=False)
    st.caption("Measured with the weights of the best epoch; none of these texts was used for training or choosing.")
    left, middle = st.columns(2, gap="large")
    with left:
        _confusion(answers, texts)
    with middle:
        _calibration(answers, texts)
    _mistakes(answers, texts, reader_of(run.id))


def _confusion(answers: npt.NDArray[np.float32], texts: reviews.Texts) -> None:
    st.markdown("**What is taken for what**")
    counts = np.zeros((len(texts.classes), len(texts.classes)), np.int64)
    np.add.at(counts, (texts.test.labels, answers.argmax(1)), 1)
    info = confusion_info(counts, texts.classes)
    live_chart(confusion_figure(info, dark=is_dark()), key="confusion", alt=confusion_sentence(info))
    st.caption(confusion_sentence(info))


def _calibration(answers: npt.NDArray[np.float32], texts: reviews.Texts) -> None:
    st.markdown("**Can its probabilities be trusted?**")
    found = calibration(answers, texts.test.labels)
    info = calibration_info(found.confidence, found.accuracy, found.counts, found.error)
    sentence = calibration_sentence(info)
    live_chart(calibration_figure(info, dark=is_dark()), key="calibration", alt=sentence)
    st.caption(sentence)


def _mistakes(answers: npt.NDArray[np.float32], texts: reviews.Texts, reader: TextReader) -> None:
    st.markdown("**The most confident mistakes**")
    said = answers.argmax(1)
    wrong = np.flatnonzero(said != texts.test.labels)
    if not len(wrong):
        st.caption("None: every test text was answered right.")
        return
    worst = wrong[np.argsort(-answers[wrong, said[wrong]])][:NUM_MISTAKES]
    for index in map(int, worst):
        shown = texts.test.texts[index][:LONGEST_MISTAKE]
        true, answer = texts.classes[int(texts.test.labels[index])], texts.classes[int(said[index])]
        st.caption(f"is {plain(true)}, said {plain(answer)} with {percent(float(answers[index].max()))}")
        target = 1 if len(texts.classes) == 2 else int(said[index])
        show_explained(explain(reader, shown, target=target), reader, text=shown, key=f"mistake.{index}", box=None)
