"""Ways to give a digit: draw it, upload a picture, take a sample, set cells with the keyboard."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st
from streamlit_drawable_canvas import st_canvas

from core.data.formats import named, suffixes
from core.data.pictures import drawing, picture, several, sources
from core.data.pictures.ink import find_ink
from core.data.pictures.pen_strokes import Strokes, strokes_from_canvas
from core.errors import InvalidInputError
from core.plots.template import palette
from ui.frame.errors import shown_errors
from ui.frame.state import record
from ui.frame.style import is_dark
from ui.widgets import uploads
from ui.widgets.cell_editor import cell_editor
from ui.widgets.choice import one_of

Grey = npt.NDArray[np.float32]
CANVAS = 280  # px
CELLS = 14
INPUTS = {
    "draw": ":material/draw: Draw",
    "upload": ":material/upload: Upload",
    "sample": ":material/casino: Sample",
    "keyboard": ":material/keyboard: Keyboard",
}


@dataclass(frozen=True)
class Given:
    """What a person gave: pen strokes or a picture with ink 1; `truth` is known for samples."""

    source: Strokes | Grey
    truth: int | None = None
    rows: tuple[tuple[Grey, ...], ...] = ()  # of several digits in a picture, all, in reading order


@dataclass
class Canvas:
    """A canvas and what is drawn on it."""

    version: int = 0  # counts how often it was mounted anew; part of its key
    initial: dict[str, Any] | None = None  # what it began with
    json: dict[str, Any] | None = None  # what it says now
    dark: bool = field(default_factory=is_dark)  # as it was mounted first

    @property
    def objects(self) -> list[Any]:
        """The strokes, as the canvas says them."""
        return (self.json or {}).get("objects", [])


def input_picker(key: str) -> str:
    """The chosen way to give a digit."""
    return one_of("How to give a digit", INPUTS, key=f"{key}.input")


def take(how: str, key: str) -> Given | None:
    """What was given in this way; None as long as nothing is there to be read."""
    match how:
        case "upload":
            return _uploaded(key)
        case "sample":
            return _sampled(key)
        case "keyboard":
            return _typed(key)
    return Given(draw(key))


def draw(key: str) -> Strokes:
    """A canvas with pen width, undo and clear. The strokes survive a change of view or page."""
    canvas = record(Canvas, key)
    if f"{key}.canvas.{canvas.version}" not in st.session_state and canvas.json is not canvas.initial:
        canvas.initial = canvas.json  # it was off the page: begin with what was drawn
        canvas.version += 1
    colors = palette(canvas.dark)
    st.caption("Draw one digit, large.")
    pen = st.session_state.get(f"{key}.pen", 18)
    result = st_canvas(
        stroke_width=pen,
        stroke_color=colors.text,
        background_color=colors.sequential[0],
        height=CANVAS,
        width=CANVAS,
        drawing_mode="freedraw",
        initial_drawing=canvas.initial,
        return_image_data=False,
        key=f"{key}.canvas.{canvas.version}",
    )
    if result.json_data is not None:
        canvas.json = result.json_data
    objects = canvas.objects
    with st.container(horizontal=True, vertical_alignment="bottom", width=CANVAS):
        st.button(
            "Undo", icon=":material/undo:", key=f"{key}.undo", disabled=not objects, on_click=_cut, args=(canvas, -1)
        )
        st.button(
            "Clear", icon=":material/delete:", key=f"{key}.clear", disabled=not objects, on_click=_cut, args=(canvas, 0)
        )
        st.slider("Pen width (pixels)", 6, 40, 18, 2, key=f"{key}.pen", persist_state="session")
    with shown_errors(InvalidInputError, icon="draw"):
        return strokes_from_canvas(canvas.json, (CANVAS, CANVAS))
    return Strokes((), (CANVAS, CANVAS), pen)


def _cut(canvas: Canvas, end: int) -> None:
    """Keep the strokes before `end` and mount a canvas that starts with them."""
    objects = canvas.objects[:end]
    canvas.json = canvas.initial = {**(canvas.json or {}), "objects": objects} if objects else None
    canvas.version += 1


def _uploaded(key: str) -> Given | None:
    file = uploads.file_uploader(
        f"A picture with a digit, or several ({named(picture.FORMATS)}, at most {picture.MAX_BYTES // 10**6} MB)",
        type=suffixes(picture.FORMATS),
        key=f"{key}.file",
    )
    if file is None:
        st.caption("A photo of a digit on paper works: dark on light or light on dark.")
        return None
    grey = None
    with shown_errors(InvalidInputError, icon="broken_image"):
        grey = uploads.read(picture.read_picture, file)
    if grey is None:
        return None
    st.image(
        np.clip(grey, 0, 1), width=min(CANVAS, max(grey.shape[1], 140)), caption=file.name, alt="the uploaded picture"
    )
    ink = find_ink(grey)
    if not ink.any():
        st.warning(
            "No ink was found in this picture. Take it with more light, or cut out the digit.",
            icon=":material/search_off:",
        )
        return None
    return _one_of_several(ink, key)


def _one_of_several(ink: Grey, key: str) -> Given:
    """The picture's digit; where there are several side by side, the chosen one, with all of them."""
    problem = drawing.problem(ink)
    rows = several.digits_of(ink) if problem is not None and problem.code == "two_digits" else []
    digits = [digit for row in rows for digit in row]
    if len(digits) < 2:
        return Given(ink)
    st.caption(f"{len(digits)} digits were found, here in reading order. Choose the one to look at.")
    chosen = one_of(
        "Which digit",
        {str(number): str(number + 1) for number in range(len(digits))},
        key=f"{key}.which.{len(digits)}",
    )
    return Given(digits[int(chosen)], rows=tuple(map(tuple, rows)))


def _sampled(key: str) -> Given:
    images, labels = sources.held_out_digits()
    number = f"{key}.sample"
    st.session_state.setdefault(number, 1)

    def another() -> None:
        st.session_state[number] = int(np.random.default_rng().integers(1, len(images) + 1))

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(f"Sample (1 to {len(images):,})", 1, len(images), key=number, persist_state="session")
        st.button("Another", icon=":material/casino:", on_click=another)
    index = int(st.session_state[number]) - 1
    image = images[index].astype(np.float32) / 255
    st.caption(
        f"One of {len(images):,} MNIST digits that no model here has learned from. Its label is {labels[index]}."
    )
    return Given(image, truth=int(labels[index]))


def _typed(key: str) -> Given | None:
    cells = None
    with shown_errors(InvalidInputError):
        cells = cell_editor(key=f"{key}.cells", size=CELLS)
    if cells is None:
        return None
    return Given(np.kron(np.pad(cells, 2), np.ones((8, 8), np.float32)))
