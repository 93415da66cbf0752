"""What Digits adds to the view of a run: the own drawing, scored again as it trains, and what the model gets wrong."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import demos
from core.data import registry
from core.data.pictures import drawing, sources
from core.plots import pictures
from core.plots.words import percent
from core.runs.records import Run
from ui.demos.digits import source
from ui.frame.style import is_dark
from ui.runs import classifier, pins, readers
from ui.runs.run_words import data_label

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


def tested(run: Run) -> classifier.Tested:
    """The test images of the data that a run has learned from."""
    images, label = sources.load_images(str(run.config["data"])), data_label(demos.task("digits"), run)
    truth = images.test_labels.astype(int)
    return classifier.Tested(f"{len(truth):,} test images of {label}", truth, images.classes)


def answers(run: Run) -> classifier.Probabilities:
    """(N, 10) for the test images."""
    images = sources.load_images(str(run.config["data"])).test_images
    reader = readers.model_of(demos.find("digits"), run.id).reader
    probabilities: classifier.Probabilities = reader.probabilities(images.astype(np.float32) / np.float32(255))
    return probabilities


def mistake(run: Run, worst: Sequence[int], said: classifier.Probabilities) -> None:
    """A gallery."""
    images = sources.load_images(str(run.config["data"]))
    names, truth = images.classes, images.test_labels
    captions = [
        f"true {names[truth[i]]} · said {names[said[i].argmax()]}\n{percent(float(said[i].max()))}" for i in worst
    ]
    tiles = [images.test_images[i].astype(np.float32) / 255 for i in worst]
    st.image(
        pictures.gallery(tiles, captions, columns=4, dark=is_dark()),
        width=pictures.gallery_width(len(tiles), columns=4),
        alt=pictures.gallery_sentence(captions),
    )
