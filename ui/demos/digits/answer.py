"""A digit, the answer to it, and what the network saw of it."""

from dataclasses import fields

import numpy as np
import streamlit as st

from core.data.pictures.drawing import Switches
from core.demos.digits.reader import DigitReader, Reading
from core.plots import pictures
from core.plots.words import certainty, percent
from ui.demos.digits import no_digit, source
from ui.demos.digits.source import Given, Grey
from ui.frame.style import is_dark
from ui.widgets.verdict import probability_chart, verdict

KEY = "digits"  # one drawing and one set of switches for all views
SWITCHES = tuple(field.name for field in fields(Switches))


def ask(reader: DigitReader) -> tuple[Given | None, Reading | None]:
    """Have a digit given in one of the ways there are, and show the answer beside it; both None while there is none."""
    how = source.input_picker(KEY)
    left, right = st.columns([2, 3], gap="large")
    with left:
        given = source.take(how, KEY)
    reading = reader.read(given.source, switches=switches()) if given else None
    with right:
        show_answer(reading, reader.classes, truth=given.truth if given else None)
        if given and given.rows:
            st.markdown(f"All digits of the picture, row by row: **{in_order(reader, given)}**")
    return given, reading


def in_order(reader: DigitReader, given: Given) -> str:
    """The answers to all digits of a picture, its rows separated by a bar; "?" is no answer."""
    readings = [[reader.read(digit, switches=switches()) for digit in row] for row in given.rows]
    return " / ".join(
        " ".join("?" if one.probabilities is None else reader.classes[int(np.argmax(one.probabilities))] for one in row)
        for row in readings
    )


def switches() -> Switches:
    """The preparation steps that are on."""
    return Switches(**{name: st.session_state.get(f"{KEY}.{name}", True) for name in SWITCHES})


def show_answer(reading: Reading | None, classes: tuple[str, ...], *, truth: int | None = None) -> None:
    """The winner large, how sure in words, and the probability of every class; or what to do when there is none."""
    if reading is None or reading.probabilities is None:
        code = reading.problem.code if reading and reading.problem else "blank"
        message = (
            reading.problem.message if reading and reading.problem else "Give a digit, and the answer stands here."
        )
        (st.info if code == "blank" else st.warning)(message, icon=":material/draw:")
        return
    winner = int(np.argmax(reading.probabilities))
    probability = reading.probabilities[winner]
    is_right = winner == truth and reading.is_digit
    told = None if truth is None else (is_right, "right" if is_right else f"it is {truth}")
    if reading.is_digit:
        verdict(
            classes[winner],
            probability,
            certainty(probability),
            milliseconds=reading.milliseconds,
            size=4.5,
            truth=told,
        )
    else:
        no_digit.show(reading, classes[winner], truth=told)
    if reading.problem is not None:
        st.warning(reading.problem.message, icon=":material/info:")
    alt = "" if reading.is_digit else "This does not look like a digit; if it were one:"
    probability_chart(classes, reading.probabilities, key="answer.bars", alt=alt, stands=reading.is_digit)


def show_steps(reader: DigitReader, given: Given, reading: Reading) -> None:
    """Every preparation step as a picture, a switch for each, and what the switches did to the answer."""
    assert reading.prepared is not None
    assert reading.probabilities is not None
    dark = is_dark()
    st.subheader("What the network sees", anchor=False)
    with st.container(horizontal=True, gap="medium"):
        for step in reading.prepared.steps:
            with st.container(width=132, gap="xsmall"):
                st.image(
                    pictures.picture(_square(step.image), dark=dark),
                    width=112,
                    alt=f"{step.label}: {step.explanation}",
                )
                if step.name in SWITCHES:
                    st.toggle(
                        step.label, value=True, key=f"{KEY}.{step.name}", help=step.explanation, persist_state="session"
                    )
                else:
                    st.markdown(f":small[{step.label}]", help=step.explanation)
    st.caption(_effect(reader, given, reading, on=switches()))


def _square(image: Grey) -> Grey:
    rows, columns = image.shape
    side = max(rows, columns)
    top, left = (side - rows) // 2, (side - columns) // 2
    return np.pad(image, ((top, side - rows - top), (left, side - columns - left)))


def _effect(reader: DigitReader, given: Given, reading: Reading, *, on: Switches) -> str:
    if on == Switches():
        return "The last picture, 28×28 grey values, is all that the network gets. Switch a step off to see its worth."
    usual = reader.read(given.source)
    return (
        f"With every step on, the answer is {_in_words(usual, reader.classes)}; "
        f"as it is switched now, {_in_words(reading, reader.classes)}."
    )


def _in_words(reading: Reading, classes: tuple[str, ...]) -> str:
    assert reading.probabilities is not None
    return f"{classes[int(np.argmax(reading.probabilities))]} ({percent(max(reading.probabilities))})"
