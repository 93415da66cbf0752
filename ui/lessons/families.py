"""Place 9: a map of networks, and the way of the reader's last drawing through one of them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch

from core.data.pictures import drawing
from core.data.pictures.pen_strokes import Strokes, canvas_image, strokes_from_canvas
from core.data.pictures.sources import held_out_digits
from core.demos.digits.reader import DigitReader
from core.errors import InvalidInputError
from core.explain import layers
from core.lessons.families import FAMILIES, Family
from core.plots import maps, pictures
from core.plots.families import family_diagram
from core.plots.probabilities import probabilities_sentence, probability_bars
from ui.frame.demo_pages import with_page
from ui.frame.links import page_path
from ui.frame.state import record
from ui.frame.style import is_dark
from ui.lessons.place import Place, Question
from ui.runs import readers
from ui.widgets.diagram import diagram
from ui.widgets.live_chart import live_chart
from ui.widgets.pictures import picture

KEY = "map"
TILE = 132  # CSS px
SIDE = 3  # maps in a row of a sheet


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    st.markdown(
        "All these networks are made of the same neuron, learn by the same backpropagation, and differ in **who is "
        "connected with whom**. Each family is shaped for a kind of data."
    )
    with st.grid(3, min_column_width=270, gap="medium"):
        for family in FAMILIES:
            _family(family)
    return [_workflow()]


def _family(family: Family) -> None:
    with st.container(border=True, height="stretch", gap="small", key=f"map.{family.name}"):
        st.markdown(f"**{family.title}**  \n:gray[{family.year}]")
        diagram(family_diagram(family.name), key=f"map.drawn.{family.name}", alt=family.idea, width=340)
        st.markdown(family.idea)
        st.caption(f"For: {family.use}")
        shown = with_page()
        if family.demo in shown:
            st.space("stretch")
            demo = shown[family.demo]
            st.page_link(page_path(demo.name), label=f"Try it on {demo.title}", icon=demo.icon)


@dataclass(frozen=True)
class _Input:
    source: Strokes | npt.NDArray[np.float32]
    words: str


def _last_input() -> _Input:
    """What this person last drew on Digits; a held-out digit where nothing usable was drawn."""
    from ui.demos.digits.source import CANVAS, Canvas  # the canvas cannot be imported outside an app

    canvas = record(Canvas, "digits")
    with suppress(InvalidInputError):  # too long a drawing: the page it is on says so
        strokes = strokes_from_canvas(canvas.json, (CANVAS, CANVAS))
        problem = drawing.problem(strokes)
        if problem is None or not problem.blocking:
            return _Input(strokes, "your last drawing on page Digits")
    return _Input(
        held_out_digits()[0][0].astype(np.float32) / 255, "a held-out MNIST digit, as you have drawn none yet"
    )


def _workflow() -> str:
    st.subheader("From raw data to a prediction", anchor=False)
    given = _last_input()
    st.markdown(f"The way of every input, here of **{given.words}**, through the release model of Digits (a CNN).")
    reader: DigitReader = readers.model_of("digits", readers.RELEASE)
    reading = reader.read(given.source, tolerant=True)
    assert reading.prepared is not None
    assert reading.probabilities is not None
    image = reading.prepared.image
    raw = canvas_image(given.source) if isinstance(given.source, Strokes) else given.source
    blocks = layers.trace(reader.network, torch.from_numpy(image.copy()).reshape(1, 1, 28, 28))
    convolutions = [block for block in blocks if block.is_convolution]
    first, last = _maps(convolutions[0]), _maps(convolutions[-1])
    answer = probabilities_sentence(reader.classes, reading.probabilities)
    with st.grid(5, min_column_width=150, gap="medium"):
        _stage("1 · Raw data", raw, "What was put in.")
        _stage("2 · Preprocessing", image, "Cut out, scaled, centred: 28×28 numbers.")
        _sheet("3 · First layer", first, "Filters find edges.")
        _sheet("4 · Features", last, "Later filters answer to parts of digits.")
        with st.container(gap="xsmall"):
            st.markdown("**5 · Prediction**")
            bars = probability_bars(reader.classes, reading.probabilities, dark=is_dark())
            live_chart(bars, key="map.bars", alt=answer)
            st.caption(answer)
    if "your" not in given.words:
        st.page_link(
            page_path("digits"), label="Draw one of your own", icon=":material/draw:", query_params={"view": "try"}
        )
    return f"With {given.words}: {answer}"


def _maps(block: layers.Block) -> npt.NDArray[np.float32]:
    """The strongest maps that a layer passes on, in one square sheet with a cell between them."""
    values = np.asarray(block.steps[-1].values if block.steps else block.sums, np.float32)
    order = np.argsort(-np.abs(values).mean(axis=(1, 2)))[: SIDE**2]
    padded = np.pad(values[order], ((0, 0), (0, 1), (0, 1)))
    height, width = padded.shape[1:]
    rows = padded.reshape(SIDE, SIDE, height, width).transpose(0, 2, 1, 3)
    return rows.reshape(SIDE * height, SIDE * width)[:-1, :-1]


def _stage(title: str, image: npt.NDArray[np.float32], words: str) -> None:
    with st.container(gap="xsmall"):
        st.markdown(f"**{title}**")
        picture(image, TILE, alt=f"{title}: {words}")
        st.caption(words)


def _sheet(title: str, values: npt.NDArray[np.float32], words: str) -> None:
    said = f"{words} The {SIDE**2} strongest maps."
    with st.container(gap="xsmall"):
        st.markdown(f"**{title}**")
        size = TILE * pictures.DENSITY
        sheet = maps.signed_picture(values, size, limit=maps.strongest(values), dark=is_dark())
        st.image(sheet, width=TILE, alt=f"{title}: {said}")
        st.caption(said)


PLACE = Place(
    name=KEY,
    title="A map of networks",
    icon=":material/map:",
    sentence="Perceptron, ANN, CNN, RNN, LSTM, GRU, transformer, GAN: what each is for.",
    question=Question(
        text="A spoken sentence, one sound after the other. Which family was made for it?",
        answers=("CNN", "RNN", "GAN"),
        right="RNN",
        because="A recurrent network reads one piece after the other and remembers. A CNN can do it too, if the sound "
        "is drawn as a picture, and today transformers often do: families overlap.",
    ),
    show=show,
)
