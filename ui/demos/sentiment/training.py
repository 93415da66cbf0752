"""What Sentiment adds to the view of a run: the own sentence, scored again as it trains, and what the model gets
wrong."""

from collections.abc import Sequence

import streamlit as st

from core.data.text import reviews
from core.demos.sentiment.calibration import calibration
from core.demos.sentiment.learner import classes_of
from core.demos.sentiment.words import explain
from core.plots.calibration import calibration_figure, calibration_info, calibration_sentence
from core.plots.words import percent
from core.runs.records import Run
from ui.demos.sentiment.answer import show_explained
from ui.demos.sentiment.readers import reader_of
from ui.demos.sentiment.text_box import text_box
from ui.frame.services import config_of
from ui.frame.style import is_dark
from ui.frame.words import plain
from ui.runs import classifier, pins
from ui.widgets.live_chart import live_chart

KEY = "sentiment"
LONGEST_PIN = 2_000  # characters
LONGEST_MISTAKE = 400  # characters


def _pin(run: Run) -> None:
    typed = text_box(key=KEY, label="The newest weights answer it about once a second", placeholder="Type a sentence …")
    pins.pin(run, typed.strip()[:LONGEST_PIN] or None)


def _shown(run: Run, found: pins.Answered) -> bool:
    if found.given is None:
        return False
    if run.is_over or found.whose != "session":
        st.markdown(f"“{plain(str(found.given))}”")
        if found.whose == "visitor":
            st.caption(f"{pins.origin(run, found).capitalize()}.")
    return True


OWN = classifier.Own(
    give=_pin,
    shown=_shown,
    classes=lambda run: classes_of(config_of(run)),
)


def _texts(run: Run) -> reviews.Texts:
    config = config_of(run)
    return reviews.load(config.data, config.table)


def tested(run: Run) -> classifier.Tested:
    """The test texts of the data that a run has learned from."""
    texts = _texts(run)
    label = f"{len(texts.test):,} test {texts.unit} of {plain(texts.label)}"
    return classifier.Tested(label, texts.test.labels, texts.classes)


def answers(run: Run) -> classifier.Probabilities:
    """(N, K) for the test texts."""
    return reader_of(run.id).probabilities(_texts(run).test.texts)


def show_calibration(found: classifier.Tested, said: classifier.Probabilities) -> None:
    """How often it is right when it is so sure."""
    st.markdown("**Can its probabilities be trusted?**")
    bins = calibration(said, found.truth)
    info = calibration_info(bins.confidence, bins.accuracy, bins.counts, bins.error)
    sentence = calibration_sentence(info)
    live_chart(calibration_figure(info, dark=is_dark()), key="calibration", alt=sentence)
    st.caption(sentence)


def mistake(run: Run, worst: Sequence[int], said: classifier.Probabilities) -> None:
    """Texts, each with what every word contributed to the wrong answer."""
    texts, reader = _texts(run), reader_of(run.id)
    for index in worst:
        shown = texts.test.texts[index][:LONGEST_MISTAKE]
        winner = int(said[index].argmax())
        true, answer = texts.classes[int(texts.test.labels[index])], texts.classes[winner]
        st.caption(f"is {plain(true)}, said {plain(answer)} with {percent(float(said[index].max()))}")
        target = 1 if len(texts.classes) == 2 else winner
        show_explained(explain(reader, shown, target=target), reader, text=shown, key=f"mistake.{index}", box=None)
