"""What Sentiment adds to the view of a run: the own sentence, scored again as it trains, and what the model gets
wrong."""

from collections.abc import Sequence

import streamlit as st

from core.classifier import Labelled, Values
from core.demos.sentiment.calibration import calibration
from core.demos.sentiment.learner import classes_of
from core.demos.sentiment.reader import TextReader
from core.demos.sentiment.words import explain
from core.plots.calibration import calibration_figure, calibration_info, calibration_sentence
from core.plots.words import percent
from core.runs.records import Run
from ui.demos.sentiment.answer import show_explained
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


def show_calibration(found: Labelled, said: Values) -> None:
    """How often it is right when it is so sure."""
    st.markdown("**Can its probabilities be trusted?**")
    bins = calibration(said, found.labels)
    info = calibration_info(bins.confidence, bins.accuracy, bins.counts, bins.error)
    sentence = calibration_sentence(info)
    live_chart(calibration_figure(info, dark=is_dark()), key="calibration", alt=sentence)
    st.caption(sentence)


def mistake(model: TextReader, found: Labelled, worst: Sequence[int], said: Values) -> None:
    """Texts, each with what every word contributed to the wrong answer."""
    for index in worst:
        shown = found.examples[index][:LONGEST_MISTAKE]
        winner = int(said[index].argmax())
        true, answer = model.classes[int(found.labels[index])], model.classes[winner]
        st.caption(f"is {plain(true)}, said {plain(answer)} with {percent(float(said[index].max()))}")
        target = 1 if len(model.classes) == 2 else winner
        show_explained(explain(model, shown, target=target), model, text=shown, key=f"mistake.{index}", box=None)
