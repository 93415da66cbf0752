"""What Digits adds to the view of a run: the own drawing, scored again as it trains, and what the model gets wrong."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.classifier import Labelled, Values
from core.data import registry
from core.data.pictures import drawing
from core.demos.digits.reader import DigitReader
from core.plots import pictures
from core.plots.words import percent
from core.runs.records import Run
from ui.demos.digits import source
from ui.frame.style import is_dark
from ui.runs import classifier, pins
from ui.widgets.pictures import gallery

PIN_SIZE = 84  # px


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


def _shown(run: Run, found: pins.Answered) -> bool:
    if found.given is None:
        return False
    if run.is_over or found.whose != "session":  # the canvas does not show what is scored
        image = np.array(found.given, dtype=np.float32) / 255
        st.image(
            pictures.picture(image, dark=is_dark()),
            width=PIN_SIZE,
            caption=pins.origin(run, found),
            alt="the pinned drawing, 28×28",
        )
    return True


OWN = classifier.Own(
    give=_pin_canvas,
    shown=_shown,
    classes=lambda run: registry.find(str(run.config["data"])).classes,
)


def mistake(model: DigitReader, found: Labelled, worst: Sequence[int], said: Values) -> None:
    """A gallery."""
    names, truth = model.classes, found.labels
    captions = [
        f"true {names[truth[i]]} · said {names[said[i].argmax()]}\n{percent(float(said[i].max()))}" for i in worst
    ]
    gallery([found.examples[i] for i in worst], captions, columns=4)
