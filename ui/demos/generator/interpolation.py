"""Try, a walk: two pictures and the way between them, as a filmstrip and moving."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.demos.generator.files import gif, grid_png
from core.demos.generator.latents import Latents, latents, slerp
from core.demos.generator.painter import Painter
from core.plots import pictures
from ui.demos.generator import controls
from ui.frame.state import record
from ui.frame.style import is_dark
from ui.widgets.cell_picker import cell_picker
from ui.widgets.download import download
from ui.widgets.pictures import gallery

NUM_CHOICES = 6  # pictures to choose an end from
PICKER_WIDTH = 6 * 64  # CSS px
NUM_FRAMES = 25  # of the moving picture
STRIP_COLUMNS = 5
STRIP_EVERY = 6  # frames between the pictures of the strip


def show(model_id: str, painter: Painter) -> None:
    """Two ends to choose, and what lies between."""
    columns = st.columns(2, gap="large")
    ends: list[tuple[Latents, int]] = []
    for column, name, seed, start in zip(columns, ("From", "To"), (1, 2), (3, 8), strict=True):
        with column:
            ends.append(_end(painter, name, seed=seed, start=start))
    (first, first_label), (last, last_label) = ends
    frames = painter.between(slerp(first, last, NUM_FRAMES), first_label, last_label)
    moving, strip = st.columns([1, 3], gap="large", vertical_alignment="center")
    animation = gif(frames)
    names = f"{controls.class_name(painter, first_label)} to {controls.class_name(painter, last_label)}"
    with moving:
        st.image(
            animation, width=168, caption="The walk, there and back", alt=f"A moving picture from {names} and back"
        )
    with strip:
        some = frames[::STRIP_EVERY]
        gallery(controls.inks(some), controls.captions(painter, some), columns=STRIP_COLUMNS)
    st.caption(
        "The random numbers move along an arc from one vector to the other, and the class with them. A network that "
        "had only learned pictures by heart would jump from one to the next."
    )
    with st.container(horizontal=True):
        download("The walk (GIF)", animation, f"{names}.gif", key="walk.image/gif")
        filmstrip = grid_png(frames[::2], columns=len(frames[::2]))
        download("The filmstrip (PNG)", filmstrip, f"{names}.png", key="walk.image/png")


@dataclass
class _Chosen:
    """Which of the pictures an end is."""

    place: int = 0


def _end(painter: Painter, name: str, *, seed: int, start: int) -> tuple[Latents, int]:
    key = f"walk.{name.lower()}"
    label = controls.class_picker(
        painter, key=f"{key}.class.{painter.config.data}", label=f"{name}: class", start=start
    )
    vectors = latents(NUM_CHOICES, painter.config.latent, seed=controls.dice(key=key, label="Others", start=seed))
    images = painter.draw(vectors, [label] * NUM_CHOICES)
    end = record(_Chosen, key)
    chosen = end.place

    def pick(row: int, column: int) -> None:
        end.place = column

    row = np.concatenate(list(images), axis=1).astype(np.float32) / 255
    cell_picker(
        pictures.picture(row, PICKER_WIDTH * pictures.DENSITY, dark=is_dark()),
        key=f"{key}.picker",
        label=f"{name}: choose a picture by a click or with the arrow keys",
        alt=f"{NUM_CHOICES} pictures of {controls.class_name(painter, label)}; number {chosen + 1} is chosen",
        shape=(1, NUM_CHOICES),
        chosen=(0, chosen),
        on_pick=pick,
        width=PICKER_WIDTH,
    )
    return vectors[chosen], label
