"""Try, a number: what is typed, in generated digits."""

import numpy as np
import streamlit as st

from core.demos.generator.files import grid_png
from core.demos.generator.latents import latents
from core.demos.generator.painter import Painter
from core.demos.generator.pictures import Pixels, to_sheet
from ui.demos.generator import controls
from ui.demos.generator.painters import opinions
from ui.widgets.download import download
from ui.widgets.pictures import picture

MOST_DIGITS = 20
DIGIT_WIDTH = 56  # CSS px


def show(model_id: str, painter: Painter) -> None:
    """A text field, and the number drawn."""
    if not painter.config.has_classes or painter.config.data == "fashion":
        st.info("This needs a generator of digits that can be asked for a class: choose one above.")
        return
    typed = st.text_input(
        "Number", "031 415 926", max_chars=40, key="number.typed", help="A telephone number, a date, a score."
    )
    digits = [int(letter) for letter in typed if letter in "0123456789"]
    if not 1 <= len(digits) <= MOST_DIGITS:
        st.warning(f"Type 1 to {MOST_DIGITS} digits; this has {len(digits)}.", icon=":material/123:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        seed = controls.dice(key="number", label="Another handwriting")
        is_one_hand = st.toggle(
            "One handwriting",
            True,
            key="number.hand",
            persist_state="session",
            help="The same random numbers for every digit: only the class changes, so they look written by one hand.",
        )
    vectors = latents(1 if is_one_hand else len(digits), painter.config.latent, seed=seed)
    images = painter.draw(np.resize(vectors, (len(digits), painter.config.latent)), digits)
    _show_number(painter, images, digits)


def _show_number(painter: Painter, images: Pixels, digits: list[int]) -> None:
    sheet = to_sheet(images, columns=len(digits)).astype(np.float32) / 255
    width = DIGIT_WIDTH * len(digits)
    picture(sheet, width, alt=f"The number {''.join(map(str, digits))} in generated digits")
    read = "".join(str(label) for label, _ in opinions(images, painter.config.data))
    wanted = "".join(map(str, digits))
    right = "as asked" if read == wanted else f"asked for was {wanted}"
    st.caption(f"A separate classifier, digit by digit, reads {read}: {right}.")
    download("The number (PNG)", grid_png(images, columns=len(digits)), f"{wanted}.png", key="number.png")
